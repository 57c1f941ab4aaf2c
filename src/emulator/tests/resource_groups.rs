use http::Method;
use serde_json::json;

use super::*;
use crate::emulator::schema;

/// Makes a service user in a group of its own name with these roles, and tells the group's id.
pub(super) async fn admit(admin: &Client, name: &str, roles: Value) -> Value {
    let body = json!({ "name": name, "roles": roles });
    let group = post(admin, "groups", body).await;
    post(admin, "service_users", json!({ "name": name })).await;
    post(
        admin,
        &format!("groups/{name}/users"),
        json!({ "name": name }),
    )
    .await;
    let key = format!("service_users/{name}/keys");
    admin.send(Method::POST, &key, None).await;
    group.body["id"].clone()
}

/// The client of a service user, with the roles that it has now.
pub(super) async fn enter(admin: &Client, name: &str) -> Client {
    let emulator = admin.emulator.clone();
    let (id, secret) = emulator.key_of(name).unwrap();
    let token = login(&emulator, &id, &secret).await;
    let token = token.body["bearer_token"].as_str().unwrap().to_owned();
    Client { emulator, token }
}

pub(super) async fn post(client: &Client, path: &str, body: Value) -> Got {
    client.send(Method::POST, path, Some(body)).await
}

pub(super) async fn put(client: &Client, path: &str, body: Value) -> Got {
    client.send(Method::PUT, path, Some(body)).await
}

pub(super) async fn delete(client: &Client, path: &str) -> Got {
    client.send(Method::DELETE, path, None).await
}

/// The path of the first object of a list.
pub(super) async fn first(client: &Client, list: &str) -> String {
    let got = client.get(list).await;
    format!("{list}/{}", got.body["list"][0]["id"].as_str().unwrap())
}

/// The path of what was made in a list.
pub(super) fn at(list: &str, made: &Got) -> String {
    format!("{list}/{}", made.body["id"].as_str().unwrap())
}

/// Whether an object has all fields of its schema and no others.
pub(super) fn fits(name: &str, object: &Value) -> bool {
    let kept = schema::keep(name, object.as_object().unwrap().clone());
    kept.is_ok_and(|kept| Value::Object(kept) == *object)
}

#[tokio::test]
async fn resource_group_is_made_changed_and_deleted() {
    let client = Client::new(small()).await;
    let body = json!({ "name": "a", "description": "d", "team_id": "mine", "other": 1 });
    let made = post(&client, "resource_groups", body).await;
    let path = at("resource_groups", &made);

    let shown = client.get(&path).await;
    let replaced = put(&client, &path, json!({ "name": "b" })).await;
    let after = client.get(&path).await;
    let found = client.get("resource_groups?contains=B").await;
    let deleted = delete(&client, &path).await;

    assert_eq!((made.status, shown.status), (201, 200));
    assert_eq!(made.body, shown.body);
    assert!(fits("ResourceGroup", &shown.body), "{:?}", shown.body);
    assert_eq!(shown.body["delegated_resource_admin_groups"], json!([]));
    assert_eq!((replaced.status, replaced.body), (NO_CONTENT, Value::Null));
    assert_eq!(
        (&after.body["name"], &after.body["description"]),
        (&json!("b"), &json!(""))
    );
    assert_eq!(after.body["team_id"], made.body["team_id"]);
    assert_eq!(found.names(), ["b"]);
    assert_eq!(deleted.status, NO_CONTENT);
    assert_eq!(
        client.get(&path).await.kind(),
        (404, "resource_does_not_exist")
    );
}

#[tokio::test]
async fn name_of_a_resource_group_is_taken_once() {
    let client = Client::new(small()).await;
    let path = first(&client, "resource_groups").await;
    let body = json!({ "name": "resource-group-0002" });

    let made = post(&client, "resource_groups", body.clone()).await;
    let renamed = put(&client, &path, body).await;
    let kept = put(&client, &path, json!({ "name": "resource-group-0001" })).await;

    assert_eq!(made.kind(), (409, "resource_already_exists"));
    assert_eq!(renamed.kind(), (409, "resource_already_exists"));
    assert_eq!(kept.status, NO_CONTENT);
}

#[tokio::test]
async fn resource_group_is_refused_by_the_field() {
    let client = Client::new(small()).await;
    let unknown = json!({ "id": "6052868b-1b04-4a14-8288-e6496d7f2f4b" });
    let everyone = client.get("groups/everyone").await.body["id"].clone();
    let groups = "delegated_resource_admin_groups";
    let cases = [
        (json!({}), "name: missing"),
        (json!({ "name": "" }), "name: not 1 to 255 characters"),
        (json!({ "name": 7 }), "name: not a string"),
        (
            json!({ "name": "a", groups: [{ "id": everyone }, unknown] }),
            "delegated_resource_admin_groups[1].id: no such group",
        ),
        (
            json!({ "name": "a", groups: ["x"] }),
            "delegated_resource_admin_groups[0]: not an object",
        ),
    ];

    for (body, message) in cases {
        let got = post(&client, "resource_groups", body).await;
        assert_eq!(got.kind(), (400, "invalid_request"), "{message}");
        assert_eq!(got.body["message"], message);
    }
}

#[tokio::test]
async fn resource_group_tells_that_its_group_is_missing_and_keeps_it() {
    let client = Client::new(small()).await;
    let path = first(&client, "resource_groups").await;
    let group = client.get("groups/group-0003").await.body["id"].clone();
    let body = json!({ "name": "a", "delegated_resource_admin_groups": [{ "id": group }] });
    put(&client, &path, body.clone()).await;

    let before = client.get(&path).await;
    delete(&client, "groups/group-0003").await;
    let after = client.get(&path).await;
    let again = put(&client, &path, body).await;

    let named = json!({ "id": group, "name": "group-0003", "type": "user_group" });
    assert_eq!(
        before.body["delegated_resource_admin_groups"],
        json!([named])
    );
    let gone = json!({ "id": group, "type": "user_group", "missing": true });
    assert_eq!(after.body["delegated_resource_admin_groups"], json!([gone]));
    assert_eq!(again.status, NO_CONTENT);
}

#[tokio::test]
async fn group_is_delegated_admin_while_a_resource_group_names_it() {
    let client = Client::new(small()).await;
    let path = first(&client, "resource_groups").await;
    let named =
        |id: &Value| json!({ "name": "a", "delegated_resource_admin_groups": [{ "id": id }] });
    let group = client.get("groups/group-0003").await.body["id"].clone();
    let nobody = json!({ "name": "a" });
    let role = json!(["delegated_resource_admin"]);

    put(&client, &path, named(&group)).await;
    let with = client.get("groups/group-0003").await;
    let listed = client.get("groups?contains=group-0003").await;
    put(&client, &path, nobody.clone()).await;
    let without = client.get("groups/group-0003").await;
    put(&client, "groups/group-0003", json!({ "roles": role })).await;
    put(&client, &path, named(&group)).await;
    put(&client, &path, nobody).await;
    let given = client.get("groups/group-0003").await;

    assert_eq!(with.body["roles"], role);
    assert_eq!(listed.body["list"][0]["roles"], role);
    assert_eq!(without.body["roles"], json!([]));
    assert_eq!(given.body["roles"], role);
}

#[tokio::test]
async fn delegated_admin_sees_only_the_resource_groups_of_own_groups() {
    let admin = Client::new(small()).await;
    let group = admit(&admin, "delegate", json!([])).await;
    let list = admin.get("resource_groups").await;
    let own = format!(
        "resource_groups/{}",
        list.body["list"][1]["id"].as_str().unwrap()
    );
    let other = first(&admin, "resource_groups").await;
    let body = json!({ "name": "own", "delegated_resource_admin_groups": [{ "id": group }] });
    put(&admin, &own, body.clone()).await;

    let delegate = enter(&admin, "delegate").await;

    assert_eq!(list.names().len(), 3);
    assert_eq!(delegate.get("resource_groups").await.names(), ["own"]);
    let shown = delegate.get(&own).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.body.get("delegated_resource_admin_groups"), None);
    let hidden = delegate.get(&other).await;
    assert_eq!(hidden.kind(), (404, "resource_does_not_exist"));
    let changed = put(&delegate, &own, body).await;
    assert_eq!(changed.kind(), (401, "authorization_error"));
    let gone = delete(&delegate, &own).await;
    assert_eq!(gone.kind(), (401, "authorization_error"));
}

#[tokio::test]
async fn whoever_has_no_role_sees_no_resource_group() {
    let admin = Client::new(small()).await;
    admit(&admin, "nobody", json!([])).await;
    admit(&admin, "reader", json!(["security_admin"])).await;
    let path = first(&admin, "resource_groups").await;

    let nobody = enter(&admin, "nobody").await;
    let reader = enter(&admin, "reader").await;

    assert_eq!(nobody.get(&path).await.kind(), (401, "authorization_error"));
    let shown = reader.get(&path).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.body.get("delegated_resource_admin_groups"), None);
}

#[tokio::test]
async fn what_is_in_a_resource_group_goes_with_it() {
    let client = Client::new(small()).await;
    let path = first(&client, "resource_groups").await;
    let project = first(&client, &format!("{path}/projects")).await;
    let servers = client.get(&format!("{project}/servers")).await;
    let server = servers.body["list"][0]["id"].clone();
    let tokens = format!("{project}/server_enrollment_tokens");
    let token = post(&client, &tokens, json!({ "description": "t" })).await;
    let settings = format!("{project}/server_checkout_settings");
    put(&client, &settings, json!({ "checkout_required": true })).await;
    let policy = post(&client, "security_policy", policy_for_server(&server)).await;
    let policy = at("security_policy", &policy);
    let selector = "/rules/0/resource_selector/selectors/0/selector/server";
    let before = client.get(&policy).await;

    let deleted = delete(&client, &path).await;

    let after = client.get(&policy).await;
    assert_eq!(deleted.status, NO_CONTENT);
    assert_eq!(
        before.body.pointer(selector).unwrap()["name"],
        "server-0001"
    );
    assert_eq!(after.body.pointer(selector).unwrap()["missing"], true);
    for path in [&project, &settings, &tokens, &at(&tokens, &token)] {
        assert_eq!(client.get(path).await.status, 404, "{path}");
    }
    let servers = client.get("all_servers").await;
    assert_eq!(
        servers.names(),
        ["server-0003", "server-0004", "server-0005", "server-0006"]
    );
    let world = client.emulator.shared.world.lock();
    assert!(world.store.settings.is_empty());
}

fn policy_for_server(server: &Value) -> Value {
    json!({
        "name": "p", "active": true, "principals": { "user_groups": [] },
        "rules": [{
            "name": "r", "resource_type": "server_based_resource",
            "resource_selector": { "_type": "server_based_resource", "selectors": [{
                "selector_type": "individual_server",
                "selector": { "_type": "individual_server", "server": { "id": server } },
            }] },
            "privileges": [{
                "privilege_type": "principal_account_ssh",
                "privilege_value": { "_type": "principal_account_ssh", "principal_account_ssh": true },
            }],
            "conditions": [],
        }],
    })
}
