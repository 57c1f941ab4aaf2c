//! People and their groups, for those who show the API token.

use http::header::LINK;
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use super::super::answer::Answer;
use super::problem::Problem;
use super::visit::Visit;
use super::{Okta, form};

/// `GET /api/v1/users/{id, login or me}`
pub(super) fn get(okta: &mut Okta, visit: &Visit<'_>, name: &str) -> Result<Answer, Problem> {
    let at = find(okta, visit, name)?;
    let account = okta.directory.account(at);
    let account = account.ok_or_else(|| missing(name))?;
    Ok(Answer::json(StatusCode::OK, &form::user(account, visit)))
}

/// `GET /api/v1/users/{id, login or me}/groups`: a page, in the order of the ids.
///
/// `after` is the id of the last group before the page, whether that is still there or not.
pub(super) fn groups(okta: &mut Okta, visit: &Visit<'_>, name: &str) -> Result<Answer, Problem> {
    let most = okta.config.page_size.max(1);
    let limit = visit.ask.param("limit").map(|limit| limit.parse::<usize>());
    let limit = match limit {
        None => most,
        Some(Ok(limit)) if limit > 0 => limit.min(most),
        Some(_) => return Err(Problem::invalid("limit", "limit: not a number above 0")),
    };
    let after = visit.ask.param("after").unwrap_or_default();
    let at = find(okta, visit, name)?;
    let account = okta.directory.account(at);
    let account = account.ok_or_else(|| missing(name))?;
    let groups = okta.directory.groups(account);
    let rest = groups
        .iter()
        .skip_while(|(id, _)| !after.is_empty() && *id <= &*after);
    let mut rest = rest.peekable();
    let page: Vec<_> = rest.by_ref().take(limit).collect();
    let rows: Vec<Value> = page
        .iter()
        .map(|(id, name)| form::group(id, name, visit))
        .collect();
    let mut answer = Answer::json(StatusCode::OK, &rows);
    let path = format!("{}/api/v1/users/{}/groups", visit.origin, account.id);
    let own = match &*after {
        "" => format!("{path}?limit={limit}"),
        after if after.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            format!("{path}?after={after}&limit={limit}")
        }
        _ => path.clone(),
    };
    link(&mut answer, &own, "self");
    if let Some((last, _)) = page.last().filter(|_| rest.peek().is_some()) {
        link(
            &mut answer,
            &format!("{path}?after={last}&limit={limit}"),
            "next",
        );
    }
    Ok(answer)
}

/// Where the account of a name is, brought up to now; only for those who show the API token.
fn find(okta: &mut Okta, visit: &Visit<'_>, name: &str) -> Result<usize, Problem> {
    if !visit.shown().is_some_and(|shown| okta.is_api_token(&shown)) {
        return Err(Problem::token());
    }
    let at = okta.directory.find(name);
    let at = at.ok_or_else(|| missing(name))?;
    if let Some(account) = okta.directory.account_mut(at) {
        account.state(visit.now, okta.config.locked_for);
    }
    Ok(at)
}

fn missing(name: &str) -> Problem {
    Problem::missing(name, "User")
}

/// Adds a line `Link`, as Okta has one for each.
fn link(answer: &mut Answer, url: &str, relation: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("<{url}>; rel=\"{relation}\"")) {
        answer.headers.append(LINK, value);
    }
}
