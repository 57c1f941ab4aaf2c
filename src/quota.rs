//! Question: not too often? The inbound limit of each caller.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota as Rate, RateLimiter};
use tokio::time::Instant;

use crate::caller::Caller;
use crate::error::{Error, Kind};
use crate::metrics::Metrics;

/// What one caller may ask.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// Requests a second in the long run; `None`: no limit.
    pub per_second: Option<NonZeroU32>,
    /// Requests that may come at once.
    pub burst: NonZeroU32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            per_second: None,
            burst: NonZeroU32::new(1_000).expect("not zero"),
        }
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Since>>;

/// How much callers with the same policies may ask together.
pub struct Limit(Limiter);

impl Limit {
    /// So many requests a second in the long run.
    pub fn new(per_second: NonZeroU32) -> Self {
        let clock = TokioClock {
            start: Instant::now(),
        };
        let rate = Rate::per_second(per_second).allow_burst(Config::default().burst);
        Self(RateLimiter::direct_with_clock(rate, clock))
    }
}

impl fmt::Debug for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Limit")
    }
}

/// Limits callers; see the [module](self).
#[derive(Clone, Debug)]
pub struct Quota {
    /// In the order of the configuration; `None` where there is no limit.
    limiters: Arc<[Option<Limiter>]>,
    metrics: Metrics,
}

impl Quota {
    /// Limits of the callers, in the order of the configuration.
    pub fn new(configs: impl Iterator<Item = Config>, metrics: Metrics) -> Self {
        let clock = TokioClock {
            start: Instant::now(),
        };
        let limiter = |config: Config| {
            let rate = Rate::per_second(config.per_second?).allow_burst(config.burst);
            Some(RateLimiter::direct_with_clock(rate, clock))
        };
        Self {
            limiters: configs.map(limiter).collect(),
            metrics,
        }
    }

    /// Takes one request from the caller's quota.
    ///
    /// # Errors
    ///
    /// Fails with [`Kind::QuotaExceeded`] if there is none left.
    pub fn ask(&self, caller: &Caller) -> Result<(), Error> {
        let limiter = match self.limiters.get(caller.index) {
            Some(limiter) => limiter.as_ref(),
            None => caller.grant.limit.as_ref().map(|limit| &limit.0),
        };
        let Some(limiter) = limiter else {
            return Ok(());
        };
        limiter.check().map_err(|refused| {
            self.metrics.quota_refused(&caller.name, "rate");
            let retry_after = refused.wait_time_from(limiter.clock().now());
            Kind::QuotaExceeded { retry_after }.into()
        })
    }
}

/// Tokio's clock, which tests can pause; governor's own cannot be.
#[derive(Clone, Copy, Debug)]
struct TokioClock {
    start: Instant,
}

/// Time since the clock was made.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Since(Duration);

impl Clock for TokioClock {
    type Instant = Since;

    fn now(&self) -> Since {
        Since(self.start.elapsed())
    }
}

impl Reference for Since {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.saturating_sub(duration.into()))
    }
}

impl std::ops::Add<Nanos> for Since {
    type Output = Self;

    fn add(self, duration: Nanos) -> Self {
        Self(self.0 + Duration::from(duration))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[tokio::test(start_paused = true)]
    async fn caller_that_asks_too_often_is_told_when_to_come_back() {
        let number = |n| NonZeroU32::new(n).unwrap();
        let config = Config {
            per_second: Some(number(2)),
            burst: number(3),
        };
        let quota = Quota::new([config].into_iter(), Metrics::default());
        let caller = testing::caller();

        for _ in 0..3 {
            quota.ask(&caller).unwrap();
        }
        let kind = quota.ask(&caller).unwrap_err().kind();
        assert_eq!(
            kind,
            Kind::QuotaExceeded {
                retry_after: Duration::from_millis(500)
            }
        );

        tokio::time::advance(Duration::from_millis(500)).await;
        quota.ask(&caller).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn caller_without_limit_is_never_stopped() {
        let quota = Quota::new([Config::default()].into_iter(), Metrics::default());

        for _ in 0..10_000 {
            quota.ask(&testing::caller()).unwrap();
        }
    }
}
