//! Where secrets and folders are: in folders, which are in folders or at the top of a project.

use std::iter;

use serde_json::json;
use uuid::Uuid;

use crate::emulator::answer::{Code, Problem};
use crate::emulator::fields::Object;
use crate::emulator::resource::{self, Kind, Resource};
use crate::emulator::store::Store;
use crate::emulator::visit::Visit;

/// The project that a path names.
pub(in crate::emulator) fn project<'a>(
    store: &'a Store,
    visit: &Visit<'_>,
) -> Result<&'a Resource, Problem> {
    let group = visit.argument("resource_group_id");
    let group = store.resources.find(Kind::ResourceGroup, group, None)?.id;
    let id = visit.argument("project_id");
    store.resources.find(Kind::Project, id, Some(group))
}

/// The folder or secret with this id, if it is in the project.
pub(in crate::emulator) fn find<'a>(
    store: &'a Store,
    kind: Kind,
    project: &Resource,
    id: &str,
) -> Result<&'a Resource, Problem> {
    let found = store.resources.find(kind, id, None)?;
    let is_inside = lineage(store, found).any(|above| above.id == project.id);
    is_inside.then_some(found).ok_or_else(Problem::missing)
}

/// A resource and all that it is in, up to its resource group.
pub(in crate::emulator) fn lineage<'a>(
    store: &'a Store,
    resource: &'a Resource,
) -> impl Iterator<Item = &'a Resource> {
    let above = |below: &&Resource| {
        let kinds = [Kind::SecretFolder, Kind::Project, Kind::ResourceGroup];
        let parent = below.parent?;
        let mut tables = kinds.iter().map(|kind| store.resources.all(*kind));
        tables.find_map(|table| table.by_id(parent))
    };
    iter::successors(Some(resource), above).take(MAX_DEPTH + 3)
}

/// The folders that a resource is in, the topmost first.
fn folders<'a>(store: &'a Store, resource: &'a Resource) -> Vec<&'a Resource> {
    let above = lineage(store, resource).skip(1);
    let folders = store.resources.all(Kind::SecretFolder);
    let mut above: Vec<_> = above
        .filter(|above| folders.by_id(above.id).is_some())
        .collect();
    above.reverse();
    above
}

/// What is directly in a project or a folder, the oldest first.
pub(in crate::emulator) fn inside(
    store: &Store,
    kind: Kind,
    place: Uuid,
) -> impl Iterator<Item = &Resource> {
    let all = store.resources.all(kind).iter();
    all.filter(move |resource| resource.parent == Some(place))
}

/// Checks that a folder may be put into `place` with all that is in it.
pub(in crate::emulator) fn fits(
    store: &Store,
    folder: Option<&Resource>,
    place: &Resource,
) -> Result<(), Problem> {
    let mut height = 0;
    if let Some(folder) = folder {
        if lineage(store, place).any(|above| above.id == folder.id) {
            return Err(Problem::invalid(
                "parent_folder_id: inside the folder itself",
            ));
        }
        let all = store.resources.all(Kind::SecretFolder).iter();
        let depths = all.filter_map(|other| lineage(store, other).position(|f| f.id == folder.id));
        height = depths.max().unwrap_or_default();
    }
    // The lineage of `place` ends with its project and its resource group.
    let depth = lineage(store, place).count().saturating_sub(2);
    if depth + 1 + height > MAX_DEPTH {
        let message = format!("parent_folder_id: not at most {MAX_DEPTH} folders deep");
        return Err(Problem::invalid(message));
    }
    Ok(())
}

/// Checks that nothing of the other kind in a folder has this name, so that a path means one thing.
pub(in crate::emulator) fn name_is_free(
    store: &Store,
    other: Kind,
    place: Uuid,
    name: &str,
) -> Result<(), Problem> {
    if inside(store, other, place).all(|resource| resource.name != name) {
        return Ok(());
    }
    let message = format!(
        "name: taken by another {}",
        other.as_str().replace('_', " ")
    );
    Err(Problem::new(Code::ResourceAlreadyExists, message))
}

/// What a new folder or secret is made of, before it is named by its path.
pub(in crate::emulator) fn made(visit: &Visit<'_>, by: &str, project: &Resource) -> Object {
    let mut body = Object::new();
    body.insert("project".to_owned(), json!({ "id": project.id }));
    body.insert("resource_group".to_owned(), json!({ "id": project.parent }));
    let now = visit.now.rfc3339();
    for (at, who) in [("created_at", "created_by"), ("updated_at", "updated_by")] {
        body.insert(at.to_owned(), json!(now));
        body.insert(who.to_owned(), json!(by));
    }
    body
}

/// A folder or secret with what a client sent about it.
pub(in crate::emulator) fn describe(visit: &Visit<'_>, by: &str, mut body: Object) -> Object {
    body.insert("name".to_owned(), json!(visit.text("name")));
    let description = visit.body.get("description").cloned();
    body.insert("description".to_owned(), description.unwrap_or_default());
    body.insert("updated_at".to_owned(), json!(visit.now.rfc3339()));
    body.insert("updated_by".to_owned(), json!(by));
    body
}

/// All that is told of a folder or a secret; its value is not.
pub(in crate::emulator) fn view(store: &Store, kind: Kind, resource: &Resource) -> Object {
    let mut view = item(store, kind, resource);
    let folders = folders(store, resource);
    let path = folders
        .iter()
        .map(|folder| json!({ "id": folder.id, "name": folder.name }));
    view.insert("path".to_owned(), path.collect());
    let parent = folders.last().map(|folder| folder.id);
    view.insert("parent_folder_id".to_owned(), json!(parent));
    for field in ["created_at", "created_by", "updated_at", "updated_by"] {
        let value = resource.body.get(field).cloned();
        view.insert(field.to_owned(), value.unwrap_or_default());
    }
    view
}

/// What a list tells of a folder or a secret.
pub(in crate::emulator) fn item(store: &Store, kind: Kind, resource: &Resource) -> Object {
    let is_folder = kind == Kind::SecretFolder;
    let mut item = Object::new();
    item.insert("id".to_owned(), json!(resource.id));
    item.insert("name".to_owned(), json!(resource.name));
    let word = if is_folder { "folder" } else { "secret" };
    item.insert("type".to_owned(), json!(word));
    for field in ["description", "project", "resource_group"] {
        let mut value = resource.body.get(field).cloned().unwrap_or_default();
        resource::refer(store, field, &mut value);
        item.insert(field.to_owned(), value);
    }
    item
}

/// The name of the user that asks.
pub(in crate::emulator) fn visitor(store: &Store, visit: &Visit<'_>) -> String {
    let user = store.users.by_id(visit.user);
    user.map(|user| user.name.clone()).unwrap_or_default()
}

/// How deep folders may be in one another: what is taken out is taken out level by level.
const MAX_DEPTH: usize = 20;
