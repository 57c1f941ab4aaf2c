//! Releases requests so that the upstream never has to say 429.

use std::num::{NonZeroU32, NonZeroUsize};

/// How the upstream's limit is spent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// Share of the limit that is left to others who use the same service user, in percent.
    pub reserve_percent: u32,
    /// How many requests may wait for one principal.
    pub queue: NonZeroUsize,
    /// How many requests are let go before the first answer has told the limit.
    pub initial: NonZeroU32,
    /// How many requests of one principal may be under way at once.
    pub in_flight: NonZeroU32,
    /// How long a wait is foreseen at most where the upstream's own times are out of reason.
    pub longest_wait: std::time::Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            reserve_percent: 0,
            queue: NonZeroUsize::new(10_000).expect("not zero"),
            initial: NonZeroU32::new(8).expect("not zero"),
            in_flight: NonZeroU32::new(64).expect("not zero"),
            longest_wait: std::time::Duration::from_secs(300),
        }
    }
}
