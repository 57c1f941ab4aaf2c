//! Lists of folders and secrets, and the way from a path to its id: each shows what one may list.

use http::{Method, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use super::right::{Privilege, Rights, may};
use super::tree::{find, inside, item, lineage, project, view};
use crate::emulator::answer::{Answer, Code, Problem};
use crate::emulator::operation::{Operation, Query};
use crate::emulator::page::Paging;
use crate::emulator::resource::{Kind, Resource};
use crate::emulator::store::Store;
use crate::emulator::table::Row;
use crate::emulator::visit::Visit;

/// The operations that look through all projects.
pub(in crate::emulator) const OPERATIONS: &[Operation] = &[
    Operation::read(
        "listTopLevelSecretFoldersForUser",
        Method::GET,
        "secrets",
        of_user,
    )
    .query(&[Query::Text("search"), Query::Text("parent_folder_id")])
    .pages("SecretOrFolder")
    .or(&[Code::NoAccess])
    .shown_by("user_sees_the_topmost_of_what_one_may_list"),
    Operation::read(
        "listTopLevelSecretFoldersForTeam",
        Method::GET,
        "secret_folders",
        of_team,
    )
    .lists("SecretOrFolder")
    .shown_by("lists_show_only_what_one_may_list"),
    Operation::read(
        "resolveSecretOrFolder",
        Method::POST,
        "resolve_secret",
        resolve,
    )
    .takes("ResolveSecretOrFolder")
    .gives(StatusCode::OK, "ResolvedSecretOrFolder")
    .or(&[Code::NoAccess])
    .shown_by("secret_and_folder_are_resolved_by_path_and_by_id"),
];

/// A folder or a secret in a list of both.
#[derive(Debug)]
struct Entry<'a> {
    kind: Kind,
    resource: &'a Resource,
}

impl Row for Entry<'_> {
    fn id(&self) -> Uuid {
        self.resource.id
    }

    fn unique_name(&self) -> Option<&str> {
        None
    }
}

/// Lists the folders at the top of a project.
pub(in crate::emulator) fn of_project(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let project = project(store, visit)?.id;
    let rights = Rights::of(store, visit, Privilege::List);
    answer(store, visit, |entry| {
        entry.resource.parent == Some(project) && rights.cover(store, entry.resource)
    })
}

/// Lists the folders at the top of all projects.
fn of_team(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let rights = Rights::of(store, visit, Privilege::List);
    let projects = store.resources.all(Kind::Project);
    answer(store, visit, |entry| {
        let parent = entry.resource.parent.and_then(|id| projects.by_id(id));
        parent.is_some() && rights.cover(store, entry.resource)
    })
}

/// Lists what is in a folder, folders first.
pub(in crate::emulator) fn items(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let project = project(store, visit)?;
    let id = visit.argument("secret_folder_id");
    let folder = find(store, Kind::SecretFolder, project, id)?;
    may(store, visit, Privilege::List, folder)?;
    answer(store, visit, |entry| {
        entry.resource.parent == Some(folder.id)
    })
}

/// Lists what is in a folder, or the topmost of all that one may list; `search` narrows either.
fn of_user(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let rights = Rights::of(store, visit, Privilege::List);
    let parent = visit.ask.param("parent_folder_id");
    let parent = parent.map(|id| store.resources.find(Kind::SecretFolder, &id, None));
    let parent = parent.transpose()?;
    if let Some(parent) = parent {
        rights.ask(store, parent)?;
    }
    let search = visit.ask.param("search").map(|text| text.to_lowercase());
    answer(store, visit, |entry| {
        let mut above = lineage(store, entry.resource).skip(1);
        let is_in_place = match parent {
            Some(parent) => entry.resource.parent == Some(parent.id),
            None => above.next().is_none_or(|above| {
                let is_folder = store.resources.all(Kind::SecretFolder).by_id(above.id);
                is_folder.is_none() || !rights.cover(store, above)
            }),
        };
        let name = entry.resource.name.to_lowercase();
        is_in_place
            && search.as_ref().is_none_or(|search| name.contains(search))
            && rights.cover(store, entry.resource)
    })
}

fn answer(
    store: &Store,
    visit: &Visit<'_>,
    wanted: impl Fn(&Entry<'_>) -> bool,
) -> Result<Answer, Problem> {
    let all = |kind| {
        let rows = store.resources.all(kind).iter();
        rows.map(move |resource| Entry { kind, resource })
    };
    let entries = all(Kind::SecretFolder).chain(all(Kind::Secret));
    let entries: Vec<_> = entries.filter(wanted).collect();
    let page = Paging::read(visit)?.of_list(&entries)?;
    Ok(page.answer(visit.ask, |entry| item(store, entry.kind, entry.resource)))
}

/// Tells what is at a path, or the path of an id.
fn resolve(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let (kind, found) = match visit.body.get("id").and_then(Value::as_str) {
        Some(id) => by_id(store, id)?,
        None => by_path(store, visit)?,
    };
    may(store, visit, Privilege::List, found)?;
    Ok(Answer::json(StatusCode::OK, &view(store, kind, found)))
}

fn by_id<'a>(store: &'a Store, id: &str) -> Result<(Kind, &'a Resource), Problem> {
    let folder = store.resources.find(Kind::SecretFolder, id, None);
    folder
        .map(|folder| (Kind::SecretFolder, folder))
        .or_else(|_| {
            let secret = store.resources.find(Kind::Secret, id, None)?;
            Ok((Kind::Secret, secret))
        })
}

fn by_path<'a>(store: &'a Store, visit: &Visit<'_>) -> Result<(Kind, &'a Resource), Problem> {
    let (kind, name) = match (visit.text("secret_folder_name"), visit.text("secret_name")) {
        (folder, "") if !folder.is_empty() => (Kind::SecretFolder, folder),
        ("", secret) if !secret.is_empty() => (Kind::Secret, secret),
        _ => {
            return Err(Problem::invalid(
                "secret_name: not exactly one name, or an id",
            ));
        }
    };
    let group = parent(store, visit, Kind::ResourceGroup, None)?;
    let mut place = parent(store, visit, Kind::Project, Some(group))?;
    let folders = visit.text("parent_folder_path").split('/');
    for folder in folders.filter(|name| !name.is_empty()) {
        place = named(store, Kind::SecretFolder, place, folder)?.id;
    }
    Ok((kind, named(store, kind, place, name)?))
}

/// The resource group or the project that is told by its id or by its name.
fn parent(
    store: &Store,
    visit: &Visit<'_>,
    kind: Kind,
    place: Option<Uuid>,
) -> Result<Uuid, Problem> {
    let told = visit.body.get(kind.as_str());
    let text = |field: &str| told.and_then(|told| told.get(field)?.as_str());
    if let Some(id) = text("id") {
        return Ok(store.resources.find(kind, id, place)?.id);
    }
    let name = text("name");
    let name = name.ok_or_else(|| Problem::invalid(format!("{}: missing", kind.as_str())))?;
    let mut all = store.resources.all(kind).iter();
    let found = all.find(|resource| resource.parent == place && resource.name == name);
    found.map(|found| found.id).ok_or_else(Problem::missing)
}

fn named<'a>(
    store: &'a Store,
    kind: Kind,
    place: Uuid,
    name: &str,
) -> Result<&'a Resource, Problem> {
    let mut there = inside(store, kind, place);
    there
        .find(|resource| resource.name == name)
        .ok_or_else(Problem::missing)
}
