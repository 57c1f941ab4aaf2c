//! Groups and who is in them.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::answer::{Answer, Code, Problem};
use super::operation::{Operation, Query};
use super::page::{Filter, Paging};
use super::role::{Role, Roles, RolesOf, roles_of_group};
use super::seed::uuid;
use super::store::{Group, Status, Store};
use super::table::Table;
use super::users;
use super::visit::Visit;

/// The operations on groups.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("listGroups", Method::GET, "groups", list)
        .asks(Roles::ADMINS)
        .query(&[Query::Text("contains"), Query::Text("id")])
        .pages("Group")
        .shown_by("every_list_is_paged"),
    Operation::write("createGroup", Method::POST, "groups", create)
        .asks(Roles::of(&[Role::PamAdmin]))
        .takes("GroupCreate")
        .gives(StatusCode::CREATED, "Group")
        .or(&[Code::ResourceAlreadyExists])
        .shown_by("group_is_made_changed_and_deleted"),
    Operation::read("getGroup", Method::GET, "groups/{group_name}", get)
        .asks(Roles::ADMINS)
        .gives(StatusCode::OK, "Group")
        .shown_by("group_is_made_changed_and_deleted"),
    Operation::write("updateGroup", Method::PUT, "groups/{group_name}", update)
        .asks(Roles::of(&[Role::PamAdmin]))
        .takes("GroupUpdate")
        .gives_nothing()
        .shown_by("group_is_made_changed_and_deleted"),
    Operation::write("deleteGroup", Method::DELETE, "groups/{group_name}", delete)
        .asks(Roles::of(&[Role::PamAdmin]))
        .gives_nothing()
        .or(&[Code::ForbiddenError])
        .shown_by("group_is_made_changed_and_deleted"),
    Operation::read("listGroupUsers", Method::GET, MEMBERS, members)
        .asks(Roles::ADMINS)
        .query(&[
            Query::Text("contains"),
            Query::Text("starts_with"),
            Query::Words("status", &["ACTIVE", "DISABLED", "DELETED"]),
        ])
        .pages("User")
        .shown_by("membership_is_seen_from_the_group_and_from_the_user"),
    Operation::write("addUserToGroup", Method::POST, MEMBERS, join)
        .asks(Roles::of(&[Role::PamAdmin]))
        .takes("GroupMember")
        .gives_nothing()
        .shown_by("membership_is_seen_from_the_group_and_from_the_user"),
    Operation::write("removeUserFromGroup", Method::DELETE, MEMBER, leave)
        .asks(Roles::of(&[Role::PamAdmin]))
        .gives_nothing()
        .shown_by("membership_is_seen_from_the_group_and_from_the_user"),
];

/// Lists all groups.
fn list(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let filter = Filter::read(visit.ask);
    let page = Paging::read(visit)?;
    let page = page.of(&store.groups, |group| filter.admits(group.id, &group.name))?;
    Ok(page.answer(visit.ask, |group| view(store, group)))
}

/// Shows one.
fn get(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let group = find(store, visit)?;
    Ok(Answer::json(StatusCode::OK, &view(store, group)))
}

/// Makes one.
fn create(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let name = visit.text("name").to_owned();
    if store.groups.by_name(&name).is_some() {
        return Err(Problem::new(
            Code::ResourceAlreadyExists,
            "name: taken by another group",
        ));
    }
    store.quota.allows(store.groups.made())?;
    let group = Group {
        id: uuid(&mut store.rng),
        name,
        made: visit.now,
        roles: roles(visit),
        members: Table::default(),
    };
    let answer = Answer::json(StatusCode::CREATED, &view(store, &group));
    store.add_group(group);
    Ok(answer)
}

/// Sets the roles of one.
fn update(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let group = find_mut(store, visit)?;
    if visit.body.contains_key("roles") {
        group.roles = roles(visit);
    }
    Ok(Answer::no_content())
}

/// Deletes one; its members stay, and policies that name it say that it is missing.
fn delete(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let group = find(store, visit)?;
    if BUILT_IN.contains(&group.name.as_str()) {
        return Err(Problem::new(
            Code::ForbiddenError,
            "This group cannot be deleted",
        ));
    }
    let id = group.id;
    store.remove_group(id);
    Ok(Answer::no_content())
}

/// Lists the members of one.
fn members(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let group = find(store, visit)?;
    let filter = Filter::read(visit.ask);
    let statuses = users::statuses(visit)?;
    let page = Paging::read(visit)?.of(&group.members, |member| {
        let user = store.users.by_id(member.user);
        user.is_some_and(|user| {
            statuses.contains(&user.status) && filter.admits(user.id, &user.name)
        })
    })?;
    let roles = RolesOf::new(store);
    Ok(page.answer(visit.ask, |member| {
        let user = store.users.by_id(member.user);
        user.map(|user| users::view(&roles, user))
    }))
}

/// Takes a user into one; who is in already stays in.
fn join(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let user = store.users.by_name(visit.text("name"));
    let user = user.filter(|user| user.status != Status::Deleted);
    let user = user.map(|user| user.id);
    let group = find(store, visit)?.id;
    store.join(group, user.ok_or_else(Problem::missing)?);
    Ok(Answer::no_content())
}

/// Takes a user out of one.
fn leave(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let user = store.users.by_name(visit.argument("user_name"));
    let user = user.map(|user| user.id).ok_or_else(Problem::missing)?;
    let group = find(store, visit)?.id;
    if !store.leave(group, user) {
        return Err(Problem::missing());
    }
    Ok(Answer::no_content())
}

/// Shows a group.
pub(super) fn view(store: &Store, group: &Group) -> Value {
    let roles = roles_of_group(store, group).into_iter();
    let roles: Vec<_> = roles.map(Role::as_str).collect();
    json!({ "id": group.id, "name": group.name, "roles": roles, "deleted_at": null })
}

/// The group that the path names.
pub(super) fn find<'a>(store: &'a Store, visit: &Visit<'_>) -> Result<&'a Group, Problem> {
    let group = store.groups.by_name(visit.argument("group_name"));
    group.ok_or_else(Problem::missing)
}

fn find_mut<'a>(store: &'a mut Store, visit: &Visit<'_>) -> Result<&'a mut Group, Problem> {
    let group = store.groups.by_name_mut(visit.argument("group_name"));
    group.ok_or_else(Problem::missing)
}

fn roles(visit: &Visit<'_>) -> Vec<Role> {
    let roles = visit.body.get("roles").and_then(Value::as_array);
    let roles = roles.into_iter().flatten();
    roles
        .filter_map(|role| Role::named(role.as_str()?))
        .collect()
}

const MEMBERS: &str = "groups/{group_name}/users";

const MEMBER: &str = "groups/{group_name}/users/{user_name}";

/// The groups that every team has.
const BUILT_IN: [&str; 2] = ["everyone", "owners"];
