//! The second step of a login: a push or a one-time code.

use super::super::answer::Answer;
use super::authn::{show, succeed};
use super::problem::Problem;
use super::transaction::{Challenge, Push, Stage};
use super::user::{Kind, State, Verdict};
use super::visit::{Visit, text};
use super::{Okta, totp};

/// `POST /api/v1/authn/factors/{id}/verify`: sends a push, asks after it, or shows a code.
pub(super) fn verify(okta: &mut Okta, visit: &Visit<'_>, id: &str) -> Result<Answer, Problem> {
    let (at, kind) = choose(okta, visit, id)?;
    let token = okta.live(visit)?;
    match kind {
        Kind::Totp => {
            let body = visit.body()?;
            let shown = text(&body, "passCode");
            if shown.is_empty() {
                set(okta, visit, id, None)?;
                return show(okta, visit, &token);
            }
            check(okta, visit, at, id, shown)?;
        }
        Kind::Push => {
            if !poll(okta, visit, at, id)? {
                return show(okta, visit, &token);
            }
        }
    }
    okta.transactions.end(&token);
    Ok(succeed(okta, visit, at))
}

/// `POST /api/v1/authn/factors/{id}/verify/resend`: sends a push once more.
pub(super) fn resend(okta: &mut Okta, visit: &Visit<'_>, id: &str) -> Result<Answer, Problem> {
    let (_, kind) = choose(okta, visit, id)?;
    if kind != Kind::Push {
        return Err(Problem::not_now());
    }
    let token = okta.live(visit)?;
    send(okta, visit, id)?;
    show(okta, visit, &token)
}

/// Finds the account of a login that waits for a factor, and the kind of the one that is named.
fn choose(okta: &mut Okta, visit: &Visit<'_>, id: &str) -> Result<(usize, Kind), Problem> {
    okta.may_log_in(visit)?;
    if visit.shown().is_some() && okta.config.api_token_is_read_only {
        return Err(Problem::forbidden());
    }
    let token = okta.live(visit)?;
    let open = okta.transactions.live(&token, visit.now);
    let open = open.ok_or_else(Problem::token)?;
    if !matches!(open.stage, Stage::Factor | Stage::Challenge(_)) {
        return Err(Problem::not_now());
    }
    let at = open.account;
    let locked_for = okta.config.locked_for;
    let account = okta.directory.account_mut(at).ok_or_else(Problem::token)?;
    match account.state(visit.now, locked_for) {
        State::Active | State::PasswordWarn => {}
        State::LockedOut => return Err(Problem::locked()),
        State::PasswordExpired
        | State::MfaEnroll
        | State::MfaEnrollActivate
        | State::Recovery
        | State::PasswordReset
        | State::Suspended
        | State::Deprovisioned
        | State::Staged => return Err(Problem::not_now()),
    }
    let factor = account.factor_mut(id);
    let (factor, _) = factor.ok_or_else(|| Problem::missing(id, "UserFactor"))?;
    Ok((at, factor.kind))
}

/// Checks a code, each of which is good once.
fn check(
    okta: &mut Okta,
    visit: &Visit<'_>,
    at: usize,
    id: &str,
    shown: &str,
) -> Result<(), Problem> {
    let account = okta.directory.account_mut(at).ok_or_else(Problem::token)?;
    let factor = account.factor_mut(id);
    let (factor, held) = factor.ok_or_else(|| Problem::missing(id, "UserFactor"))?;
    let step = totp::step_of(&factor.secret, shown, visit.now);
    if let Some(step) = step.filter(|step| held.last_step.is_none_or(|last| last < *step)) {
        held.last_step = Some(step);
        return Ok(());
    }
    account.fail(okta.config.failures_to_lock, visit.now);
    Err(Problem::passcode(if step.is_some() {
        "Each code can only be used once. Please wait for a new code and try again."
    } else {
        "Your passcode doesn't match our records. Please try again."
    }))
}

/// Asks after the push of a factor, or sends one if none is on its way; says whether it is approved.
fn poll(okta: &mut Okta, visit: &Visit<'_>, at: usize, id: &str) -> Result<bool, Problem> {
    let token = okta.live(visit)?;
    let account = okta.directory.account_mut(at).ok_or_else(Problem::token)?;
    let factor = account.factor_mut(id);
    let (factor, _) = factor.ok_or_else(|| Problem::missing(id, "UserFactor"))?;
    let open = okta.transactions.live(&token, visit.now);
    let open = open.ok_or_else(Problem::token)?;
    if let Stage::Challenge(challenge) = &mut open.stage
        && challenge.factor == id
        && let Some(push) = challenge.push.as_mut()
        && push.ended.is_none()
    {
        push.poll(&factor.script, okta.config.push_life, visit.now);
        return Ok(push.ended == Some(Verdict::Approve));
    }
    send(okta, visit, id)?;
    Ok(false)
}

fn send(okta: &mut Okta, visit: &Visit<'_>, id: &str) -> Result<(), Problem> {
    let push = Push::new(visit.now, okta.rng.u8(10..100));
    set(okta, visit, id, Some(push))
}

fn set(okta: &mut Okta, visit: &Visit<'_>, id: &str, push: Option<Push>) -> Result<(), Problem> {
    let token = okta.live(visit)?;
    let open = okta.transactions.live(&token, visit.now);
    let open = open.ok_or_else(Problem::token)?;
    let factor = id.to_owned();
    open.stage = Stage::Challenge(Challenge { factor, push });
    Ok(())
}
