//! The inbound limit of each caller.

use std::num::NonZeroU32;

/// What one caller may ask.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// Requests a second in the long run; `None`: no limit.
    pub per_second: Option<NonZeroU32>,
    /// Requests that may come at once.
    pub burst: NonZeroU32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            per_second: None,
            burst: NonZeroU32::new(1_000).expect("not zero"),
        }
    }
}
