//! Until when is an answer worth anything?

use std::time::Duration;

/// How long a request may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// From the arrival of its head to the answer; `Prefer: wait=N` may shorten it.
    pub deadline: Duration,
}

impl Default for Config {
    fn default() -> Self {
        // Below the 55 s within which the vendor's SDK needs an answer.
        Self {
            deadline: Duration::from_secs(50),
        }
    }
}
