//! Made-up policies: sent as a client would send them, and kept as the service would.

use std::collections::HashSet;

use fastrand::Rng;
use serde_json::{Value, json};
use uuid::Uuid;

use super::uuid;
use crate::emulator::resource::Kind;
use crate::emulator::store::Store;
use crate::emulator::{policies, schema};

/// Adds this many policies, each of one rule: for servers most of the time, else for secrets.
pub(super) fn add(store: &mut Store, count: usize) {
    let groups: Vec<_> = store.groups.iter().map(|group| group.id).collect();
    let folders = store.resources.all(Kind::SecretFolder).iter();
    let folders: Vec<_> = folders.map(|folder| folder.id).collect();
    for number in 1..=count {
        let rng = &mut store.rng;
        let id = uuid(rng);
        let group = rng.choice(&groups).copied().unwrap_or_default();
        let rule = match rng.u8(..4) {
            0 => secrets(rng, &folders),
            _ => servers(rng),
        };
        let sent = json!({
            "name": format!("policy-{number:04}"),
            "active": number % 4 != 0,
            "principals": { "user_groups": [{ "id": group }] },
            "rules": [rule],
        });
        // A test sees that none is refused.
        let sent = sent.as_object().cloned().unwrap_or_default();
        if let Ok(kept) = schema::keep("SecurityPolicyWrite", sent) {
            let policy = policies::settle(rng, id, kept, HashSet::new());
            store.resources.all_mut(Kind::SecurityPolicy).push(policy);
        }
    }
}

fn servers(rng: &mut Rng) -> Value {
    let system = if rng.bool() { "linux" } else { "windows" };
    let privilege = match system {
        "linux" => "principal_account_ssh",
        _ => "principal_account_rdp",
    };
    json!({
        "name": "servers",
        "resource_type": "server_based_resource",
        "resource_selector": { "selectors": [{
            "selector_type": "server_label",
            "selector": {
                "server_selector": { "labels": { "system.os_type": system } },
                "account_selector_type": "none",
                "account_selector": {},
            },
        }] },
        "privileges": [{
            "privilege_type": privilege,
            "privilege_value": { privilege: true, "admin_level_permissions": rng.u8(..4) == 0 },
        }],
        "conditions": conditions(rng),
    })
}

/// A rule for a folder that is there, or, where there are none, for one that was deleted.
fn secrets(rng: &mut Rng, folders: &[Uuid]) -> Value {
    let folder = rng.choice(folders).copied();
    let folder = folder.unwrap_or_else(|| uuid(rng));
    let may_write = rng.bool();
    json!({
        "name": "secrets",
        "resource_type": "secret_based_resource",
        "resource_selector": { "selectors": [{
            "selector_type": "secret_folder",
            "selector": { "secret_folder": { "id": folder } },
        }] },
        "privileges": [{
            "privilege_type": "secret",
            "privilege_value": {
                "list": true,
                "folder_create": may_write,
                "folder_update": may_write,
                "folder_delete": false,
                "secret_create": may_write,
                "secret_update": may_write,
                "secret_reveal": true,
                "secret_delete": false,
            },
        }],
        "conditions": conditions(rng),
    })
}

fn conditions(rng: &mut Rng) -> Value {
    match rng.u8(..4) {
        0 => json!([{
            "condition_type": "mfa",
            "condition_value": {
                "re_auth_frequency_in_seconds": 3600,
                "acr_values": "urn:okta:loa:2fa:any",
            },
        }]),
        1 => json!([{
            "condition_type": "gateway",
            "condition_value": { "traffic_forwarding": true, "session_recording": rng.bool() },
        }]),
        _ => json!([]),
    }
}
