//! The rate limit of each service user: the generic cell rate algorithm.
//!
//! A user's theoretical arrival time (TAT) is the moment at which all slots are free again. A request
//! moves it one interval on, and is refused if that would lead further ahead than all slots together.

use std::collections::HashMap;
use std::time::Duration;

use http::HeaderName;
use uuid::Uuid;

use super::answer::Answer;
use super::clock::{Time, nanos};

/// The buckets of all service users.
#[derive(Debug)]
pub(super) struct Limits {
    burst: u32,
    interval: u64,
    arrivals: HashMap<Uuid, u64>,
}

impl Limits {
    /// Full buckets of `burst` slots, of which `refill_per_second` come back.
    ///
    /// What makes no sense (no slots, no refill) becomes the least that does.
    pub(super) fn new(burst: u32, refill_per_second: f64) -> Self {
        let interval = Duration::try_from_secs_f64(refill_per_second.recip());
        let interval = interval.unwrap_or(SLOWEST).min(SLOWEST);
        Self {
            burst: burst.max(1),
            interval: nanos(interval).max(1),
            arrivals: HashMap::new(),
        }
    }

    /// Takes a slot of `user`'s, if there is one, and says how the bucket stands then.
    pub(super) fn take(&mut self, user: Uuid, now: Time) -> (bool, Standing) {
        let before = self.look(Some(user), now);
        if before.remaining == 0 {
            return (false, before);
        }
        let arrival = self.arrivals.entry(user).or_default();
        *arrival = (*arrival).max(now.nanos()).saturating_add(self.interval);
        (true, self.look(Some(user), now))
    }

    /// How the bucket of `user` stands; nobody's is full.
    pub(super) fn look(&self, user: Option<Uuid>, now: Time) -> Standing {
        let arrival = user.and_then(|user| self.arrivals.get(&user));
        let arrival = arrival.copied().unwrap_or_default().max(now.nanos());
        let window = self.interval.saturating_mul(u64::from(self.burst));
        let free = now.nanos().saturating_add(window).saturating_sub(arrival);
        let remaining = free / self.interval;
        let next = self.interval.saturating_mul(remaining.saturating_add(1));
        let retry_at = if remaining >= u64::from(self.burst) {
            now
        } else {
            Time::from_nanos(arrival.saturating_add(next).saturating_sub(window))
        };
        Standing {
            limit: self.burst,
            remaining,
            reset: Time::from_nanos(arrival),
            retry_at,
        }
    }
}

/// How one bucket stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// All slots.
    pub(super) limit: u32,
    /// Whole slots that are free.
    pub(super) remaining: u64,
    /// When all are free.
    pub(super) reset: Time,
    /// When one more is free.
    pub(super) retry_at: Time,
}

impl Standing {
    /// Writes the four headers; moments are rounded up, so that who waits for them waits enough.
    pub(super) fn write(self, answer: &mut Answer, skew: i64) {
        let seconds = |time: Time| time.skewed(skew).seconds_up();
        let values = [
            u64::from(self.limit),
            self.remaining,
            seconds(self.reset),
            seconds(self.retry_at),
        ];
        for (name, value) in HEADERS.into_iter().zip(values) {
            answer.headers.insert(name, value.into());
        }
    }
}

/// Limit, remaining, reset, retry-at.
pub(super) const HEADERS: [HeaderName; 4] = [
    HeaderName::from_static("x-ratelimit-limit"),
    HeaderName::from_static("x-ratelimit-remaining"),
    HeaderName::from_static("x-ratelimit-reset"),
    HeaderName::from_static("x-ratelimit-retry-at"),
];

/// A year: the longest that a slot takes to come back.
const SLOWEST: Duration = Duration::from_secs(365 * 24 * 3600);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USER: Uuid = Uuid::nil();

    #[test]
    fn bucket_gives_its_burst_and_then_one_slot_per_interval() {
        let mut limits = Limits::new(3, 0.5);
        let start = Time::from_seconds(1000);
        let taken = (0..3).map(|_| limits.take(USER, start).1.remaining);

        assert_eq!(taken.collect::<Vec<_>>(), [2, 1, 0]);

        let (taken, standing) = limits.take(USER, start);
        assert!(!taken);
        assert_eq!(standing.retry_at, Time::from_seconds(1002));
        assert_eq!(standing.reset, Time::from_seconds(1006));
        assert!(limits.take(USER, Time::from_seconds(1002)).0);
        assert!(!limits.take(USER, Time::from_seconds(1003)).0);
    }

    #[test]
    fn nonsense_does_not_divide_by_zero() {
        for refill in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let mut limits = Limits::new(0, refill);
            assert!(limits.take(USER, Time::from_seconds(1)).0, "{refill}");
        }
    }

    proptest! {
        #[test]
        fn who_obeys_is_never_refused(
            burst in 1_u32..50,
            refill in 0.05_f64..500.0,
            start in 0_u64..5_000_000_000,
            pauses in prop::collection::vec(0_u64..3_000_000_000, 1..200),
        ) {
            let mut limits = Limits::new(burst, refill);
            let mut now = Time::from_nanos(start);
            for pause in pauses {
                now = now.plus(Duration::from_nanos(pause));
                let standing = limits.look(Some(USER), now);
                if standing.remaining == 0 {
                    now = now.max(Time::from_seconds(standing.retry_at.seconds_up()));
                }
                let (taken, after) = limits.take(USER, now);
                prop_assert!(taken);
                prop_assert!(after.remaining < u64::from(burst));
                prop_assert!(after.reset >= after.retry_at && after.retry_at > now);
            }
        }

        #[test]
        fn no_window_gives_more_than_burst_and_refill(
            burst in 1_u32..20,
            steps in prop::collection::vec(0_u64..400, 1..300),
        ) {
            let mut limits = Limits::new(burst, 10.0);
            let mut now = Time::from_seconds(7);
            let (mut taken, mut passed) = (0_u64, 0_u64);
            for step in steps {
                passed += step;
                now = now.plus(Duration::from_millis(step));
                taken += u64::from(limits.take(USER, now).0);
                prop_assert!(taken <= u64::from(burst) + passed / 100);
            }
        }
    }
}
