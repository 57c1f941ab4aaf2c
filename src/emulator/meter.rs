//! One bucket of the limiter by itself, for whoever wants to know what a limit does to requests.

use std::num::NonZeroU32;
use std::time::Duration;

use super::behaviour::Behaviour;
use super::clock::{Time, nanos};
use super::limit::{Bucket, Limits};

/// One bucket.
#[derive(Debug)]
pub struct Meter {
    limits: Limits,
}

/// What became of a wish for a slot; times are exact, and counted from 1970.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Slot {
    /// Whether there was one.
    pub is_taken: bool,
    /// All slots.
    pub limit: u32,
    /// Whole slots that are left.
    pub remaining: u64,
    /// When all are there again.
    pub reset: Duration,
    /// When one more is.
    pub retry_at: Duration,
}

impl Meter {
    /// A full bucket, which is limited as `behaviour` says.
    pub fn new(burst: NonZeroU32, refill_per_second: f64, behaviour: &Behaviour) -> Self {
        Self {
            limits: Limits::new(burst.get(), refill_per_second, behaviour),
        }
    }

    /// Takes a slot, if there is one at this time since 1970.
    pub fn take(&mut self, at: Duration) -> Slot {
        let now = Time::from_nanos(nanos(at));
        let (is_taken, standing) = self.limits.take(Bucket::Team, now);
        Slot {
            is_taken,
            limit: standing.limit,
            remaining: standing.remaining,
            reset: Duration::from_nanos(standing.reset.nanos()),
            retry_at: Duration::from_nanos(standing.retry_at.nanos()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slot_is_refused_until_the_time_that_was_told() {
        let burst = NonZeroU32::new(2).unwrap();
        let mut meter = Meter::new(burst, 4.0, &Behaviour::default());
        let start = Duration::from_secs(1_000);

        let taken = [meter.take(start).is_taken, meter.take(start).is_taken];
        let refused = meter.take(start);

        assert_eq!(taken, [true, true]);
        assert!(!refused.is_taken);
        assert_eq!(refused.retry_at, start + Duration::from_millis(250));
        assert_eq!(refused.reset, start + Duration::from_millis(500));
        assert!(meter.take(refused.retry_at).is_taken);
    }
}
