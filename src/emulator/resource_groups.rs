//! Resource groups.

use http::{Method, StatusCode};

use super::answer::{Answer, Code, Problem};
use super::operation::{Operation, Query};
use super::page::{Filter, Paging};
use super::resource::{Kind, Resource, view};
use super::role::{Role, Roles};
use super::seed::uuid;
use super::store::Store;
use super::world::Visit;

/// The operations on resource groups.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("listResourceGroups", Method::GET, GROUPS, list)
        .asks(Roles::ADMINS)
        .query(&[Query::Text("contains")])
        .lists("ResourceGroup")
        .shown_by("every_list_is_paged"),
    Operation::write("createResourceGroup", Method::POST, GROUPS, create)
        .asks(Roles::of(&[Role::ResourceAdmin]))
        .takes("ResourceGroupWrite")
        .gives(StatusCode::CREATED, "ResourceGroup")
        .or(&[Code::ResourceAlreadyExists])
        .shown_by("resource_group_can_be_renamed"),
    Operation::read("getResourceGroup", Method::GET, GROUP, get)
        .asks(Roles::ADMINS)
        .gives(StatusCode::OK, "ResourceGroup")
        .shown_by("resource_group_can_be_renamed"),
    Operation::write("updateResourceGroup", Method::PUT, GROUP, update)
        .asks(Roles::of(&[Role::ResourceAdmin]))
        .takes("ResourceGroupWrite")
        .gives_nothing()
        .or(&[Code::ResourceAlreadyExists])
        .shown_by("resource_group_can_be_renamed"),
    Operation::write("deleteResourceGroup", Method::DELETE, GROUP, delete)
        .asks(Roles::of(&[Role::ResourceAdmin]))
        .gives_nothing()
        .shown_by("resource_group_can_be_renamed"),
];

fn list(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let filter = Filter::read(visit.ask);
    let groups = store.resources.all(Kind::ResourceGroup);
    let page = Paging::read(visit)?.of(groups, |group| filter.admits(group.id, &group.name))?;
    Ok(page.answer(visit.ask, |group| view(store, group)))
}

fn get(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    Ok(Answer::json(
        StatusCode::OK,
        &view(store, find(store, visit)?),
    ))
}

fn create(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let id = uuid(&mut store.rng);
    let group = Resource::new(Kind::ResourceGroup, id, None, visit.body.clone());
    let answer = Answer::json(StatusCode::CREATED, &view(store, &group));
    store.resources.add(Kind::ResourceGroup, group)?;
    Ok(answer)
}

/// Replaces one; a new name counts at once, for resource groups are addressed by id.
fn update(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let id = find(store, visit)?.id;
    let group = Resource::new(Kind::ResourceGroup, id, None, visit.body.clone());
    store.resources.replace(Kind::ResourceGroup, group)?;
    Ok(Answer::no_content())
}

fn delete(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let id = find(store, visit)?.id;
    store.resources.remove(Kind::ResourceGroup, id);
    Ok(Answer::no_content())
}

fn find<'a>(store: &'a Store, visit: &Visit<'_>) -> Result<&'a Resource, Problem> {
    let id = visit.argument("resource_group_id");
    store.resources.find(Kind::ResourceGroup, id, None)
}

const GROUPS: &str = "resource_groups";

const GROUP: &str = "resource_groups/{resource_group_id}";
