//! What is sent: the record has no bodies.

use serde_json::{Value, json};

/// A body for what is made in `collection`, or changed below it; `number` makes it another.
pub(super) fn body(path: &str, name: &str, number: usize) -> Value {
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        ["groups"] => json!({ "name": name, "roles": [] }),
        ["groups", _] => json!({ "roles": ["end_user"] }),
        ["groups", _, "users"] => json!({ "name": name }),
        ["service_users"] => json!({ "name": name }),
        ["service_users", _] => json!({ "status": "DELETED" }),
        ["sudo_command_bundles"] => json!({ "name": name, "structured_commands": [] }),
        ["security_policy", ..] => policy(&format!("policy {number}")),
        ["resource_groups", ..] if parts.len() < 3 => {
            json!({ "name": format!("area {number}"), "delegated_resource_admin_groups": [] })
        }
        ["resource_groups", _, "projects"] => json!({ "name": "place" }),
        _ => panic!("nothing is known of {path}"),
    }
}

/// A policy that nobody has anything by.
pub(super) fn policy(name: &str) -> Value {
    json!({
        "name": name,
        "active": true,
        "principals": { "user_groups": [] },
        "rules": [],
    })
}
