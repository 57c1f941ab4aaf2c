//! Resource groups that are made up, with what is in them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::uuid;
use crate::emulator::resource::{Kind, Resource};
use crate::emulator::store::Store;

/// Makes a few resource groups up.
pub(super) fn resource_groups(store: &mut Store) {
    for number in 1..=RESOURCE_GROUPS {
        resource_group(store, number);
    }
}

/// Adds a resource group with one project, and a few servers in that.
fn resource_group(store: &mut Store, number: usize) {
    let group = uuid(&mut store.rng);
    let body = json!({
        "name": format!("resource-group-{number:04}"),
        "description": "",
        "team_id": store.team_id,
        "delegated_resource_admin_groups": [],
    });
    add(store, Kind::ResourceGroup, group, None, &body);
    let project = uuid(&mut store.rng);
    let body = json!({
        "name": "project-0001",
        "team": store.team,
        "resource_group_id": group,
        "deleted_at": null,
        "gateway_selector": "",
        "ssh_certificate_type": "CERT_TYPE_ED25519_01",
        "server_account_management": false,
    });
    add(store, Kind::Project, project, Some(group), &body);
    for server in 1..=SERVERS {
        let id = uuid(&mut store.rng);
        let hostname = format!("server-{:04}", (number - 1) * SERVERS + server);
        let body = json!({
            "name": hostname,
            "hostname": hostname,
            "access_address": format!("10.0.{number}.{server}"),
            "os_type": if server % 2 == 0 { "windows" } else { "linux" },
            "state": "ACTIVE",
            "project": { "id": project },
            "resource_group": { "id": group },
        });
        add(store, Kind::Server, id, Some(project), &body);
    }
}

pub(super) fn add(store: &mut Store, kind: Kind, id: Uuid, parent: Option<Uuid>, body: &Value) {
    let body = body.as_object().cloned().unwrap_or_default();
    let resource = Resource::new(kind, id, parent, body);
    store.resources.all_mut(kind).push(resource);
}

const RESOURCE_GROUPS: usize = 3;

/// Servers of each project.
const SERVERS: usize = 2;
