//! Tests of security policies.

mod any;
mod forms;
mod life;
mod limits;
mod rights;

use http::Method;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::emulator::resource::{Kind, Resource};
use crate::emulator::schema;

/// A policy with these rules.
fn policy(rules: &[Value]) -> Value {
    json!({
        "name": "p",
        "active": true,
        "principals": { "user_groups": [{ "id": NOBODY }] },
        "rules": rules,
    })
}

/// A rule with this selector.
fn selecting(resource_type: &str, selector_type: &str, selector: &Value) -> Value {
    let selectors = json!([{ "selector_type": selector_type, "selector": selector }]);
    json!({
        "name": "r",
        "resource_type": resource_type,
        "resource_selector": { "_type": resource_type, "selectors": selectors },
        "privileges": [],
        "conditions": [],
    })
}

/// A rule with this privilege.
fn granting(privilege_type: &str, privilege: &Value) -> Value {
    let mut rule = selecting("server_based_resource", "individual_server", &one("server"));
    rule["privileges"] =
        json!([{ "privilege_type": privilege_type, "privilege_value": privilege }]);
    rule
}

/// A rule under this condition.
fn under(condition_type: &str, condition: &Value) -> Value {
    let mut rule = selecting("server_based_resource", "individual_server", &one("server"));
    rule["conditions"] =
        json!([{ "condition_type": condition_type, "condition_value": condition }]);
    rule
}

/// A selector of the one server, secret or folder that is there.
fn one(kind: &str) -> Value {
    let selector = if kind == "server" {
        "individual_server"
    } else {
        kind
    };
    json!({ "_type": selector, kind: shown(kind) })
}

/// How the one resource of a kind is shown.
fn shown(kind: &str) -> Value {
    json!({ "id": id_of(kind), "name": format!("the {kind}"), "type": kind })
}

/// The id of the one resource of a kind.
fn id_of(kind: &str) -> Uuid {
    let kinds = ["server", "secret", "secret_folder", "sudo_command_bundle"];
    let at = kinds.iter().position(|known| *known == kind).unwrap();
    Uuid::from_u128(u128::try_from(at).unwrap() + 1)
}

/// The administrator of a team that has one server, secret, folder and bundle of sudo commands.
async fn admin() -> Client {
    let client = Client::new(small()).await;
    let kinds = [
        Kind::Server,
        Kind::Secret,
        Kind::SecretFolder,
        Kind::SudoCommandBundle,
    ];
    for kind in kinds {
        let body = json!({ "name": format!("the {}", kind.as_str()) });
        let body = body.as_object().unwrap().clone();
        let resource = Resource::new(kind, id_of(kind.as_str()), None, body);
        let mut world = client.emulator.shared.world.lock();
        world.store.resources.add(kind, resource).unwrap();
    }
    client
}

/// Removes the one resource of a kind.
fn remove(client: &Client, kind: Kind) {
    let mut world = client.emulator.shared.world.lock();
    world.store.resources.remove(kind, id_of(kind.as_str()));
}

async fn post(client: &Client, policy: &Value) -> Got {
    let policy = Some(policy.clone());
    client.send(Method::POST, "security_policy", policy).await
}

async fn put(client: &Client, path: &str, policy: &Value) -> Got {
    client.send(Method::PUT, path, Some(policy.clone())).await
}

fn path_of(policy: &Value) -> String {
    format!("security_policy/{}", policy["id"].as_str().unwrap())
}

/// What a rule says without what the service stamps on it.
fn unstamped(rule: &Value) -> Value {
    let mut rule = rule.clone();
    let fields = rule.as_object_mut().unwrap();
    fields.remove("id");
    fields.remove("security_policy_id");
    rule
}

/// Whether an answer is of the form that clients are told, with nothing beside it.
fn is_of_form(policy: &Value) -> bool {
    let policy = policy.as_object().unwrap();
    schema::keep("SecurityPolicy", policy.clone()).unwrap() == *policy
}

/// Is no group.
const NOBODY: &str = "6052868b-1b04-4a14-8288-e6496d7f2f4b";
