//! The time by which sessions end, in milliseconds since 1970.
//!
//! It goes as tokio's does, from what the machine's clock said at the start: a clock that is set anew
//! while the process runs neither ends sessions nor gives them more time, and tests can stop it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// A clock of this process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    start: Instant,
    millis: u64,
}

impl Clock {
    pub(super) fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            start: Instant::now(),
            millis: millis(since.unwrap_or_default()),
        }
    }

    pub(super) fn now(&self) -> u64 {
        self.millis.saturating_add(millis(self.start.elapsed()))
    }

    /// When it will be `millis`; the start, if that was before.
    pub(super) fn at(&self, millis: u64) -> Instant {
        let since = Duration::from_millis(millis.saturating_sub(self.millis));
        let at = self.start.checked_add(since);
        // Times are bounded where they come from; an end that cannot be told is no end at all.
        at.unwrap_or(self.start)
    }
}

/// As a number; what is too long is as long as can be.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
