//! Stops sending to an upstream that keeps failing.

use std::num::NonZeroU32;
use std::time::Duration;

/// When the circuit opens and how it closes again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// Failures within `window` that open it, if they are also `percent` of all.
    pub failures: NonZeroU32,
    /// Share of failures that opens it, in percent.
    pub percent: u32,
    /// How long an outcome counts.
    pub window: Duration,
    /// How long nothing is sent before the first probe; doubles with each failed one.
    pub open_for: Duration,
    /// Longest pause between two probes.
    pub longest_open: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            failures: NonZeroU32::new(10).expect("not zero"),
            percent: 50,
            window: Duration::from_secs(10),
            open_for: Duration::from_secs(2),
            longest_open: Duration::from_secs(30),
        }
    }
}
