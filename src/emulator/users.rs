//! Users of both kinds: service users, which the API makes and ends, and people, whom it only shows.

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Code, Problem};
use super::fields;
use super::page::{Filter, Paging, values};
use super::seed;
use super::store::{Kind, Status, Store, User};
use super::world::Visit;

/// Lists the users of one kind, or of both if `kind` is `None`.
///
/// Those deleted are shown only to who asks for their status.
pub(super) fn list(
    store: &Store,
    visit: &Visit<'_>,
    kind: Option<Kind>,
) -> Result<Answer, Problem> {
    let filter = Filter::read(visit.ask);
    let statuses = statuses(visit)?;
    let page = Paging::read(visit.ask, visit.page_size)?.of(&store.users, |user| {
        kind.is_none_or(|kind| user.kind == kind)
            && statuses.contains(&user.status)
            && filter.admits(user.id, &user.name)
    })?;
    Ok(page.answer(visit.ask, |user| view(store, user)))
}

/// The kinds that the list of people has, which takes service users in on demand.
pub(super) fn kinds(visit: &Visit<'_>) -> Result<Option<Kind>, Problem> {
    let with_service_users = visit.ask.flag("include_service_users")?;
    Ok((!with_service_users).then_some(Kind::Human))
}

/// Shows one user.
pub(super) fn get(store: &Store, kind: Kind, name: &str) -> Result<Answer, Problem> {
    let user = find(store, kind, name)?;
    Ok(Answer::json(StatusCode::OK, &view(store, user)))
}

/// Shows one user by id.
pub(super) fn get_by_id(store: &Store, id: &str) -> Result<Answer, Problem> {
    let user = id.parse().ok().and_then(|id| store.users.by_id(id));
    let user = user.ok_or_else(Problem::missing)?;
    Ok(Answer::json(StatusCode::OK, &view(store, user)))
}

/// Shows who asks.
pub(super) fn current(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let user = store.users.by_id(visit.user).ok_or_else(Problem::missing)?;
    let body = json!({ "id": user.id, "name": user.name, "team_name": store.team });
    Ok(Answer::json(StatusCode::OK, &body))
}

/// Makes a service user; a name once used is used for ever.
pub(super) fn create(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let name = fields::name(&visit.ask.object()?)?;
    if store.users.by_name(&name).is_some() {
        return Err(Problem::new(
            Code::ResourceAlreadyExists,
            "name: taken by another user",
        ));
    }
    let user = seed::user(&mut store.rng, Kind::Service, name);
    let answer = Answer::json(StatusCode::CREATED, &view(store, &user));
    store.users.push(user);
    Ok(answer)
}

/// Sets the status of a service user, which must not be the one that asks.
pub(super) fn update(store: &mut Store, visit: &Visit<'_>, name: &str) -> Result<Answer, Problem> {
    let id = find(store, Kind::Service, name)?.id;
    let body = visit.ask.object()?;
    let status = status(body.get("status").unwrap_or(&Value::Null))?;
    if id == visit.user && status != Status::Active {
        return Err(Problem::new(
            Code::ForbiddenError,
            "status: nobody disables or deletes their own account",
        ));
    }
    let user = store.users.by_id_mut(id).ok_or_else(Problem::missing)?;
    if user.status == Status::Deleted && status != Status::Deleted {
        return Err(Problem::invalid("status: the user is deleted"));
    }
    if status == Status::Deleted {
        user.deleted_at.get_or_insert(visit.now);
    }
    user.status = status;
    let user = store.users.by_id(id).ok_or_else(Problem::missing)?;
    Ok(Answer::json(StatusCode::OK, &view(store, user)))
}

/// Lists the groups of a user.
pub(super) fn groups(store: &Store, visit: &Visit<'_>, name: &str) -> Result<Answer, Problem> {
    let user = store.users.by_name(name).ok_or_else(Problem::missing)?;
    let filter = Filter::read(visit.ask);
    let page = Paging::read(visit.ask, visit.page_size)?.of(&store.groups, |group| {
        group.members.by_id(user.id).is_some() && filter.admits(group.id, &group.name)
    })?;
    Ok(page.answer(visit.ask, super::groups::view))
}

/// The user of a kind that has this name.
pub(super) fn find<'a>(store: &'a Store, kind: Kind, name: &str) -> Result<&'a User, Problem> {
    let user = store.users.by_name(name);
    let user = user.filter(|user| user.kind == kind);
    user.ok_or_else(Problem::missing)
}

/// The statuses that a list asks for.
pub(super) fn statuses(visit: &Visit<'_>) -> Result<Vec<Status>, Problem> {
    let wanted = values(visit.ask, "status");
    if wanted.is_empty() {
        return Ok(vec![Status::Active, Status::Disabled]);
    }
    let wanted = wanted.into_iter();
    wanted.map(|text| status(&Value::String(text))).collect()
}

fn status(value: &Value) -> Result<Status, Problem> {
    serde_json::from_value(value.clone())
        .map_err(|_| Problem::invalid("status: not ACTIVE, DISABLED or DELETED"))
}

/// A user as the API shows it.
#[derive(Debug, Serialize)]
pub(super) struct View<'a> {
    deleted_at: Option<String>,
    details: Option<Details>,
    id: Uuid,
    name: &'a str,
    status: Status,
    team_name: &'a str,
    user_type: Kind,
}

#[derive(Debug, Serialize)]
struct Details {
    email: String,
    first_name: String,
    last_name: String,
    full_name: String,
}

/// Shows a user.
pub(super) fn view<'a>(store: &'a Store, user: &'a User) -> View<'a> {
    let details = (user.kind == Kind::Human).then(|| Details {
        email: format!("{}@example.com", user.id),
        first_name: "Ada".to_owned(),
        last_name: user.name.clone(),
        full_name: format!("Ada {}", user.name),
    });
    View {
        deleted_at: user.deleted_at.map(super::clock::Time::rfc3339),
        details,
        id: user.id,
        name: &user.name,
        status: user.status,
        team_name: &store.team,
        user_type: user.kind,
    }
}
