//! Resource groups: what they hold goes with them, and the groups that they name administer them.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Code, Problem};
use super::operation::{Operation, Query};
use super::page::{Filter, Paging};
use super::resource::{self, Kind, Resource};
use super::role::{Role, Roles};
use super::seed::uuid;
use super::settings;
use super::store::Store;
use super::visit::Visit;

/// The operations on resource groups.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("listResourceGroups", Method::GET, GROUPS, list)
        .asks(Roles::ADMINS)
        .query(&[Query::Text("contains")])
        .lists("ResourceGroup")
        .shown_by("delegated_admin_sees_only_the_resource_groups_of_own_groups"),
    Operation::write("createResourceGroup", Method::POST, GROUPS, create)
        .asks(Roles::of(&[Role::ResourceAdmin]))
        .takes("ResourceGroupWrite")
        .gives(StatusCode::CREATED, "ResourceGroup")
        .or(&[Code::ResourceAlreadyExists])
        .shown_by("resource_group_is_made_changed_and_deleted"),
    Operation::read("getResourceGroup", Method::GET, GROUP, get)
        .asks(Roles::ADMINS)
        .gives(StatusCode::OK, "ResourceGroup")
        .shown_by("resource_group_is_made_changed_and_deleted"),
    Operation::write("updateResourceGroup", Method::PUT, GROUP, update)
        .asks(Roles::of(&[Role::ResourceAdmin]))
        .takes("ResourceGroupWrite")
        .gives_nothing()
        .or(&[Code::ResourceAlreadyExists])
        .shown_by("resource_group_is_made_changed_and_deleted"),
    Operation::write("deleteResourceGroup", Method::DELETE, GROUP, delete)
        .asks(Roles::of(&[Role::ResourceAdmin]))
        .gives_nothing()
        .shown_by("what_is_in_a_resource_group_goes_with_it"),
];

fn list(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let filter = Filter::read(visit.ask);
    let groups = store.resources.all(Kind::ResourceGroup);
    let page = Paging::read(visit)?.of(groups, |group| {
        filter.admits(group.id, &group.name) && is_open(store, visit, group)
    })?;
    Ok(page.answer(visit.ask, |group| view(store, visit, group)))
}

fn get(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let group = view(store, visit, find(store, visit)?);
    Ok(Answer::json(StatusCode::OK, &group))
}

fn create(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let id = uuid(&mut store.rng);
    let group = read(store, visit, id, &[])?;
    let answer = Answer::json(StatusCode::CREATED, &view(store, visit, &group));
    store.resources.add(Kind::ResourceGroup, group)?;
    Ok(answer)
}

/// Replaces one; a new name counts at once, for resource groups are addressed by id.
fn update(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let older = find(store, visit)?;
    let named: Vec<_> = delegates(older).collect();
    let group = read(store, visit, older.id, &named)?;
    store.resources.replace(Kind::ResourceGroup, group)?;
    Ok(Answer::no_content())
}

/// Deletes one and all that is in it; policies that name any of that say that it is missing.
fn delete(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let id = find(store, visit)?.id;
    store.resources.remove(Kind::ResourceGroup, id);
    settings::sweep(store);
    Ok(Answer::no_content())
}

/// The one that the path names; to a delegated administrator of others it does not exist.
pub(super) fn find<'a>(store: &'a Store, visit: &Visit<'_>) -> Result<&'a Resource, Problem> {
    let id = visit.argument("resource_group_id");
    let group = store.resources.find(Kind::ResourceGroup, id, None)?;
    if !is_open(store, visit, group) {
        return Err(Problem::missing());
    }
    Ok(group)
}

/// Whether the operation may be done in a resource group by the one that asks.
///
/// The role of a delegated administrator counts only where one of the own groups is named, so what
/// is asked besides it decides first.
pub(super) fn is_open(store: &Store, visit: &Visit<'_>, group: &Resource) -> bool {
    let wide = visit.operation.roles.without(Role::DelegatedResourceAdmin);
    visit.roles.meets(wide)
        || delegates(group).any(|id| {
            let group = store.groups.by_id(id);
            group.is_some_and(|group| group.members.by_id(visit.user).is_some())
        })
}

/// Whether any resource group is delegated to a group.
pub(super) fn are_delegated_to(store: &Store, group: Uuid) -> bool {
    let groups = store.resources.all(Kind::ResourceGroup);
    groups
        .iter()
        .any(|resource_group| delegates(resource_group).any(|id| id == group))
}

fn delegates(group: &Resource) -> impl Iterator<Item = Uuid> {
    let named = group.body.get(DELEGATES).and_then(Value::as_array);
    named.into_iter().flatten().filter_map(id_of)
}

fn id_of(named: &Value) -> Option<Uuid> {
    named.get("id")?.as_str()?.parse().ok()
}

/// Reads the body; groups that it names must exist, unless they were `named` before they went.
fn read(store: &Store, visit: &Visit<'_>, id: Uuid, named: &[Uuid]) -> Result<Resource, Problem> {
    let mut body = visit.body.clone();
    body.insert("team_id".to_owned(), json!(store.team_id));
    let group = Resource::new(Kind::ResourceGroup, id, None, body);
    let is_unknown = |id| store.groups.by_id(id).is_none() && !named.contains(&id);
    let unknown = delegates(&group).position(is_unknown);
    if let Some(at) = unknown {
        let message = format!("{DELEGATES}[{at}].id: no such group");
        return Err(Problem::invalid(message));
    }
    Ok(group)
}

/// Shows one; whom it is delegated to is for those who may change that.
fn view(store: &Store, visit: &Visit<'_>, group: &Resource) -> Value {
    let mut shown = resource::view(store, group);
    if let Some(fields) = shown.as_object_mut()
        && !visit.roles.has(Role::ResourceAdmin)
    {
        fields.remove(DELEGATES);
    }
    shown
}

const GROUPS: &str = "resource_groups";

const GROUP: &str = "resource_groups/{resource_group_id}";

const DELEGATES: &str = "delegated_resource_admin_groups";
