//! One principal's token: who holds it, who waits for it, and the loop that mints it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

use super::mint::{Issued, Mint, MintError};
use super::{Config, Token};
use crate::caller::Principal;
use crate::error::{Error, Kind};
use crate::metrics::Metrics;

/// Where one principal's token is kept.
#[derive(Debug)]
pub(super) struct Cell {
    principal: Arc<Principal>,
    config: Config,
    mint: Mint,
    metrics: Metrics,
    state: watch::Sender<State>,
    wanted: Notify,
    roles_renewed: Mutex<Option<Instant>>,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Arc<Token>>,
    generation: u64,
    failure: Option<Failure>,
    failures: u32,
    last_success: Option<Instant>,
    /// A newer token is asked for although this one is good.
    is_wanted: bool,
}

/// The last try failed, or what it brought was refused.
#[derive(Clone, Debug)]
struct Failure {
    error: MintError,
    since: Instant,
    next_try: Instant,
}

/// How a principal's token does.
#[derive(Clone, Debug)]
pub struct Health {
    /// Whose token.
    pub principal: Arc<Principal>,
    /// How long the one held is still good; `None`: none is held.
    pub left: Option<Duration>,
    /// How long ago it was minted.
    pub age: Option<Duration>,
    /// Whether a first try has come to an end, good or bad.
    pub was_tried: bool,
    /// Whether a try is still to be made or has not failed.
    pub can_be_had: bool,
    /// Failed tries since the last good one.
    pub failures: u32,
    /// How long until the next try, if the last one failed.
    pub next_try: Option<Duration>,
    /// What went wrong last, and when it is tried again.
    pub detail: Option<String>,
}

impl State {
    fn usable(&self, now: Instant) -> Option<&Arc<Token>> {
        self.token.as_ref().filter(|token| token.expires > now)
    }
}

impl Cell {
    pub(super) fn new(
        principal: Arc<Principal>,
        config: Config,
        mint: Mint,
        metrics: Metrics,
    ) -> Self {
        Self {
            principal,
            config,
            mint,
            metrics,
            state: watch::Sender::default(),
            wanted: Notify::new(),
            roles_renewed: Mutex::new(None),
        }
    }

    /// Mints whenever a token is due, for ever.
    pub(super) async fn run(&self) {
        loop {
            let trigger = self.until_due().await;
            let result = self.mint.issue().await;
            let word = result.as_ref().map_or_else(MintError::as_str, |_| "ok");
            self.metrics.token_refreshed(&self.principal, trigger, word);
            match result {
                Ok(issued) => self.accept(issued),
                Err(error) => self.fail(&error),
            }
        }
    }

    /// Waits until a token is due; says why it is.
    async fn until_due(&self) -> &'static str {
        loop {
            let wanted = self.wanted.notified();
            let (due, trigger) = self.due();
            tokio::select! {
                () = sleep_until(due) => return trigger,
                () = wanted => {}
            }
        }
    }

    fn due(&self) -> (Instant, &'static str) {
        let state = self.state.borrow();
        let first = if state.generation == 0 {
            "first"
        } else {
            "unauthorized"
        };
        match (&state.token, &state.failure) {
            (Some(_), _) if state.is_wanted => (Instant::now(), "unauthorized"),
            (Some(token), None) => (self.renewal(token), "scheduled"),
            (Some(_), Some(failure)) => (failure.next_try, "scheduled"),
            (None, Some(failure)) => (failure.next_try, first),
            // At once, but never so often that a token which dies at each use becomes a flood.
            (None, None) => {
                let spaced = state.last_success.map(|last| last + SPACING);
                (spaced.unwrap_or_else(Instant::now), first)
            }
        }
    }

    fn renewal(&self, token: &Token) -> Instant {
        let life = token.expires.saturating_duration_since(token.minted);
        token.minted + (life / 100 * self.config.renew_at_percent).max(SPACING)
    }

    fn accept(&self, issued: Issued) {
        let now = Instant::now();
        self.state.send_modify(|state| {
            state.generation += 1;
            state.token = Some(Arc::new(Token {
                generation: state.generation,
                header: issued.header,
                minted: now,
                expires: now + issued.life,
                proven: AtomicBool::new(false),
            }));
            state.failure = None;
            state.failures = 0;
            state.is_wanted = false;
            state.last_success = Some(now);
        });
        tracing::info!(
            event = "token.renewed",
            team = %self.principal.team,
            principal = %self.principal.name,
            life_seconds = issued.life.as_secs(),
            "a new token for {}", self.principal,
        );
    }

    fn fail(&self, error: &MintError) {
        let mut count = 0;
        self.state.send_modify(|state| {
            state.failures = state.failures.saturating_add(1);
            count = state.failures;
            state.is_wanted = false;
            state.failure = Some(self.failure(error.clone(), state.failures));
        });
        // A failure that goes on is told at the 1st, 2nd, 4th, 8th … time.
        if count.is_power_of_two() {
            tracing::warn!(
                event = "token.failed",
                team = %self.principal.team,
                principal = %self.principal.name,
                failures = count,
                "no token for {}: {error}", self.principal,
            );
        }
    }

    fn failure(&self, error: MintError, failures: u32) -> Failure {
        let now = Instant::now();
        let doubled = FIRST_BACKOFF * 2_u32.saturating_pow(failures.saturating_sub(1).min(16));
        let backoff = doubled.min(self.config.longest_backoff);
        // Between a half and the whole, so that several gateways do not come back together.
        let backoff = backoff.mul_f64(0.5 + fastrand::f64() / 2.0);
        Failure {
            error,
            since: now,
            next_try: now + backoff,
        }
    }

    pub(super) async fn current(&self) -> Result<Arc<Token>, Error> {
        let mut changes = self.state.subscribe();
        loop {
            {
                let state = changes.borrow_and_update();
                let now = Instant::now();
                if let Some(token) = state.usable(now) {
                    return Ok(Arc::clone(token));
                }
                if let Some(failure) = &state.failure {
                    return Err(refuse(failure, now));
                }
            }
            let gone = changes.changed().await;
            gone.map_err(|e| Kind::Internal.because(e))?;
        }
    }

    pub(super) fn condemn(&self, token: &Token) {
        let is_new = self.state.send_if_modified(|state| {
            let is_held = state
                .token
                .as_ref()
                .is_some_and(|t| t.generation == token.generation);
            if !is_held {
                return false;
            }
            state.token = None;
            // One that never worked would be followed by another that does not.
            if !token.proven.load(Ordering::Relaxed) {
                state.failures = state.failures.saturating_add(1);
                let refused = MintError::Refused(http::StatusCode::UNAUTHORIZED);
                state.failure = Some(self.failure(refused, state.failures));
            }
            true
        });
        if is_new {
            self.wanted.notify_one();
        }
    }

    pub(super) async fn renew_for_roles(&self, token: &Token) -> bool {
        let now = Instant::now();
        if now.saturating_duration_since(token.minted) < ROLES_AGE {
            return false;
        }
        {
            let mut renewed = self.roles_renewed.lock();
            let is_newer = self.state.borrow().generation > token.generation;
            if is_newer {
                return true;
            }
            if renewed.is_some_and(|at| now < at + ROLES_SPACING) {
                return false;
            }
            *renewed = Some(now);
        }
        // The old token serves the others on; a failed try leaves it in place.
        let mut changes = self.state.subscribe();
        self.state.send_modify(|state| state.is_wanted = true);
        self.wanted.notify_one();
        let tried = changes.wait_for(|state| !state.is_wanted).await;
        tried.is_ok_and(|state| state.generation > token.generation)
    }

    pub(super) fn health(&self) -> Health {
        let now = Instant::now();
        let state = self.state.borrow();
        let token = state.usable(now);
        let detail = state.failure.as_ref().map(|failure| {
            let since = now.saturating_duration_since(failure.since).as_secs();
            let next = failure.next_try.saturating_duration_since(now).as_secs();
            format!(
                "{}: {} {since} s ago, next try in {next} s",
                self.principal, failure.error
            )
        });
        Health {
            principal: Arc::clone(&self.principal),
            left: token.map(|token| token.expires.saturating_duration_since(now)),
            age: token.map(|token| now.saturating_duration_since(token.minted)),
            was_tried: state.generation > 0 || state.failures > 0,
            can_be_had: state.failure.is_none(),
            failures: state.failures,
            next_try: state
                .failure
                .as_ref()
                .map(|f| f.next_try.saturating_duration_since(now)),
            detail,
        }
    }
}

fn refuse(failure: &Failure, now: Instant) -> Error {
    let retry_after = failure.next_try.saturating_duration_since(now);
    let is_refused = matches!(failure.error, MintError::Refused(_));
    let kind = if is_refused {
        Kind::CredentialsRefused
    } else {
        Kind::NoToken { retry_after }
    };
    kind.because(failure.error.clone())
}

/// The pause after the first failure; doubles up to `token.longest_backoff`.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);

/// The shortest time between two tokens of one principal.
const SPACING: Duration = Duration::from_millis(250);

/// A younger token has the roles of now.
const ROLES_AGE: Duration = Duration::from_secs(60);

/// How often a refusal for want of roles may cost a token.
const ROLES_SPACING: Duration = Duration::from_secs(300);
