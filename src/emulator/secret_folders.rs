//! Folders of secrets, which are in one another or at the top of a project.

use http::{Method, StatusCode};
use serde_json::Value;

use super::answer::{Answer, Code, Problem};
use super::operation::Operation;
use super::resource::{Kind, Resource};
use super::secrets::lists;
use super::secrets::right::{Privilege, may};
use super::secrets::tree::{self, find, project, view};
use super::seed::uuid;
use super::store::Store;
use super::visit::Visit;

/// The operations on folders of secrets.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read(
        "listTopLevelSecretFoldersForProject",
        Method::GET,
        FOLDERS,
        lists::of_project,
    )
    .lists("SecretOrFolder")
    .shown_by("lists_show_only_what_one_may_list"),
    Operation::write("createSecretFolder", Method::POST, FOLDERS, create)
        .takes("SecretFolderCreate")
        .gives(StatusCode::CREATED, "SecretFolder")
        .or(&[Code::NoAccess, Code::ResourceAlreadyExists])
        .shown_by("folder_is_made_shown_changed_and_deleted_with_all_inside"),
    Operation::read("getSecretFolder", Method::GET, FOLDER, get)
        .gives(StatusCode::OK, "SecretFolder")
        .or(&[Code::NoAccess])
        .shown_by("folder_is_made_shown_changed_and_deleted_with_all_inside"),
    Operation::write("updateSecretFolder", Method::PUT, FOLDER, update)
        .takes("SecretFolderUpdate")
        .gives(StatusCode::OK, "SecretFolder")
        .or(&[Code::NoAccess, Code::ResourceAlreadyExists])
        .shown_by("folder_is_made_shown_changed_and_deleted_with_all_inside"),
    Operation::write("deleteSecretFolder", Method::DELETE, FOLDER, delete)
        .gives_nothing()
        .or(&[Code::NoAccess])
        .shown_by("folder_is_made_shown_changed_and_deleted_with_all_inside"),
    Operation::read("listSecretFolderItems", Method::GET, ITEMS, lists::items)
        .pages("SecretOrFolder")
        .or(&[Code::NoAccess])
        .shown_by("items_of_a_folder_come_in_pages"),
];

fn create(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let project = project(store, visit)?;
    let place = match visit.body.get("parent_folder_id").and_then(Value::as_str) {
        Some(parent) => find(store, Kind::SecretFolder, project, parent)?,
        None => project,
    };
    may(store, visit, Privilege::FolderCreate, place)?;
    tree::fits(store, None, place)?;
    tree::name_is_free(store, Kind::Secret, place.id, visit.text("name"))?;
    let (place, visitor) = (place.id, tree::visitor(store, visit));
    let body = tree::describe(visit, &visitor, tree::made(visit, &visitor, project));
    let id = uuid(&mut store.rng);
    let folder = Resource::new(Kind::SecretFolder, id, Some(place), body);
    store.resources.add(Kind::SecretFolder, folder)?;
    shown(store, StatusCode::CREATED, &id.to_string())
}

fn get(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let folder = of_path(store, visit)?;
    may(store, visit, Privilege::List, folder)?;
    let view = view(store, Kind::SecretFolder, folder);
    Ok(Answer::json(StatusCode::OK, &view))
}

/// Renames one, or brings it into another folder, which asks for what making it there does.
///
/// Without `parent_folder_id` it stays where it is.
fn update(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let folder = of_path(store, visit)?;
    may(store, visit, Privilege::FolderUpdate, folder)?;
    let mut place = folder.parent;
    if let Some(parent) = visit.body.get("parent_folder_id").and_then(Value::as_str) {
        let parent = find(store, Kind::SecretFolder, project(store, visit)?, parent)?;
        if place != Some(parent.id) {
            tree::fits(store, Some(folder), parent)?;
            may(store, visit, Privilege::FolderCreate, parent)?;
        }
        place = Some(parent.id);
    }
    if let Some(place) = place {
        tree::name_is_free(store, Kind::Secret, place, visit.text("name"))?;
    }
    let id = folder.id;
    let body = tree::describe(visit, &tree::visitor(store, visit), folder.body.clone());
    let folder = Resource::new(Kind::SecretFolder, id, place, body);
    store.resources.replace(Kind::SecretFolder, folder)?;
    shown(store, StatusCode::OK, &id.to_string())
}

/// Deletes one and all that is in it.
fn delete(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let folder = of_path(store, visit)?;
    may(store, visit, Privilege::FolderDelete, folder)?;
    let id = folder.id;
    store.resources.remove(Kind::SecretFolder, id);
    Ok(Answer::no_content())
}

fn shown(store: &Store, status: StatusCode, id: &str) -> Result<Answer, Problem> {
    let folder = store.resources.find(Kind::SecretFolder, id, None)?;
    let view = view(store, Kind::SecretFolder, folder);
    Ok(Answer::json(status, &view))
}

fn of_path<'a>(store: &'a Store, visit: &Visit<'_>) -> Result<&'a Resource, Problem> {
    let project = project(store, visit)?;
    find(
        store,
        Kind::SecretFolder,
        project,
        visit.argument("secret_folder_id"),
    )
}

const FOLDERS: &str = "resource_groups/{resource_group_id}/projects/{project_id}/secret_folders";

const FOLDER: &str =
    "resource_groups/{resource_group_id}/projects/{project_id}/secret_folders/{secret_folder_id}";

const ITEMS: &str = "resource_groups/{resource_group_id}/projects/{project_id}/secret_folders/\
                     {secret_folder_id}/items";
