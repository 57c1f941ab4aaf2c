//! The rate limits: which requests share a bucket, and how much of it is free.
//!
//! How slots come back stands in `gcra` and `window`. Nothing here knows what is refused and how.

mod bucket;
mod gcra;
#[cfg(test)]
mod tests;
mod window;

use std::collections::HashMap;
use std::time::Duration;

use http::HeaderName;
use uuid::Uuid;

pub(super) use self::bucket::Bucket;

use super::answer::Answer;
use super::ask::Ask;
use super::behaviour::{Behaviour, LimitPer, Limiter};
use super::clock::{Time, nanos};

/// All buckets.
#[derive(Debug)]
pub(super) struct Limits {
    burst: u32,
    interval: u64,
    /// Of a fixed window, in nanoseconds.
    period: u64,
    limiter: Limiter,
    per: LimitPer,
    levels: HashMap<Bucket, Level>,
}

/// What was taken from a bucket; each limiter reads it in its own way.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    /// The moment, in nanoseconds, from which on it is as if nothing had been taken.
    full_at: u64,
    /// Slots taken in a fixed window.
    taken: u32,
}

impl Limits {
    /// Full buckets of `burst` slots, of which `refill_per_second` come back in the long run.
    ///
    /// What makes no sense (no slots, no refill) becomes the least that does.
    pub(super) fn new(burst: u32, refill_per_second: f64, behaviour: &Behaviour) -> Self {
        let interval = Duration::try_from_secs_f64(refill_per_second.recip());
        let interval = interval.unwrap_or(SLOWEST).min(SLOWEST);
        let mut limits = Self {
            burst: burst.max(1),
            interval: nanos(interval).max(1),
            period: 0,
            limiter: behaviour.limiter,
            per: behaviour.limit_per,
            levels: HashMap::new(),
        };
        limits.period = limits.period_of(behaviour);
        limits
    }

    /// Limits as `behaviour` says from now on; if that changes anything, all buckets are full.
    pub(super) fn behave(&mut self, behaviour: &Behaviour) {
        let period = self.period_of(behaviour);
        let before = (self.limiter, self.per, self.period);
        if before != (behaviour.limiter, behaviour.limit_per, period) {
            self.limiter = behaviour.limiter;
            self.per = behaviour.limit_per;
            self.period = period;
            self.levels.clear();
        }
    }

    /// The bucket that `ask` takes from if it is made by `user`.
    pub(super) fn bucket(&self, user: Uuid, ask: &Ask) -> Bucket {
        match self.per {
            LimitPer::Team => Bucket::Team,
            LimitPer::ServiceUser => Bucket::User(user),
            LimitPer::Endpoint => Bucket::endpoint(user, ask),
        }
    }

    /// Takes a slot, if there is one, and says how the bucket stands then.
    pub(super) fn take(&mut self, bucket: Bucket, now: Time) -> (bool, Standing) {
        let bucket = self.known(bucket, now);
        let level = self.levels.get(&bucket).copied().unwrap_or_default();
        let before = self.standing(level, now);
        if before.remaining == 0 {
            return (false, before);
        }
        let level = match self.limiter {
            Limiter::Gcra => gcra::take(self, level, now),
            Limiter::FixedWindow => window::take(self, level, now),
        };
        self.levels.insert(bucket, level);
        (true, self.standing(level, now))
    }

    /// What `ask` is told of its bucket if no slot is taken; nobody's own is full.
    pub(super) fn told(&self, user: Option<Uuid>, ask: &Ask, now: Time) -> Standing {
        let nobody = (self.per == LimitPer::Team).then(Uuid::nil);
        let bucket = user.or(nobody).map(|user| self.bucket(user, ask));
        self.look(bucket.as_ref(), now)
    }

    fn look(&self, bucket: Option<&Bucket>, now: Time) -> Standing {
        let level = bucket.and_then(|bucket| self.levels.get(bucket));
        self.standing(level.copied().unwrap_or_default(), now)
    }

    fn standing(&self, level: Level, now: Time) -> Standing {
        match self.limiter {
            Limiter::Gcra => gcra::look(self, level, now),
            Limiter::FixedWindow => window::look(self, level, now),
        }
    }

    /// The bucket itself, or the one that stands for all for which there is no room.
    fn known(&mut self, bucket: Bucket, now: Time) -> Bucket {
        if self.levels.len() < BUCKETS || self.levels.contains_key(&bucket) {
            return bucket;
        }
        self.levels.retain(|_, level| now.nanos() < level.full_at);
        if self.levels.len() < BUCKETS {
            bucket
        } else {
            Bucket::Rest
        }
    }

    fn period_of(&self, behaviour: &Behaviour) -> u64 {
        let refill = self.interval.saturating_mul(u64::from(self.burst));
        behaviour.period.map_or(refill, nanos).max(1)
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

/// Buckets that are kept apart; paths are made up by those who ask.
const BUCKETS: usize = 10_000;
