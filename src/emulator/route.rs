//! Which operation a request is: the emulator's own table, as one match on the decoded path.

use http::Method;

use super::answer::{Answer, Code, Problem};
use super::store::{Kind, Store};
use super::world::Visit;
use super::{groups, keys, policies, resource_groups, users};

/// Carries out what is asked of the team.
pub(super) fn route(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let parts = visit.ask.parts();
    match parts.as_slice() {
        ["v1", "teams", _, "service_users", rest @ ..] => service_users(store, visit, rest),
        ["v1", "teams", _, "groups", rest @ ..] => groups(store, visit, rest),
        ["v1", "teams", _, "security_policy", rest @ ..] => policies(store, visit, rest),
        ["v1", "teams", _, "resource_groups", rest @ ..] => resource_groups(store, visit, rest),
        ["v1", "teams", _, "projects", ..] => {
            Err(Problem::new(Code::AuthorizationError, "Missing capability"))
        }
        ["v1", "teams", _, rest @ ..] => people(store, visit, rest),
        _ => Err(Problem::missing()),
    }
}

fn service_users(store: &mut Store, visit: &Visit<'_>, rest: &[&str]) -> Result<Answer, Problem> {
    match (rest, &visit.ask.method) {
        ([], &Method::GET) => users::list(store, visit, Some(Kind::Service)),
        ([], &Method::POST) => users::create(store, visit),
        ([name], &Method::GET) => users::get(store, Kind::Service, name),
        ([name], &Method::PUT) => users::update(store, visit, name),
        ([name, "keys"], &Method::GET) => keys::list(store, name),
        ([name, "keys"], &Method::POST) => keys::rotate(store, visit, name),
        ([name, "keys", key], &Method::DELETE) => keys::delete(store, name, key),
        ([] | [_] | [_, "keys"] | [_, "keys", _], _) => Err(not_allowed()),
        _ => Err(Problem::missing()),
    }
}

fn groups(store: &mut Store, visit: &Visit<'_>, rest: &[&str]) -> Result<Answer, Problem> {
    match (rest, &visit.ask.method) {
        ([], &Method::GET) => groups::list(store, visit),
        ([], &Method::POST) => groups::create(store, visit),
        ([name], &Method::GET) => groups::get(store, name),
        ([name], &Method::PUT) => groups::update(store, visit, name),
        ([name], &Method::DELETE) => groups::delete(store, name),
        ([name, "users"], &Method::GET) => groups::members(store, visit, name),
        ([name, "users"], &Method::POST) => groups::join(store, visit, name),
        ([name, "users", user], &Method::DELETE) => groups::leave(store, name, user),
        ([] | [_] | [_, "users"] | [_, "users", _], _) => Err(not_allowed()),
        _ => Err(Problem::missing()),
    }
}

fn policies(store: &mut Store, visit: &Visit<'_>, rest: &[&str]) -> Result<Answer, Problem> {
    match (rest, &visit.ask.method) {
        ([], &Method::GET) => policies::list(store, visit),
        ([], &Method::POST) => policies::create(store, visit),
        ([id], &Method::GET) => policies::get(store, id),
        ([id], &Method::PUT) => policies::update(store, visit, id),
        ([id], &Method::DELETE) => policies::delete(store, id),
        ([] | [_], _) => Err(not_allowed()),
        _ => Err(Problem::missing()),
    }
}

fn resource_groups(store: &mut Store, visit: &Visit<'_>, rest: &[&str]) -> Result<Answer, Problem> {
    match (rest, &visit.ask.method) {
        ([], &Method::GET) => resource_groups::list(store, visit),
        ([], &Method::POST) => resource_groups::create(store, visit),
        ([id], &Method::GET) => resource_groups::get(store, id),
        ([id], &Method::PUT) => resource_groups::update(store, visit, id),
        ([id], &Method::DELETE) => resource_groups::delete(store, id),
        ([] | [_], _) => Err(not_allowed()),
        _ => Err(Problem::missing()),
    }
}

fn people(store: &Store, visit: &Visit<'_>, rest: &[&str]) -> Result<Answer, Problem> {
    let is_read = visit.ask.is_read();
    match rest {
        ["users"] if is_read => users::list(store, visit, users::kinds(visit)?),
        ["users", name] if is_read => users::get(store, Kind::Human, name),
        ["users", name, "groups"] if is_read => users::groups(store, visit, name),
        ["users_by_id", id] if is_read => users::get_by_id(store, id),
        ["current_user"] if is_read => users::current(store, visit),
        ["users" | "current_user" | "service_token"]
        | ["users" | "users_by_id", _]
        | ["users", _, "groups"] => Err(not_allowed()),
        _ => Err(Problem::missing()),
    }
}

fn not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, "The path does not have this method")
}
