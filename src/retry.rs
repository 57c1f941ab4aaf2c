//! Which outcomes are tried again, how often, and how long between: the only place that repeats.
//!
//! A read is repeated when the upstream failed; a write only when the upstream says that it did not
//! act (401, 429) or no byte of it can have arrived.
//!
//! Stands above `breaker` and `shape`: each attempt asks the one and takes its own permit from the
//! other. Cancel safe: it holds nothing across an attempt.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;
use tower::retry::budget::{Budget as _, TpsBudget};

use crate::error::{Error, Fault, Kind};
use crate::exchange::{Handler, Purpose, Request, Response};
use crate::metrics::Metrics;
use crate::middleware::{Middleware, Next};
use crate::token::Refusal;

/// How failed reads are tried again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// Most further attempts at a read that failed; zero turns them off.
    pub reads: u32,
    /// Longest pause before the first further attempt; doubles with each, jittered.
    pub backoff: Duration,
    /// Further attempts as a share of all traffic, in percent.
    pub budget_percent: u32,
    /// Further attempts a second that are always allowed.
    pub budget_per_second: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            reads: 2,
            backoff: Duration::from_millis(200),
            budget_percent: 10,
            budget_per_second: 3,
        }
    }
}

/// Sends requests again where that is safe and can help; see the [module](self).
#[derive(Clone, Debug)]
pub struct Retry {
    config: Config,
    budget: Arc<TpsBudget>,
    metrics: Metrics,
}

/// What the attempts of one request have used up.
#[derive(Debug, Default)]
struct Used {
    reads: u32,
    limited: u32,
    token: bool,
    roles: bool,
}

/// What is done about an outcome.
enum Verdict {
    /// It is the answer.
    Pass,
    /// Another attempt after this pause; the word for the metric.
    Again(Duration, &'static str),
    /// The upstream refuses every token.
    Refused,
}

impl Retry {
    /// Repeats within `config`; all requests share one budget.
    pub fn new(config: Config, metrics: Metrics) -> Self {
        let percent = f64::from(config.budget_percent) / 100.0;
        let budget = TpsBudget::new(BUDGET_TTL, config.budget_per_second, percent_f32(percent));
        Self {
            config,
            budget: Arc::new(budget),
            metrics,
        }
    }

    fn judge(
        &self,
        request: &Request,
        result: &Result<Response, Error>,
        used: &mut Used,
    ) -> Verdict {
        let verdict = match result {
            Ok(response) => self.judge_response(request, response, used),
            Err(error) => self.judge_error(request, error.kind(), used),
        };
        if let Verdict::Again(pause, _) = verdict
            && Instant::now() + pause >= request.terms.deadline()
        {
            self.metrics.retry_skipped("deadline");
            return Verdict::Pass;
        }
        verdict
    }

    fn judge_response(&self, request: &Request, response: &Response, used: &mut Used) -> Verdict {
        match (response.status(), response.extensions().get::<Refusal>()) {
            (_, Some(Refusal::Token)) if used.token => Verdict::Refused,
            (_, Some(Refusal::Token)) => {
                used.token = true;
                Verdict::Again(Duration::ZERO, "unauthorized")
            }
            (_, Some(Refusal::Roles)) if !used.roles => {
                used.roles = true;
                Verdict::Again(Duration::ZERO, "unauthorized")
            }
            // `shape` has learned from it and holds the next attempt until there is room.
            (StatusCode::TOO_MANY_REQUESTS, _) if used.limited < MAX_LIMITED => {
                used.limited += 1;
                Verdict::Again(Duration::ZERO, "limited")
            }
            (
                StatusCode::INTERNAL_SERVER_ERROR
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT,
                _,
            ) => self.failed_read(request, "status", used),
            _ => Verdict::Pass,
        }
    }

    fn judge_error(&self, request: &Request, kind: Kind, used: &mut Used) -> Verdict {
        match kind.fault() {
            Fault::Connection if kind == (Kind::Unreachable { sent: false }) => {
                self.again(used, "connect")
            }
            Fault::Connection | Fault::Answer => self.failed_read(request, "connect", used),
            Fault::Breaker => {
                self.metrics.retry_skipped("breaker");
                Verdict::Pass
            }
            Fault::Caller | Fault::Size | Fault::Wait | Fault::Gateway => Verdict::Pass,
        }
    }

    fn failed_read(&self, request: &Request, reason: &'static str, used: &mut Used) -> Verdict {
        if request.operation.is_write() || !request.operation.method.is_safe() {
            self.metrics.retry_skipped("write");
            return Verdict::Pass;
        }
        self.again(used, reason)
    }

    fn again(&self, used: &mut Used, reason: &'static str) -> Verdict {
        if used.reads >= self.config.reads {
            return Verdict::Pass;
        }
        if !self.budget.withdraw() {
            self.metrics.retry_skipped("budget");
            return Verdict::Pass;
        }
        used.reads += 1;
        let longest = self.config.backoff * 2_u32.saturating_pow(used.reads - 1);
        Verdict::Again(longest.mul_f64(fastrand::f64()), reason)
    }
}

impl Middleware for Retry {
    async fn handle<S: Handler>(
        &self,
        mut request: Request,
        next: Next<S>,
    ) -> Result<Response, Error> {
        self.budget.deposit();
        let mut used = Used::default();
        loop {
            let result = next.run(request.clone()).await;
            match self.judge(&request, &result, &mut used) {
                Verdict::Pass => return result,
                Verdict::Refused => return Err(Kind::CredentialsRefused.into()),
                Verdict::Again(pause, reason) => {
                    self.metrics.retried(reason);
                    request.purpose = Purpose::Retry;
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a share between 0 and 1")]
fn percent_f32(share: f64) -> f32 {
    share as f32
}

/// Over how long traffic counts for the budget.
const BUDGET_TTL: Duration = Duration::from_secs(10);

/// How often one request may meet a 429; each time it has waited for its place again.
const MAX_LIMITED: u32 = 8;

#[cfg(test)]
mod tests;
