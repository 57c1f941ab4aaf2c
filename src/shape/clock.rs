//! The upstream's clock, as far as its answers tell it.
//!
//! `Date` is the time at which an answer was made, rounded down to a second. Each one therefore
//! bounds the difference between the two clocks, and all together bound it to the time that the
//! fastest answer took. Our own wall clock is never asked.

use std::time::Duration;

use tokio::time::Instant;

/// How far two clocks drift apart at most, in seconds for each second.
const DRIFT: f64 = 2e-4;

/// No time is counted further ahead than this: ten years in seconds.
const FARTHEST: f64 = 315_360_000.0;

/// The upstream's clock.
#[derive(Debug)]
pub(super) struct Clock {
    /// Our times are counted from here, in seconds.
    epoch: Instant,
    /// Between these lies what has to be added to our time to get theirs.
    offset: Option<Span>,
    /// When the offset was last bounded.
    seen: Instant,
}

/// Two times between which something lies, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Clock {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            epoch: now,
            offset: None,
            seen: now,
        }
    }

    /// Takes in a `Date` of an answer that was made between `from` and `to`; says whether the
    /// upstream's clock has jumped.
    pub(super) fn see(&mut self, date: f64, from: Instant, to: Instant) -> bool {
        let fresh = Span {
            low: date - self.ours(to),
            high: date + 1.0 - self.ours(from),
        };
        let drift = to.saturating_duration_since(self.seen).as_secs_f64() * DRIFT;
        let both = self.offset.map(|known| Span {
            low: fresh.low.max(known.low - drift),
            high: fresh.high.min(known.high + drift),
        });
        let jumped = both.is_some_and(|both| both.low > both.high);

        self.offset = both.filter(|_| !jumped).or(Some(fresh));
        self.seen = to;
        jumped
    }

    /// What the upstream's clock showed at some time between `from` and `to`.
    pub(super) fn theirs(&self, from: Instant, to: Instant) -> Option<Span> {
        self.offset.map(|offset| Span {
            low: offset.low + self.ours(from),
            high: offset.high + self.ours(to),
        })
    }

    /// When the upstream's clock will certainly have reached `time`.
    pub(super) fn when(&self, time: f64) -> Option<Instant> {
        let offset = self.offset?;
        Some(later(self.epoch, time - offset.low))
    }

    /// What has to be added to a clock that shows `ours` at `now` to get the upstream's.
    pub(super) fn ahead_of(&self, ours: f64, now: Instant) -> Option<f64> {
        let theirs = self.theirs(now, now)?;
        Some(f64::midpoint(theirs.low, theirs.high) - ours)
    }

    fn ours(&self, time: Instant) -> f64 {
        time.saturating_duration_since(self.epoch).as_secs_f64()
    }
}

/// `from` plus that many seconds, which are a number, within reason.
pub(super) fn later(from: Instant, seconds: f64) -> Instant {
    from + Duration::from_secs_f64(seconds.clamp(0.0, FARTHEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn many_dates_bound_the_offset_to_a_round_trip() {
        let start = Instant::now();
        let mut clock = Clock::new(start);

        for step in 0..40 {
            let sent = start + Duration::from_millis(53) * step;
            let date = (1_000.37 + sent.duration_since(start).as_secs_f64()).floor();
            assert!(!clock.see(date, sent, sent));
        }

        let theirs = clock.theirs(start, start).unwrap();
        assert!(theirs.low <= 1_000.37 && 1_000.37 <= theirs.high);
        assert!(theirs.high - theirs.low < 0.06, "{theirs:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn jump_starts_anew() {
        let start = Instant::now();
        let mut clock = Clock::new(start);
        clock.see(1_000.0, start, start);

        let jumped = clock.see(4_600.0, start + SECOND, start + SECOND);

        assert!(jumped);
        let theirs = clock.theirs(start + SECOND, start + SECOND).unwrap();
        assert_eq!(
            theirs,
            Span {
                low: 4_600.0,
                high: 4_601.0
            }
        );
    }

    #[tokio::test(start_paused = true)]
    async fn time_is_reached_for_certain() {
        let start = Instant::now();
        let mut clock = Clock::new(start);
        clock.see(1_000.0, start, start);

        assert_eq!(clock.when(1_005.0), Some(start + 5 * SECOND));
        assert_eq!(clock.when(10.0), Some(start));
        assert!(clock.when(f64::MAX).is_some());
    }
}
