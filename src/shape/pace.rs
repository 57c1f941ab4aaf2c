//! How fast slots come back: bounds of the time between two, narrowed by every answer.
//!
//! Only the upper bound is ever spent by, so what is believed to be there never runs ahead of the
//! truth. Numbers that fit no limiter of this kind (a window that opens all at once) switch it off.

use std::time::Duration;

use tokio::time::Instant;

use crate::shape::clock::Span;
use crate::shape::signal::Slots;

/// From fewer used slots nothing is learned: rounding would be most of it.
const FEWEST_USED: u32 = 3;

/// A reset further ahead than two days is not believed.
const LONGEST: f64 = 172_800.0;

/// No slot comes back faster than this, in seconds: what is less is rounding.
const SHORTEST: f64 = 1e-6;

/// Each time that the belief was wrong, it is kept off twice as long, up to a minute.
const DOUBLINGS: u32 = 6;

/// What is taken for rounding in a comparison of bounds.
const TOLERANCE: f64 = 1.001;

/// Bounds of the time in which one slot comes back, in seconds.
#[derive(Debug, Default)]
pub(super) struct Pace {
    bounds: Option<Span>,
    /// Until then slots are not believed to come back one by one.
    off_until: Option<Instant>,
    mistakes: u32,
}

impl Pace {
    /// The longest that one slot can take; `None` if it is not known, or none comes alone.
    pub(super) fn slowest(&self) -> Option<f64> {
        self.bounds.map(|bounds| bounds.high)
    }

    /// The shortest that one slot can take; zero if that is not known.
    pub(super) fn fastest(&self) -> f64 {
        self.bounds.map_or(0.0, |bounds| bounds.low)
    }

    /// What one slot takes, as far as is known: for forecasts, not for spending.
    pub(super) fn likely(&self) -> Option<f64> {
        let bounds = self.bounds?;
        Some(f64::midpoint(bounds.low, bounds.high))
    }

    /// Takes in that with these slots left, at a time `theirs`, all were to be there at `reset`;
    /// says whether that contradicts what was known.
    pub(super) fn see(&mut self, slots: Slots, reset: f64, theirs: Span) -> bool {
        let used = slots.limit - slots.remaining;
        let longest = reset - theirs.low;
        if used < FEWEST_USED || longest <= 0.0 || longest > LONGEST {
            return false;
        }
        // `reset` was rounded up by less than a second, `remaining` down by less than a slot.
        let fresh = Span {
            low: ((reset - 1.0 - theirs.high) / f64::from(used)).max(0.0),
            high: longest / f64::from(used - 1),
        };
        let known = self.bounds.unwrap_or(fresh);
        let both = Span {
            low: fresh.low.max(known.low),
            high: fresh.high.min(known.high).max(SHORTEST),
        };
        let contradicts = both.low > both.high * TOLERANCE;
        self.bounds = Some(both).filter(|_| !contradicts);
        contradicts
    }

    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Takes no slot to come back alone until `time`, or longer if that was wrong before.
    pub(super) fn switch_off(&mut self, time: Instant, now: Instant) {
        let least = Duration::from_secs(1 << self.mistakes.min(DOUBLINGS));
        self.bounds = None;
        let most = Duration::from_secs_f64(LONGEST);
        self.off_until = Some(time.clamp(now + least, now + most));
        self.mistakes += 1;
    }

    /// Whether it is switched off at `now`.
    pub(super) fn is_off(&self, now: Instant) -> bool {
        self.off_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: f64) -> Span {
        Span {
            low: time,
            high: time,
        }
    }

    fn left(remaining: u32) -> Slots {
        Slots {
            limit: 100,
            remaining,
        }
    }

    #[test]
    fn upper_bound_comes_down_to_the_truth_and_never_below() {
        let mut pace = Pace::default();

        // 20 a second; the level has half a slot more than it shows.
        for step in 0..400 {
            let time = 1_000.0 + f64::from(step) * 0.05;
            assert!(!pace.see(left(0), (time + 99.5 * 0.05).ceil(), at(time)));
        }

        let slowest = pace.slowest().unwrap();
        assert!((0.05..0.0515).contains(&slowest), "{slowest}");
    }

    #[test]
    fn few_used_slots_teach_nothing() {
        let mut pace = Pace::default();

        assert!(!pace.see(left(98), 1_001.0, at(1_000.0)));

        assert_eq!(pace.slowest(), None);
    }

    #[test]
    fn reset_that_stands_still_while_slots_go_is_a_contradiction() {
        let mut pace = Pace::default();

        assert!(!pace.see(left(97), 1_060.0, at(1_000.0)));
        assert!(pace.see(left(80), 1_060.0, at(1_000.5)));
        assert_eq!(pace.slowest(), None);
    }

    #[test]
    fn reset_in_the_past_or_years_ahead_teaches_nothing() {
        let mut pace = Pace::default();

        assert!(!pace.see(left(0), 900.0, at(1_000.0)));
        assert!(!pace.see(left(0), 315_361_000.0, at(1_000.0)));

        assert_eq!(pace.slowest(), None);
    }
}
