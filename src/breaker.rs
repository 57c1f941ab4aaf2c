//! Stops sending to an upstream that keeps failing.
//!
//! Counts connection errors, time-outs, 503 and 504. Not 500: one caller's failing operation must
//! not stop everybody.
//!
//! Stands above `shape`: an open circuit takes no permits and no place in the queue.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::error::{Error, Fault, Kind};
use crate::exchange::{Handler, Purpose, Request, Response};
use crate::metrics::Metrics;
use crate::middleware::{Middleware, Next};

/// When the circuit opens and how it closes again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// Failures within `window` that open it, if they are also `percent` of all.
    pub failures: NonZeroU32,
    /// Share of failures that opens it, in percent.
    pub percent: u32,
    /// How long an outcome counts.
    pub window: Duration,
    /// How long nothing is sent before the first probe; doubles with each failed one.
    pub open_for: Duration,
    /// Longest pause between two probes.
    pub longest_open: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            failures: NonZeroU32::new(10).expect("not zero"),
            percent: 50,
            window: Duration::from_secs(10),
            open_for: Duration::from_secs(2),
            longest_open: Duration::from_secs(30),
        }
    }
}

/// A circuit for each team; see the [module](self).
#[derive(Clone, Debug)]
pub struct Breaker {
    circuits: Arc<[Circuit]>,
}

#[derive(Debug)]
struct Circuit {
    team: Arc<str>,
    config: Config,
    metrics: Metrics,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// Everything is sent; outcomes of the present window are counted.
    Closed { since: Instant, good: u32, bad: u32 },
    /// Nothing is sent until then.
    Open { until: Instant, pause: Duration },
    /// One request is on its way to find out.
    HalfOpen { pause: Duration },
}

/// One request that was let through; gives its turn back if it is dropped without outcome.
struct Pass<'a> {
    circuit: &'a Circuit,
    is_probe: bool,
    is_told: bool,
}

impl Breaker {
    /// Circuits for the teams in the order of the configuration, all closed.
    pub fn new(config: Config, teams: &[Arc<str>], metrics: &Metrics) -> Self {
        let circuit = |team: &Arc<str>| {
            metrics.breaker_moved(team, "closed");
            Circuit {
                team: Arc::clone(team),
                config,
                metrics: metrics.clone(),
                state: Mutex::new(State::closed()),
            }
        };
        Self {
            circuits: teams.iter().map(circuit).collect(),
        }
    }

    /// How the circuit of a team is: `closed`, `half_open` or `open`.
    pub fn state(&self, team_index: usize) -> &'static str {
        self.circuits
            .get(team_index)
            .map_or("closed", |circuit| match *circuit.state.lock() {
                State::Closed { .. } => "closed",
                State::Open { .. } => "open",
                State::HalfOpen { .. } => "half_open",
            })
    }
}

impl Middleware for Breaker {
    async fn handle<S: Handler>(
        &self,
        mut request: Request,
        next: Next<S>,
    ) -> Result<Response, Error> {
        let circuit = self.circuits.get(request.principal.team_index);
        let circuit = circuit.expect("each principal's team has a circuit");
        let pass = circuit.enter()?;
        if pass.is_probe {
            request.purpose = Purpose::Probe;
        }
        let result = next.run(request).await;
        pass.tell(&result);
        result
    }
}

impl Circuit {
    fn enter(&self) -> Result<Pass<'_>, Error> {
        let mut state = self.state.lock();
        let now = Instant::now();
        let is_probe = match *state {
            State::Closed { .. } => false,
            State::Open { until, pause } if now >= until => {
                *state = State::HalfOpen { pause };
                self.metrics.breaker_moved(&self.team, "half_open");
                true
            }
            State::Open { until, .. } => {
                return Err(Kind::BreakerOpen {
                    retry_after: until - now,
                }
                .into());
            }
            State::HalfOpen { pause } => {
                return Err(Kind::BreakerOpen { retry_after: pause }.into());
            }
        };
        Ok(Pass {
            circuit: self,
            is_probe,
            is_told: false,
        })
    }

    fn count(&self, is_bad: bool) {
        let mut state = self.state.lock();
        let now = Instant::now();
        match *state {
            State::Closed {
                ref mut since,
                ref mut good,
                ref mut bad,
            } => {
                if now.saturating_duration_since(*since) > self.config.window {
                    (*since, *good, *bad) = (now, 0, 0);
                }
                let counter = if is_bad { &mut *bad } else { &mut *good };
                *counter = counter.saturating_add(1);
                let share = u64::from(*bad) * 100 / (u64::from(*bad) + u64::from(*good)).max(1);
                if *bad >= self.config.failures.get() && share >= u64::from(self.config.percent) {
                    self.open(&mut state, self.config.open_for);
                }
            }
            State::HalfOpen { pause } if is_bad => {
                self.open(&mut state, (pause * 2).min(self.config.longest_open));
            }
            State::HalfOpen { .. } => {
                *state = State::closed();
                self.metrics.breaker_moved(&self.team, "closed");
                tracing::info!(event = "breaker", team = %self.team, "the upstream is back");
            }
            // Late outcomes of what was sent before it opened.
            State::Open { .. } => {}
        }
    }

    fn open(&self, state: &mut State, pause: Duration) {
        *state = State::Open {
            until: Instant::now() + pause,
            pause,
        };
        self.metrics.breaker_moved(&self.team, "open");
        tracing::warn!(
            event = "breaker",
            team = %self.team,
            "the upstream keeps failing; nothing is sent to it for {pause:?}",
        );
    }
}

impl State {
    fn closed() -> Self {
        Self::Closed {
            since: Instant::now(),
            good: 0,
            bad: 0,
        }
    }
}

impl Pass<'_> {
    fn tell(mut self, result: &Result<Response, Error>) {
        let is_bad = match result {
            Ok(response) => matches!(
                response.status(),
                StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
            ),
            // Nothing was sent, so nothing is known of the upstream.
            Err(error) if error.kind().fault() == Fault::Wait => return,
            Err(error) => error.kind().fault() == Fault::Connection,
        };
        self.is_told = true;
        self.circuit.count(is_bad);
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        // A probe that never had an outcome must not keep the circuit half open.
        if self.is_probe && !self.is_told {
            let mut state = self.circuit.state.lock();
            if let State::HalfOpen { pause } = *state {
                *state = State::Open {
                    until: Instant::now(),
                    pause,
                };
            }
        }
    }
}

#[cfg(test)]
mod tests;
