//! The first step of a login, the steps that lead back from the second, and its end.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::super::answer::Answer;
use super::form;
use super::hidden::Hidden;
use super::problem::Problem;
use super::transaction::Stage;
use super::user::State;
use super::visit::{Visit, text};
use super::{Okta, seed};

/// `POST /api/v1/authn`: name and password, or the token of a login under way.
pub(super) fn begin(okta: &mut Okta, visit: &Visit<'_>) -> Result<Answer, Problem> {
    okta.may_log_in(visit)?;
    let body = visit.body()?;
    if !text(&body, "stateToken").is_empty() {
        let token = Hidden::new(text(&body, "stateToken"));
        return show(okta, visit, &token);
    }
    let username = text(&body, "username");
    if username.is_empty() {
        return Err(Problem::invalid(
            "authRequest",
            "The 'username' and 'password' attributes are required in this context.",
        ));
    }
    let at = okta
        .directory
        .by_login(username)
        .ok_or_else(Problem::login)?;
    let options = body.get("options");
    let warn = options.and_then(|options| options.get("warnBeforePasswordExpired"));
    let wants_warning = warn == Some(&Value::Bool(true));
    check(okta, visit, at, text(&body, "password"), wants_warning)
}

/// The name of a login that `visit` begins, if it does.
pub(super) fn name(visit: &Visit<'_>) -> Option<String> {
    let body: Map<String, Value> = serde_json::from_slice(visit.ask.body()).ok()?;
    let name = text(&body, "username");
    (!name.is_empty() && text(&body, "stateToken").is_empty()).then(|| name.to_owned())
}

/// `POST /api/v1/authn/cancel`: ends a login under way.
pub(super) fn cancel(okta: &mut Okta, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let token = okta.live(visit)?;
    okta.transactions.end(&token);
    Ok(Answer::json(StatusCode::OK, &json!({})))
}

/// `POST /api/v1/authn/previous`: back from a factor to the choice of factors.
pub(super) fn previous(okta: &mut Okta, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let token = okta.live(visit)?;
    let open = okta.transactions.live(&token, visit.now);
    let open = open.ok_or_else(Problem::token)?;
    if !matches!(open.stage, Stage::Challenge(_)) {
        return Err(Problem::not_now());
    }
    open.stage = Stage::Factor;
    show(okta, visit, &token)
}

/// `POST /api/v1/authn/skip`: goes on in spite of a warning.
pub(super) fn skip(okta: &mut Okta, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let token = okta.live(visit)?;
    let open = okta.transactions.live(&token, visit.now);
    let open = open.ok_or_else(Problem::token)?;
    if !matches!(open.stage, Stage::Warn) {
        return Err(Problem::not_now());
    }
    let at = open.account;
    let account = okta.directory.account(at);
    if account.is_some_and(|account| account.user.factors.is_empty()) {
        okta.transactions.end(&token);
        return Ok(succeed(okta, visit, at));
    }
    open.stage = Stage::Factor;
    show(okta, visit, &token)
}

/// Shows a login under way as it stands.
pub(super) fn show(okta: &mut Okta, visit: &Visit<'_>, token: &Hidden) -> Result<Answer, Problem> {
    let open = okta.transactions.live(token, visit.now);
    let open = open.ok_or_else(Problem::token)?;
    let account = okta.directory.account(open.account);
    let account = account.ok_or_else(Problem::token)?;
    let body = form::transaction(open, token, account, visit);
    Ok(Answer::json(StatusCode::OK, &body))
}

/// Lets an account in.
pub(super) fn succeed(okta: &mut Okta, visit: &Visit<'_>, at: usize) -> Answer {
    let token = seed::name(&mut okta.rng, "20111", 40);
    let expires = visit.now.plus(okta.config.token_life);
    let mut user = Value::Null;
    if let Some(account) = okta.directory.account_mut(at) {
        account.succeed(visit.now);
        user = form::person(account);
    }
    let body = json!({
        "status": "SUCCESS",
        "sessionToken": token,
        "expiresAt": visit.told(expires),
        "_embedded": { "user": user },
        "_links": { "cancel": visit.post("cancel") },
    });
    Answer::json(StatusCode::OK, &body)
}

fn check(
    okta: &mut Okta,
    visit: &Visit<'_>,
    at: usize,
    password: &str,
    wants_warning: bool,
) -> Result<Answer, Problem> {
    let config = &okta.config;
    let account = okta.directory.account_mut(at).ok_or_else(Problem::login)?;
    let state = account.state(visit.now, config.locked_for);
    // A lock is seen before the password, so it tells nothing about that.
    if state == State::LockedOut {
        if config.hides_lockouts || account.user.hides_lockout {
            return Err(Problem::login());
        }
        return Ok(locked(visit));
    }
    if password.is_empty() || account.user.password.expose() != password {
        account.fail(config.failures_to_lock, visit.now);
        return Err(Problem::login());
    }
    let stage = match state {
        State::PasswordWarn if wants_warning => Stage::Warn,
        State::Active | State::PasswordWarn if account.user.factors.is_empty() => {
            return Ok(succeed(okta, visit, at));
        }
        State::Active | State::PasswordWarn => Stage::Factor,
        State::PasswordExpired => Stage::Expired,
        State::MfaEnroll => Stage::Enroll,
        State::MfaEnrollActivate => Stage::Activate,
        State::Recovery => Stage::Recovery,
        State::PasswordReset => Stage::Reset,
        State::Suspended | State::Deprovisioned | State::Staged | State::LockedOut => {
            return Err(Problem::login());
        }
    };
    let token = Hidden::new(seed::name(&mut okta.rng, "00", 40));
    okta.transactions.begin(token.clone(), at, stage, visit.now);
    show(okta, visit, &token)
}

fn locked(visit: &Visit<'_>) -> Answer {
    let unlock = visit.named("unlock", "recovery/unlock");
    let body = json!({
        "status": "LOCKED_OUT",
        "_embedded": {},
        "_links": { "next": unlock },
    });
    Answer::json(StatusCode::OK, &body)
}
