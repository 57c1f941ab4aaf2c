//! Which outcomes are tried again, how often, and how long between.

use std::time::Duration;

/// How failed reads are tried again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// Most further attempts at a read that failed; zero turns them off.
    pub reads: u32,
    /// Longest pause before the first further attempt; doubles with each, jittered.
    pub backoff: Duration,
    /// Further attempts as a share of all traffic, in percent.
    pub budget_percent: u32,
    /// Further attempts a second that are always allowed.
    pub budget_per_second: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            reads: 2,
            backoff: Duration::from_millis(200),
            budget_percent: 10,
            budget_per_second: 3,
        }
    }
}
