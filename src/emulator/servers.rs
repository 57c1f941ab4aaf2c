//! Servers: they come with the team, for only their agents enroll them, and can be deleted.

use http::{Method, StatusCode};
use serde_json::Value;

use super::answer::{Answer, Problem};
use super::ask::Ask;
use super::operation::{Operation, Query};
use super::page::{Paging, values};
use super::projects::{self, READERS, WRITERS};
use super::resource::{Kind, Resource, view};
use super::resource_groups;
use super::store::Store;
use super::visit::Visit;

/// The operations on servers.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("listAllServers", Method::GET, "all_servers", list_all)
        .asks(READERS)
        .query(&[
            Query::Text("id"),
            Query::Text("resource_group_id"),
            Query::Text("project_id"),
            Query::Text("hostname"),
            Query::Text("hostname_contains"),
            Query::Text("os_type"),
        ])
        .lists("Server")
        .shown_by("servers_are_listed_by_every_parameter"),
    Operation::read(
        "listResourceGroupServers",
        Method::GET,
        OF_GROUP,
        list_group,
    )
    .asks(READERS)
    .query(&[
        Query::Text("id"),
        Query::Text("project_id"),
        Query::Text("hostname"),
        Query::Text("hostname_contains"),
        Query::Text("os_type"),
    ])
    .lists("Server")
    .shown_by("servers_are_listed_by_every_parameter"),
    Operation::read("listProjectServers", Method::GET, SERVERS, list_project)
        .asks(READERS)
        .query(&[
            Query::Text("id"),
            Query::Text("hostname"),
            Query::Text("hostname_contains"),
            Query::Text("os_type"),
        ])
        .lists("Server")
        .shown_by("servers_are_listed_by_every_parameter"),
    Operation::read("getProjectServer", Method::GET, SERVER, get)
        .asks(READERS)
        .gives(StatusCode::OK, "Server")
        .shown_by("server_is_shown_and_deleted"),
    Operation::write("deleteProjectServer", Method::DELETE, SERVER, delete)
        .asks(WRITERS)
        .gives_nothing()
        .shown_by("server_is_shown_and_deleted"),
];

/// Lists those of all resource groups that the one that asks may see.
fn list_all(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    list(store, visit, |_, group| is_seen(store, visit, group))
}

fn list_group(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let wanted = resource_groups::find(store, visit)?.id.to_string();
    list(store, visit, |_, group| group == wanted)
}

fn list_project(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let wanted = projects::find(store, visit)?.id.to_string();
    list(store, visit, |project, _| project == wanted)
}

/// Lists those that the query wants, out of the projects and resource groups that are `open`.
fn list(
    store: &Store,
    visit: &Visit<'_>,
    open: impl Fn(&str, &str) -> bool,
) -> Result<Answer, Problem> {
    let servers = store.resources.all(Kind::Server);
    let page = Paging::read(visit)?.of(servers, |server| {
        open(named(server, "project"), named(server, "resource_group"))
            && is_wanted(visit.ask, server)
    })?;
    Ok(page.answer(visit.ask, |server| view(store, server)))
}

fn get(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let server = view(store, find(store, visit)?);
    Ok(Answer::json(StatusCode::OK, &server))
}

fn delete(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let id = find(store, visit)?.id;
    store.resources.remove(Kind::Server, id);
    Ok(Answer::no_content())
}

fn find<'a>(store: &'a Store, visit: &Visit<'_>) -> Result<&'a Resource, Problem> {
    let project = projects::find(store, visit)?.id;
    let id = visit.argument("server_id");
    store.resources.find(Kind::Server, id, Some(project))
}

fn is_seen(store: &Store, visit: &Visit<'_>, group: &str) -> bool {
    let group = store.resources.find(Kind::ResourceGroup, group, None);
    group.is_ok_and(|group| resource_groups::is_open(store, visit, group))
}

/// Whether the query admits a server; hosts are compared without case.
fn is_wanted(ask: &Ask, server: &Resource) -> bool {
    let text = |field: &str| server.body.get(field).and_then(Value::as_str);
    let text = |field: &str| text(field).unwrap_or_default();
    let is = |parameter: &str, value: &str| {
        let wanted = values(ask, parameter);
        wanted.is_empty() || wanted.iter().any(|w| w.eq_ignore_ascii_case(value))
    };
    let part = ask.param("hostname_contains");
    let hostname = text("hostname").to_lowercase();
    part.is_none_or(|part| hostname.contains(&part.to_lowercase()))
        && is("id", text("id"))
        && is("hostname", text("hostname"))
        && is("os_type", text("os_type"))
        && is("project_id", named(server, "project"))
        && is("resource_group_id", named(server, "resource_group"))
}

fn named<'a>(server: &'a Resource, field: &str) -> &'a str {
    let named = server.body.get(field).and_then(|object| object.get("id"));
    named.and_then(Value::as_str).unwrap_or_default()
}

const OF_GROUP: &str = "resource_groups/{resource_group_id}/all_servers";

const SERVERS: &str = "resource_groups/{resource_group_id}/projects/{project_id}/servers";

const SERVER: &str =
    "resource_groups/{resource_group_id}/projects/{project_id}/servers/{server_id}";
