use serde_json::json;

use super::resource_groups::{admit, at, delete, enter, fits, post, put};
use super::*;

const BUNDLES: &str = "sudo_command_bundles";

fn bundle(name: &str) -> Value {
    json!({
        "name": name,
        "structured_commands": [
            { "command": "/bin/cat", "command_type": "executable", "args_type": "custom", "args": "x" },
            { "command": "/opt/", "command_type": "directory" },
        ],
        "run_as": "root", "no_exec": true, "no_passwd": false,
        "add_env": ["A"], "set_env": null,
    })
}

#[tokio::test]
async fn bundle_is_made_changed_and_deleted() {
    let client = Client::new(small()).await;

    let made = post(&client, BUNDLES, bundle("a")).await;
    let path = at(BUNDLES, &made);
    let shown = client.get(&path).await;
    let replaced = put(
        &client,
        &path,
        json!({ "name": "b", "structured_commands": [] }),
    )
    .await;
    let after = client.get(&path).await;
    let deleted = delete(&client, &path).await;

    assert_eq!((made.status, &made.body), (201, &shown.body));
    assert!(fits("SudoCommandBundle", &shown.body), "{:?}", shown.body);
    assert_eq!(
        shown.body["structured_commands"],
        bundle("a")["structured_commands"]
    );
    assert_eq!(shown.body["no_passwd"], false);
    assert_eq!(shown.body.get("set_env"), None);
    assert_eq!((replaced.status, replaced.body), (NO_CONTENT, Value::Null));
    assert_eq!(
        (&after.body["name"], after.body.get("run_as")),
        (&json!("b"), None)
    );
    assert_eq!(deleted.status, NO_CONTENT);
    assert_eq!(
        client.get(&path).await.kind(),
        (404, "resource_does_not_exist")
    );
}

#[tokio::test]
async fn name_of_a_bundle_is_taken_once() {
    let client = Client::new(small()).await;
    post(&client, BUNDLES, bundle("a")).await;
    let other = post(&client, BUNDLES, bundle("b")).await;

    let again = post(&client, BUNDLES, bundle("a")).await;
    let renamed = put(&client, &at(BUNDLES, &other), bundle("a")).await;

    assert_eq!(again.kind(), (409, "resource_already_exists"));
    assert_eq!(renamed.kind(), (409, "resource_already_exists"));
    assert_eq!(
        client.get("sudo_command_bundles?contains=A").await.names(),
        ["a"]
    );
}

#[tokio::test]
async fn policy_tells_what_its_bundle_is_called_now() {
    let client = Client::new(small()).await;
    let made = post(&client, BUNDLES, bundle("a")).await;
    let id = &made.body["id"];
    let path = at(BUNDLES, &made);
    let policy = at(
        "security_policy",
        &post(&client, "security_policy", policy(id)).await,
    );
    let named = "/rules/0/privileges/0/privilege_value/sudo_command_bundles/0";

    let before = client.get(&policy).await;
    put(&client, &path, bundle("b")).await;
    let renamed = client.get(&policy).await;
    delete(&client, &path).await;
    let gone = client.get(&policy).await;

    let called = |name: &str| json!({ "id": id, "name": name, "type": "sudo_command_bundle" });
    assert_eq!(before.body.pointer(named), Some(&called("a")));
    assert_eq!(renamed.body.pointer(named), Some(&called("b")));
    assert_eq!(gone.body.pointer(named).unwrap()["missing"], true);
}

#[tokio::test]
async fn bundle_is_refused_by_the_field() {
    let client = Client::new(small()).await;
    let command = |command: Value| json!({ "name": "a", "structured_commands": [command] });
    let cases = [
        (json!({ "structured_commands": [] }), "name: missing"),
        (json!({ "name": "a" }), "structured_commands: missing"),
        (
            command(json!({})),
            "structured_commands[0].command: missing",
        ),
        (
            command(json!({ "command": "x", "command_type": "y" })),
            "structured_commands[0].command_type: not one of raw, executable, directory",
        ),
        (
            command(json!({ "command": "x", "args_type": "y" })),
            "structured_commands[0].args_type: not one of any, custom, none",
        ),
    ];

    for (body, message) in cases {
        let got = post(&client, BUNDLES, body).await;
        assert_eq!(got.kind(), (400, "invalid_request"), "{message}");
        assert_eq!(got.body["message"], message);
    }
}

#[tokio::test]
async fn bundles_are_made_by_those_who_make_policies() {
    let admin = Client::new(small()).await;
    admit(&admin, "maker", json!(["security_admin"])).await;
    admit(&admin, "reader", json!(["resource_admin"])).await;

    let maker = enter(&admin, "maker").await;
    let reader = enter(&admin, "reader").await;

    let made = post(&maker, BUNDLES, bundle("a")).await;
    assert_eq!(made.status, 201);
    assert_eq!(reader.get(BUNDLES).await.names(), ["a"]);
    let refused = delete(&reader, &at(BUNDLES, &made)).await;
    assert_eq!(refused.kind(), (401, "authorization_error"));
}

fn policy(bundle: &Value) -> Value {
    json!({
        "name": "p", "active": true, "principals": { "user_groups": [] },
        "rules": [{
            "name": "r", "resource_type": "server_based_resource",
            "resource_selector": { "_type": "server_based_resource", "selectors": [{
                "selector_type": "server_label",
                "selector": {
                    "_type": "server_label",
                    "server_selector": { "labels": { "system.os_type": "linux" } },
                    "account_selector_type": "none",
                    "account_selector": { "_type": "none" },
                },
            }] },
            "privileges": [{
                "privilege_type": "principal_account_ssh",
                "privilege_value": {
                    "_type": "principal_account_ssh", "principal_account_ssh": true,
                    "sudo_display_name": "s", "sudo_command_bundles": [{ "id": bundle }],
                },
            }],
            "conditions": [],
        }],
    })
}
