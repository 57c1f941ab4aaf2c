//! What time it is in the emulator: tokio's clock, set once by the machine's.
//!
//! The wall clock is read at construction and never again, so a paused tokio clock rules everything
//! that the emulator says about time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// A clock that runs with tokio's.
#[derive(Debug)]
pub(super) struct Clock {
    start: Instant,
    base: Time,
}

impl Clock {
    /// A clock that shows the machine's time now.
    pub(super) fn start() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            start: Instant::now(),
            base: Time::default().plus(since_1970.unwrap_or_default()),
        }
    }

    /// The moment.
    pub(super) fn now(&self) -> Time {
        self.base.plus(self.start.elapsed())
    }
}

/// A moment, as nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Time(u64);

impl Time {
    /// The moment this many nanoseconds after 1970.
    pub(super) const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The moment this many seconds after 1970.
    pub(super) const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(NANOS))
    }

    /// Nanoseconds since 1970.
    pub(super) fn nanos(self) -> u64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub(super) fn seconds(self) -> u64 {
        self.0 / NANOS
    }

    /// Whole seconds since 1970, rounded up.
    pub(super) fn seconds_up(self) -> u64 {
        self.0.div_ceil(NANOS)
    }

    /// The moment `time` later.
    pub(super) fn plus(self, time: Duration) -> Self {
        Self(self.0.saturating_add(nanos(time)))
    }

    /// The moment `time` earlier.
    pub(super) fn minus(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(time)))
    }

    /// The moment as a clock shows it that is this many seconds fast, or slow if negative.
    pub(super) fn skewed(self, seconds: i64) -> Self {
        let nanos = seconds.unsigned_abs().saturating_mul(NANOS);
        Self(if seconds < 0 {
            self.0.saturating_sub(nanos)
        } else {
            self.0.saturating_add(nanos)
        })
    }

    /// As RFC 3339 in whole seconds, rounded down.
    pub(super) fn rfc3339(self) -> String {
        let seconds = i64::try_from(self.seconds()).unwrap_or(i64::MAX);
        let moment = jiff::Timestamp::from_second(seconds);
        moment.unwrap_or(jiff::Timestamp::MAX).to_string()
    }

    /// As a `Date` header has it, in whole seconds, rounded down.
    pub(super) fn imf(self) -> String {
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(self.seconds()))
    }
}

/// A time span in nanoseconds; what is too long for that is as good as for ever.
pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

const NANOS: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn clock_runs_with_tokio() {
        let clock = Clock::start();
        let before = clock.now();

        tokio::time::advance(Duration::from_millis(1500)).await;

        assert_eq!(clock.now(), before.plus(Duration::from_millis(1500)));
    }

    #[test]
    fn moments_are_shown_in_whole_seconds() {
        let time = Time::from_seconds(1_476_811_590).plus(Duration::from_millis(1));

        assert_eq!(time.rfc3339(), "2016-10-18T17:26:30Z");
        assert_eq!(time.imf(), "Tue, 18 Oct 2016 17:26:30 GMT");
        assert_eq!(time.seconds_up(), 1_476_811_591);
        assert_eq!(time.skewed(-3600).seconds(), 1_476_807_990);
    }
}
