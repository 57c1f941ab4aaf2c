//! Okta's own API as far as logins need it: authentication with factors, people, their groups.
//!
//! It stands beside OPA on the same listener, as paths below `/api/`, and shares its faults, its log
//! and its clock, but neither its tokens nor its limits nor its errors.
//!
//! | Method | Path below `/api/v1` | Answers | Errors | Test |
//! |---|---|---|---|---|
//! | `POST` | `/authn` | `SUCCESS`, `PASSWORD_WARN`, `PASSWORD_EXPIRED`, `LOCKED_OUT`, `MFA_ENROLL`, `MFA_ENROLL_ACTIVATE`, `MFA_REQUIRED`, `RECOVERY`, `PASSWORD_RESET`; with a `stateToken` what that stands for | 400 `E0000001`, `E0000003`; 401 `E0000004`, `E0000011` | `login::`, `lockout::` |
//! | `POST` | `/authn/factors/{id}/verify` | `MFA_CHALLENGE` with `WAITING`, `REJECTED`, `TIMEOUT`, `CANCELLED`; `SUCCESS` | 401 `E0000011`; 403 `E0000006`, `E0000068`, `E0000069`, `E0000079`; 404 `E0000007` | `factors::` |
//! | `POST` | `/authn/factors/{id}/verify/resend` | `MFA_CHALLENGE` | as above | `factors::` |
//! | `POST` | `/authn/previous` | `MFA_REQUIRED` | 401 `E0000011`; 403 `E0000079` | `factors::` |
//! | `POST` | `/authn/skip` | `SUCCESS`, `MFA_REQUIRED` | 401 `E0000011`; 403 `E0000079` | `login::` |
//! | `POST` | `/authn/cancel` | `{}` | 401 `E0000011` | `factors::` |
//! | `GET` | `/users/{id, login or me}` | the user | 401 `E0000011`; 404 `E0000007` | `people::` |
//! | `GET` | `/users/{id, login or me}/groups` | a page of groups, with `Link` | 400 `E0000001`; 401 `E0000011`; 404 `E0000007` | `people::` |
//! | all | all | | 404 `E0000007`; 405 `E0000022`; 413 `E0000003`; 415 `E0000021`; 429 `E0000047` | `errors::`, `limits::`, `faults::` |
//!
//! Not there: enrollment, the change and recovery of passwords, unlocking, `relayState`, devices
//! that are remembered, and everything for which a session token is good.

mod authn;
mod config;
mod directory;
mod form;
mod handle;
mod hidden;
mod limit;
mod problem;
mod seed;
mod span;
mod totp;
mod transaction;
mod user;
mod users;
mod verify;
mod visit;

use fastrand::Rng;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Method, StatusCode};

pub use self::config::Config;
pub use self::hidden::Hidden;
pub use self::seed::PASSWORD;
pub use self::user::{Factor, Kind, Provider, Script, State, User, Verdict};

use self::directory::Directory;
use self::limit::{Limits, Standing};
use self::problem::Problem;
use self::transaction::Transactions;
use self::visit::{Visit, text};
use super::answer::Answer;
use super::ask::Ask;
use super::clock::Time;
use super::fault::Effect;
use super::plan::Plan;

/// Whether a request is one to Okta.
pub(super) fn is_okta(ask: &Ask) -> bool {
    ask.segments.first().is_some_and(|first| first == "api") || ask.raw_path().starts_with("/api/")
}

/// Whether a request shows a credential that is none of Okta's.
pub(super) fn is_foreign(ask: &Ask) -> bool {
    let shown = ask.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let scheme = shown.and_then(|shown| shown.get(..5));
    shown.is_some() && !scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"ssws "))
}

/// The organisation: everything of it that changes.
#[derive(Debug)]
pub(super) struct Okta {
    config: Config,
    directory: Directory,
    transactions: Transactions,
    limits: Limits,
    /// Makes ids and tokens, the same ones for the same seed.
    rng: Rng,
}

impl Okta {
    /// The organisation as `config` says; what is made up follows from `seed`.
    pub(super) fn new(config: &Config, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed.rotate_left(34) ^ SALT);
        Self {
            directory: Directory::new(&config.users, &mut rng),
            transactions: Transactions::new(config.token_life),
            limits: Limits::new(config),
            config: config.clone(),
            rng,
        }
    }

    /// Carries out a request, unless a fault answers it.
    ///
    /// A fault that applies a write late applies it at once here: nobody who got the 504 can tell.
    pub(super) fn answer(&mut self, ask: &Ask, plan: &Plan, now: Time) -> Answer {
        let visit = Visit::new(ask, &self.config, now, plan.skew);
        let (is_admitted, standing) = self.admit(&visit, plan);
        let result = if !is_admitted {
            Err(Problem::limited())
        } else if let Some(Effect::Status { status, code }) = &plan.main {
            Err(Problem::of_status(*status, code))
        } else if let Some(Effect::ApplyLate(_)) = &plan.main {
            drop(self.act(&visit));
            Err(Problem::internal().with(StatusCode::GATEWAY_TIMEOUT))
        } else if let Some(answer) = plan.instead() {
            Ok(answer)
        } else {
            self.act(&visit)
        };
        let mut answer = result.unwrap_or_else(|problem| problem.answer(&mut self.rng));
        answer.set(REQUEST_ID, &seed::name(&mut self.rng, "", 27));
        if let Some(reset) = plan.told_reset(standing.reset, now) {
            answer.set(LIMIT, &standing.limit.to_string());
            answer.set(REMAINING, &standing.remaining.to_string());
            answer.set(RESET, &reset.seconds_up().to_string());
        }
        answer
    }

    /// Takes from the limits, unless a fault says that they are used up.
    fn admit(&mut self, visit: &Visit<'_>, plan: &Plan) -> (bool, Standing) {
        let parts = visit.ask.parts();
        let is_authn = parts.starts_with(&["api", "v1", "authn"]);
        if plan.is_limited() {
            let standing = self.limits.look(is_authn, visit.now);
            let remaining = 0;
            return (
                false,
                Standing {
                    remaining,
                    ..standing
                },
            );
        }
        let (taken, standing) = self.limits.take(is_authn, visit.now);
        let is_login = taken && is_authn && parts.len() == 3 && visit.ask.method == Method::POST;
        let name = is_login.then(|| authn::name(visit)).flatten();
        if let Some(name) = name {
            let (taken, of_name) = self.limits.take_login(&name, visit.now);
            return (taken, if taken { standing } else { of_name });
        }
        (taken, standing)
    }

    fn act(&mut self, visit: &Visit<'_>) -> Result<Answer, Problem> {
        let parts = visit.ask.parts();
        let rest = parts.strip_prefix(&["api", "v1"]).unwrap_or_default();
        let is = |method| {
            let is_it = visit.ask.method == method;
            is_it.then_some(()).ok_or_else(Problem::method)
        };
        match rest {
            ["authn"] => is(Method::POST).and_then(|()| authn::begin(self, visit)),
            ["authn", "cancel"] => is(Method::POST).and_then(|()| authn::cancel(self, visit)),
            ["authn", "previous"] => is(Method::POST).and_then(|()| authn::previous(self, visit)),
            ["authn", "skip"] => is(Method::POST).and_then(|()| authn::skip(self, visit)),
            ["authn", "factors", id, "verify"] => {
                is(Method::POST).and_then(|()| verify::verify(self, visit, id))
            }
            ["authn", "factors", id, "verify", "resend"] => {
                is(Method::POST).and_then(|()| verify::resend(self, visit, id))
            }
            ["users", name] => is(Method::GET).and_then(|()| users::get(self, visit, name)),
            ["users", name, "groups"] => {
                is(Method::GET).and_then(|()| users::groups(self, visit, name))
            }
            _ => Err(Problem::missing(visit.ask.raw_path(), "Endpoint")),
        }
    }

    /// A login needs no API token, but one that is shown must be right.
    fn may_log_in(&self, visit: &Visit<'_>) -> Result<(), Problem> {
        match visit.shown() {
            Some(shown) if !self.is_api_token(&shown) => Err(Problem::token()),
            _ => Ok(()),
        }
    }

    /// An organisation without an API token takes none.
    fn is_api_token(&self, shown: &Hidden) -> bool {
        !shown.is_empty() && *shown == self.config.api_token
    }

    /// The state token of the login under way that a body names.
    fn live(&mut self, visit: &Visit<'_>) -> Result<Hidden, Problem> {
        let body = visit.body()?;
        let token = Hidden::new(text(&body, "stateToken"));
        let open = self.transactions.live(&token, visit.now);
        open.map(|_| token).ok_or_else(Problem::token)
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-okta-request-id");
const LIMIT: HeaderName = HeaderName::from_static("x-rate-limit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-rate-limit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-rate-limit-reset");

/// Keeps what is made up here apart from what OPA's side makes of the same seed.
const SALT: u64 = 0x6f72_6731;
