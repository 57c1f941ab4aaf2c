//! Users of both kinds: service users, which the API makes and ends, and people, whom it only shows.

mod view;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::answer::{Answer, Code, Problem};
use super::operation::{Operation, Query};
use super::page::{Filter, Paging, values};
use super::role::{Role, Roles, RolesOf};
use super::seed;
use super::store::{Kind, Status, Store, User};
use super::visit::Visit;

pub(super) use self::view::view;

/// The operations on service users themselves.
pub(super) const SERVICE_USERS: &[Operation] = &[
    Operation::read(
        "listServiceUsers",
        Method::GET,
        "service_users",
        list_service_users,
    )
    .asks(Roles::ADMINS)
    .query(FILTERS)
    .pages("User")
    .specified()
    .shown_by("service_users_are_listed_by_every_parameter"),
    Operation::write("createServiceUser", Method::POST, "service_users", create)
        .asks(Roles::of(&[Role::ResourceAdmin]))
        .takes("ServiceUserCreate")
        .gives(StatusCode::CREATED, "User")
        .or(&[Code::ResourceAlreadyExists])
        .specified()
        .shown_by("service_user_is_made_shown_disabled_and_deleted"),
    Operation::read(
        "getServiceUser",
        Method::GET,
        "service_users/{user_name}",
        get_service_user,
    )
    .asks(Roles::ADMINS)
    .gives(StatusCode::OK, "User")
    .specified()
    .shown_by("service_user_is_made_shown_disabled_and_deleted"),
    Operation::write(
        "updateServiceUser",
        Method::PUT,
        "service_users/{user_name}",
        update,
    )
    .asks(Roles::of(&[Role::ResourceAdmin]))
    .takes("UserUpdate")
    .gives(StatusCode::OK, "User")
    .or(&[Code::ForbiddenError])
    .specified()
    .shown_by("nobody_disables_or_deletes_their_own_account"),
];

/// The operations on users of either kind.
pub(super) const USERS: &[Operation] = &[
    Operation::read("listUsers", Method::GET, "users", list_people)
        .asks(Roles::ADMINS)
        .query(FILTERS)
        .pages("User")
        .shown_by("lists_are_filtered_by_name_id_and_kind"),
    Operation::read("getUser", Method::GET, "users/{user_name}", get_person)
        .asks(Roles::ADMINS)
        .gives(StatusCode::OK, "User")
        .shown_by("person_is_shown_by_name_and_by_id"),
    Operation::write(
        "updateUser",
        Method::PUT,
        "users/{user_name}",
        update_person,
    )
    .asks(Roles::of(&[Role::PamAdmin]))
    .takes("UserUpdate")
    .gives(StatusCode::OK, "User")
    .or(&[Code::ForbiddenError])
    .shown_by("person_is_disabled"),
    Operation::read(
        "getUserById",
        Method::GET,
        "users_by_id/{user_id}",
        get_by_id,
    )
    .asks(Roles::ADMINS)
    .gives(StatusCode::OK, "User")
    .shown_by("person_is_shown_by_name_and_by_id"),
    Operation::read(
        "listUserGroups",
        Method::GET,
        "users/{user_name}/groups",
        groups,
    )
    .asks(Roles::ADMINS)
    .query(&[Query::Text("contains"), Query::Text("id")])
    .pages("Group")
    .shown_by("membership_is_seen_from_the_group_and_from_the_user"),
    Operation::read("getCurrentUser", Method::GET, "current_user", current)
        .gives(StatusCode::OK, "CurrentUser")
        .shown_by("everybody_may_ask_who_they_are"),
];

/// What lists of users are filtered by.
const FILTERS: &[Query] = &[
    Query::Text("contains"),
    Query::Text("starts_with"),
    Query::Text("id"),
    // A string in the specification, unlike all other switches.
    Query::Text("include_service_users"),
    Query::Words("status", &["ACTIVE", "DISABLED", "DELETED"]),
];

fn list_service_users(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    list(store, visit, Some(Kind::Service))
}

/// Lists people, and service users on demand.
fn list_people(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let included = visit.ask.param("include_service_users");
    let with_service_users = included.is_some_and(|value| value != "false" && value != "0");
    list(store, visit, (!with_service_users).then_some(Kind::Human))
}

/// Lists the users of one kind, or of both if `kind` is `None`.
///
/// Those deleted are shown only to who asks for their status.
fn list(store: &Store, visit: &Visit<'_>, kind: Option<Kind>) -> Result<Answer, Problem> {
    let filter = Filter::read(visit.ask);
    let statuses = statuses(visit)?;
    let page = Paging::read(visit)?.of(&store.users, |user| {
        kind.is_none_or(|kind| user.kind == kind)
            && statuses.contains(&user.status)
            && filter.admits(user.id, &user.name)
    })?;
    let roles = RolesOf::new(store);
    Ok(page.answer(visit.ask, |user| view(&roles, user)))
}

fn get_service_user(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let user = find(store, Kind::Service, visit.argument("user_name"))?;
    Ok(Answer::json(
        StatusCode::OK,
        &view(&RolesOf::new(store), user),
    ))
}

fn get_person(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let user = find(store, Kind::Human, visit.argument("user_name"))?;
    Ok(Answer::json(
        StatusCode::OK,
        &view(&RolesOf::new(store), user),
    ))
}

/// Shows one user by id.
fn get_by_id(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let user = visit
        .argument("user_id")
        .parse()
        .ok()
        .and_then(|id| store.users.by_id(id));
    let user = user.ok_or_else(Problem::missing)?;
    Ok(Answer::json(
        StatusCode::OK,
        &view(&RolesOf::new(store), user),
    ))
}

/// Shows who asks.
fn current(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let user = store.users.by_id(visit.user).ok_or_else(Problem::missing)?;
    let body = json!({ "id": user.id, "name": user.name, "team_name": store.team });
    Ok(Answer::json(StatusCode::OK, &body))
}

/// Makes a service user; a name once used is used for ever.
fn create(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let name = visit.text("name").to_owned();
    if store.users.by_name(&name).is_some() {
        return Err(Problem::new(
            Code::ResourceAlreadyExists,
            "name: taken by another user",
        ));
    }
    store.quota.allows(store.users.made())?;
    let user = seed::user(&mut store.rng, Kind::Service, name);
    let answer = Answer::json(StatusCode::CREATED, &view(&RolesOf::new(store), &user));
    store.users.push(user);
    Ok(answer)
}

/// Sets the status of a service user, which must not be the one that asks.
fn update(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    set_status(store, visit, Kind::Service)
}

/// Sets the status of a person, as clients have it although people come and go by Okta alone.
fn update_person(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    set_status(store, visit, Kind::Human)
}

fn set_status(store: &mut Store, visit: &Visit<'_>, kind: Kind) -> Result<Answer, Problem> {
    let id = find(store, kind, visit.argument("user_name"))?.id;
    let status = status(visit.text("status"))?;
    if id == visit.user && status != Status::Active {
        return Err(Problem::new(
            Code::ForbiddenError,
            "status: nobody disables or deletes their own account",
        ));
    }
    let user = store.users.by_id_mut(id).ok_or_else(Problem::missing)?;
    if user.status == Status::Deleted && status != Status::Deleted {
        let message = "status: who is deleted stays deleted";
        return Err(Problem::new(Code::ForbiddenError, message));
    }
    if status == Status::Deleted {
        user.deleted_at.get_or_insert(visit.now);
    }
    user.status = status;
    if status != Status::Active {
        store.stop(id);
    }
    let user = store.users.by_id(id).ok_or_else(Problem::missing)?;
    Ok(Answer::json(
        StatusCode::OK,
        &view(&RolesOf::new(store), user),
    ))
}

/// Lists the groups of a user.
fn groups(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let user = store.users.by_name(visit.argument("user_name"));
    let user = user.ok_or_else(Problem::missing)?;
    let filter = Filter::read(visit.ask);
    let page = Paging::read(visit)?.of(&store.groups, |group| {
        group.members.by_id(user.id).is_some() && filter.admits(group.id, &group.name)
    })?;
    Ok(page.answer(visit.ask, |group| super::groups::view(store, group)))
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
    wanted.map(|text| status(&text)).collect()
}

fn status(text: &str) -> Result<Status, Problem> {
    serde_json::from_value(Value::from(text))
        .map_err(|_| Problem::invalid("status: not ACTIVE, DISABLED or DELETED"))
}
