//! How much of a limit is free, for those who want to know without a lock.
//!
//! The bucket writes it down at each change, readers reckon from there. What they read may be a
//! moment old, or made of two such moments: it decides how old an answer may be, never whether a
//! request is let go.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::shape::clock::later;
use crate::shape::model::{Gate, Model};

/// What was written down last, in microseconds since the start.
#[derive(Debug)]
pub(super) struct Level {
    start: Instant,
    /// When all slots are there again.
    full_at: AtomicU64,
    /// In what time an empty limit fills up; zero if slots do not come back one by one.
    fills_in: AtomicU64,
    /// The share until `full_at` in the latter case, as the bits of an `f64`.
    stands: AtomicU64,
}

/// The three are independent enough: see the [module](self).
const RELAXED: Ordering = Ordering::Relaxed;

impl Level {
    /// Of a limit that is not known: as good as full.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            start: now,
            full_at: AtomicU64::new(0),
            fills_in: AtomicU64::new(0),
            stands: AtomicU64::new(0),
        }
    }

    /// The share of slots that could be spent at `now`: 1 for all, 0 if one more would wait.
    pub(super) fn free(&self, now: Instant) -> f64 {
        let left = self.full_at.load(RELAXED).saturating_sub(self.micros(now));
        if left == 0 {
            return 1.0;
        }
        match self.fills_in.load(RELAXED) {
            0 => f64::from_bits(self.stands.load(RELAXED)),
            whole => (1.0 - seconds(left) / seconds(whole)).max(0.0),
        }
    }

    /// Writes down what `model` believes; nothing is free for others while somebody waits.
    pub(super) fn write(&self, model: &mut Model, is_awaited: bool, now: Instant) {
        model.settle(now);
        let (full_at, fills_in, stands) = match (model.gate, model.limit) {
            _ if is_awaited => (None, Duration::ZERO, 0.0),
            (Gate::Shut { until, probing, .. }, _) => {
                // Then one may go and see.
                (Some(until).filter(|_| !probing), Duration::ZERO, 0.0)
            }
            (Gate::Open, None) => (Some(self.start), Duration::ZERO, 1.0),
            (Gate::Open, Some(limit)) => {
                let floor = model.floor(now) + 1.0;
                // Of a limit of one slot, that slot is all.
                let usable = (f64::from(limit) - floor).max(1.0);
                let missing = f64::from(limit) - model.level;
                match model.pace.slowest() {
                    Some(slowest) => (
                        Some(later(now, missing * slowest)),
                        Duration::try_from_secs_f64(usable * slowest).unwrap_or(Duration::MAX),
                        0.0,
                    ),
                    None => {
                        let share = (1.0 - missing / usable).clamp(0.0, 1.0);
                        (model.reset_at, Duration::ZERO, share)
                    }
                }
            }
        };
        self.stands.store(stands.to_bits(), RELAXED);
        self.fills_in.store(micros(fills_in), RELAXED);
        let full_at = full_at.map_or(u64::MAX, |at| self.micros(at));
        self.full_at.store(full_at, RELAXED);
    }

    fn micros(&self, at: Instant) -> u64 {
        micros(at.saturating_duration_since(self.start))
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Config;
    use crate::shape::signal::{Signal, Slots};

    /// A limit of 101 of which so many are left; one comes back every two seconds.
    fn left(remaining: u32, now: Instant) -> Model {
        let mut model = Model::new(Config::default(), now);
        let ticket = model.release(now);
        let signal = Signal {
            slots: Some(Slots {
                limit: 101,
                remaining,
            }),
            reset: Some(1_000.0 + 2.0 * f64::from(101 - remaining)),
            date: Some(1_000.0),
            ..Signal::default()
        };
        model.learn(ticket, &signal, now);
        model.end(ticket, now);
        model
    }

    #[tokio::test(start_paused = true)]
    async fn share_grows_with_time_without_being_written_again() {
        let now = Instant::now();
        let level = Level::new(now);
        assert_eq!(level.free(now), 1.0);

        level.write(&mut left(1, now), false, now);

        assert_eq!(level.free(now), 0.0);
        let half = level.free(now + Duration::from_secs(100));
        assert!((0.45..=0.5).contains(&half), "{half}");
        assert_eq!(level.free(now + Duration::from_secs(300)), 1.0);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_free_for_others_while_somebody_waits() {
        let now = Instant::now();
        let level = Level::new(now);

        level.write(&mut left(80, now), true, now);
        assert_eq!(level.free(now), 0.0);
        level.write(&mut left(80, now), false, now);
        assert!(level.free(now) > 0.7);
    }
}
