//! Question: not too often? The inbound limit of each caller.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota as Rate, RateLimiter};
use tokio::time::Instant;

use crate::allowance::Allowance;
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

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, StateInformationMiddleware>;

/// How much one caller may ask, or all with the same policies together.
pub struct Limit {
    config: Config,
    limiter: Limiter,
}

impl Limit {
    /// So many requests a second in the long run.
    pub fn new(per_second: NonZeroU32) -> Self {
        let config = Config {
            per_second: Some(per_second),
            ..Config::default()
        };
        Self::of(config, per_second)
    }

    fn of(config: Config, per_second: NonZeroU32) -> Self {
        let clock = TokioClock {
            start: Instant::now(),
        };
        let rate = Rate::per_second(per_second).allow_burst(config.burst);
        let limiter = RateLimiter::direct_with_clock(rate, clock).with_middleware();
        Self { config, limiter }
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
    limits: Arc<[Option<Limit>]>,
    metrics: Metrics,
}

impl Quota {
    /// Limits of the callers, in the order of the configuration.
    pub fn new(configs: impl Iterator<Item = Config>, metrics: Metrics) -> Self {
        let limit = |config: Config| Some(Limit::of(config, config.per_second?));
        Self {
            limits: configs.map(limit).collect(),
            metrics,
        }
    }

    /// Takes one request from the caller's quota, and says what is left of it; nothing, if there is none.
    ///
    /// # Errors
    ///
    /// Fails with [`Kind::QuotaExceeded`] if nothing is left.
    pub fn ask(&self, caller: &Caller) -> Result<Option<Allowance>, Error> {
        let Some(Limit { config, limiter }) = self.of(caller) else {
            return Ok(None);
        };
        match limiter.check() {
            Ok(state) => Ok(Some(config.left(state.remaining_burst_capacity(), None))),
            Err(refused) => {
                self.metrics.quota_refused(&caller.name, "rate");
                let retry_after = refused.wait_time_from(limiter.clock().now());
                Err(Kind::QuotaExceeded { retry_after }.into())
            }
        }
    }

    /// What is left where `caller` was refused for that long.
    pub fn refused(&self, caller: &Caller, retry_after: Duration) -> Option<Allowance> {
        let limit = self.of(caller)?;
        Some(limit.config.left(0, Some(retry_after)))
    }

    fn of<'a>(&'a self, caller: &'a Caller) -> Option<&'a Limit> {
        match self.limits.get(caller.index) {
            Some(limit) => limit.as_ref(),
            None => caller.grant.limit.as_deref(),
        }
    }
}

impl Config {
    fn left(self, remaining: u32, next_in: Option<Duration>) -> Allowance {
        let burst = self.burst.get();
        let each = self.per_second.map_or(Duration::ZERO, |per_second| {
            Duration::from_secs(1) / per_second.get()
        });
        let next_slot = if remaining == 0 { each } else { Duration::ZERO };
        Allowance {
            limit: burst,
            remaining,
            full_in: each * burst.saturating_sub(remaining),
            next_in: next_in.unwrap_or(next_slot),
        }
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
