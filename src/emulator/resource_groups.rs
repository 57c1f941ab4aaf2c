//! Resource groups.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Code, Problem};
use super::fields::{self, Object};
use super::page::{Filter, Paging};
use super::seed::uuid;
use super::store::{ResourceGroup, Store};
use super::world::Visit;

/// Lists all resource groups.
pub(super) fn list(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let filter = Filter::read(visit.ask);
    let page = Paging::read(visit.ask, visit.page_size)?;
    let page = page.of(&store.resource_groups, |group| {
        filter.admits(group.id, &group.name)
    })?;
    Ok(page.answer(visit.ask, |group| view(store, group)))
}

/// Shows one.
pub(super) fn get(store: &Store, id: &str) -> Result<Answer, Problem> {
    let group = store.resource_groups.by_id(parse(id)?);
    let group = group.ok_or_else(Problem::missing)?;
    Ok(Answer::json(StatusCode::OK, &view(store, group)))
}

/// Makes one.
pub(super) fn create(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let id = uuid(&mut store.rng);
    let group = read(store, &visit.ask.object()?, id)?;
    let answer = Answer::json(StatusCode::CREATED, &view(store, &group));
    store.resource_groups.push(group);
    Ok(answer)
}

/// Replaces one; a new name counts at once, for resource groups are addressed by id.
pub(super) fn update(store: &mut Store, visit: &Visit<'_>, id: &str) -> Result<Answer, Problem> {
    let id = parse(id)?;
    store
        .resource_groups
        .by_id(id)
        .ok_or_else(Problem::missing)?;
    let group = read(store, &visit.ask.object()?, id)?;
    store.resource_groups.replace(group);
    Ok(Answer::no_content())
}

/// Deletes one.
pub(super) fn delete(store: &mut Store, id: &str) -> Result<Answer, Problem> {
    let group = store.resource_groups.remove(parse(id)?);
    group.ok_or_else(Problem::missing)?;
    Ok(Answer::no_content())
}

fn parse(id: &str) -> Result<Uuid, Problem> {
    id.parse().map_err(|_| Problem::missing())
}

fn read(store: &Store, body: &Object, id: Uuid) -> Result<ResourceGroup, Problem> {
    let name = fields::name(body)?;
    let other = store.resource_groups.by_name(&name);
    if other.is_some_and(|other| other.id != id) {
        return Err(Problem::new(
            Code::ResourceAlreadyExists,
            "name: taken by another resource group",
        ));
    }
    let field = "delegated_resource_admin_groups";
    let delegated = fields::list(body, field)?.iter();
    let delegated = delegated.map(|named| fields::id(named, field));
    Ok(ResourceGroup {
        id,
        name,
        description: fields::text(body, "description")?
            .unwrap_or_default()
            .to_owned(),
        delegated: delegated.collect::<Result<_, _>>()?,
    })
}

fn view(store: &Store, group: &ResourceGroup) -> Value {
    let delegated = group.delegated.iter().map(|id| {
        store.groups.by_id(*id).map_or_else(
            || json!({ "id": id, "type": "user_group", "missing": true }),
            |group| json!({ "id": id, "name": group.name, "type": "user_group" }),
        )
    });
    json!({
        "id": group.id,
        "name": group.name,
        "team_id": store.team_id,
        "description": group.description,
        "delegated_resource_admin_groups": delegated.collect::<Vec<_>>(),
    })
}
