//! Groups and who is in them.

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Answer, Code, Problem};
use super::fields::{self, Object};
use super::page::{Filter, Paging};
use super::seed::uuid;
use super::store::{Group, Member, Store};
use super::table::Table;
use super::users;
use super::world::Visit;

/// Lists all groups.
pub(super) fn list(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let filter = Filter::read(visit.ask);
    let page = Paging::read(visit.ask, visit.page_size)?;
    let page = page.of(&store.groups, |group| filter.admits(group.id, &group.name))?;
    Ok(page.answer(visit.ask, view))
}

/// Shows one.
pub(super) fn get(store: &Store, name: &str) -> Result<Answer, Problem> {
    let group = store.groups.by_name(name).ok_or_else(Problem::missing)?;
    Ok(Answer::json(StatusCode::OK, &view(group)))
}

/// Makes one.
pub(super) fn create(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let body = visit.ask.object()?;
    let name = fields::name(&body)?;
    let roles = roles(&body)?;
    if store.groups.by_name(&name).is_some() {
        return Err(Problem::new(
            Code::ResourceAlreadyExists,
            "name: taken by another group",
        ));
    }
    let group = Group {
        id: uuid(&mut store.rng),
        name,
        roles,
        members: Table::default(),
    };
    let answer = Answer::json(StatusCode::CREATED, &view(&group));
    store.groups.push(group);
    Ok(answer)
}

/// Sets the roles of one.
pub(super) fn update(store: &mut Store, visit: &Visit<'_>, name: &str) -> Result<Answer, Problem> {
    let group = find_mut(store, name)?;
    group.roles = roles(&visit.ask.object()?)?;
    Ok(Answer::no_content())
}

/// Deletes one; its members stay, and policies that name it say that it is missing.
pub(super) fn delete(store: &mut Store, name: &str) -> Result<Answer, Problem> {
    let group = store.groups.by_name(name).ok_or_else(Problem::missing)?;
    if BUILT_IN.contains(&name) {
        return Err(Problem::new(
            Code::ForbiddenError,
            "This group cannot be deleted",
        ));
    }
    store.groups.remove(group.id);
    Ok(Answer::no_content())
}

/// Lists the members of one.
pub(super) fn members(store: &Store, visit: &Visit<'_>, name: &str) -> Result<Answer, Problem> {
    let group = store.groups.by_name(name).ok_or_else(Problem::missing)?;
    let filter = Filter::read(visit.ask);
    let statuses = users::statuses(visit)?;
    let page = Paging::read(visit.ask, visit.page_size)?.of(&group.members, |member| {
        let user = store.users.by_id(member.user);
        user.is_some_and(|user| {
            statuses.contains(&user.status) && filter.admits(user.id, &user.name)
        })
    })?;
    Ok(page.answer(visit.ask, |member| {
        let user = store.users.by_id(member.user);
        user.map(|user| users::view(store, user))
    }))
}

/// Takes a user into one; who is in already stays in.
pub(super) fn join(store: &mut Store, visit: &Visit<'_>, name: &str) -> Result<Answer, Problem> {
    let user = fields::name(&visit.ask.object()?)?;
    let user = store.users.by_name(&user).map(|user| user.id);
    let group = find_mut(store, name)?;
    let user = user.ok_or_else(Problem::missing)?;
    if group.members.by_id(user).is_none() {
        group.members.push(Member { user });
    }
    Ok(Answer::no_content())
}

/// Takes a user out of one.
pub(super) fn leave(store: &mut Store, name: &str, user: &str) -> Result<Answer, Problem> {
    let user = store.users.by_name(user).map(|user| user.id);
    let user = user.ok_or_else(Problem::missing)?;
    let member = find_mut(store, name)?.members.remove(user);
    member.ok_or_else(Problem::missing)?;
    Ok(Answer::no_content())
}

/// Shows a group.
pub(super) fn view(group: &Group) -> Value {
    json!({ "id": group.id, "name": group.name, "roles": group.roles, "deleted_at": null })
}

fn find_mut<'a>(store: &'a mut Store, name: &str) -> Result<&'a mut Group, Problem> {
    let group = store.groups.by_name_mut(name);
    group.ok_or_else(Problem::missing)
}

fn roles(body: &Object) -> Result<Vec<String>, Problem> {
    let roles = fields::list(body, "roles")?.iter();
    let roles = roles.map(|role| {
        let role = role.as_str().filter(|role| ROLES.contains(role));
        let role = role.ok_or_else(|| Problem::invalid("roles: not a role"))?;
        Ok(role.to_owned())
    });
    roles.collect()
}

/// The groups that every team has.
const BUILT_IN: [&str; 2] = ["everyone", "owners"];

const ROLES: [&str; 5] = [
    "pam_admin",
    "resource_admin",
    "security_admin",
    "delegated_resource_admin",
    "end_user",
];
