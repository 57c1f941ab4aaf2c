//! Projects: the parts of a resource group, each with its servers, tokens, secrets and settings.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Code, Problem};
use super::fields::Object;
use super::operation::Operation;
use super::page::Paging;
use super::resource::{Kind, Resource, view};
use super::role::{Role, Roles};
use super::seed::uuid;
use super::store::Store;
use super::visit::Visit;
use super::{resource_groups, settings};

/// The operations on projects.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("listResourceGroupProjects", Method::GET, PROJECTS, list)
        .asks(READERS)
        .lists("Project")
        .shown_by("project_is_made_changed_and_deleted"),
    Operation::write("createResourceGroupProject", Method::POST, PROJECTS, create)
        .asks(WRITERS)
        .takes("ProjectWrite")
        .gives(StatusCode::CREATED, "Project")
        .or(&[Code::ResourceAlreadyExists])
        .shown_by("project_is_made_changed_and_deleted"),
    Operation::read("getResourceGroupProject", Method::GET, PROJECT, get)
        .asks(READERS)
        .gives(StatusCode::OK, "Project")
        .shown_by("project_is_made_changed_and_deleted"),
    Operation::write("updateResourceGroupProject", Method::PUT, PROJECT, update)
        .asks(WRITERS)
        .takes("ProjectUpdate")
        .gives_nothing()
        .or(&[Code::ResourceAlreadyExists])
        .shown_by("project_keeps_what_an_update_does_not_name"),
    Operation::write(
        "deleteResourceGroupProject",
        Method::DELETE,
        PROJECT,
        delete,
    )
    .asks(WRITERS)
    .gives_nothing()
    .shown_by("project_is_made_changed_and_deleted"),
];

fn list(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let group = resource_groups::find(store, visit)?.id;
    let projects = store.resources.all(Kind::Project);
    let page = Paging::read(visit)?.of(projects, |project| project.parent == Some(group))?;
    Ok(page.answer(visit.ask, |project| view(store, project)))
}

fn get(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let project = view(store, find(store, visit)?);
    Ok(Answer::json(StatusCode::OK, &project))
}

fn create(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let group = resource_groups::find(store, visit)?.id;
    let id = uuid(&mut store.rng);
    let project = new(store, id, group, visit.body.clone());
    let answer = Answer::json(StatusCode::CREATED, &view(store, &project));
    store.resources.add(Kind::Project, project)?;
    Ok(answer)
}

/// Changes one; clients send only what is new, without the name, so the rest stays.
fn update(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let group = resource_groups::find(store, visit)?.id;
    let older = find(store, visit)?;
    let mut body = older.body.clone();
    body.extend(visit.body.clone());
    let project = new(store, older.id, group, body);
    store.resources.replace(Kind::Project, project)?;
    Ok(Answer::no_content())
}

fn delete(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let id = find(store, visit)?.id;
    store.resources.remove(Kind::Project, id);
    settings::sweep(store);
    Ok(Answer::no_content())
}

/// A project with what the service puts into it.
fn new(store: &Store, id: Uuid, group: Uuid, mut body: Object) -> Resource {
    body.insert("team".to_owned(), json!(store.team));
    body.insert("resource_group_id".to_owned(), json!(group));
    body.insert("deleted_at".to_owned(), Value::Null);
    Resource::new(Kind::Project, id, Some(group), body)
}

/// The one that the path names, in the resource group that the path names.
pub(super) fn find<'a>(store: &'a Store, visit: &Visit<'_>) -> Result<&'a Resource, Problem> {
    let group = resource_groups::find(store, visit)?.id;
    let id = visit.argument("project_id");
    store.resources.find(Kind::Project, id, Some(group))
}

/// Who may see what is in a project.
pub(super) const READERS: Roles = WRITERS.with(Role::SecurityAdmin);

/// Who may change what is in a project.
pub(super) const WRITERS: Roles = Roles::of(&[Role::ResourceAdmin, Role::DelegatedResourceAdmin]);

const PROJECTS: &str = "resource_groups/{resource_group_id}/projects";

const PROJECT: &str = "resource_groups/{resource_group_id}/projects/{project_id}";
