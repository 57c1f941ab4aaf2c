//! Tokens through Vault's endpoints, as its clients depend on them.

use serde_json::{Value, json};

use super::{Root, vault, words};
use crate::support::{Gateway, ROOT, Reply, Setup};

/// What every answer with a body has.
const ENVELOPE: [&str; 8] = [
    "auth",
    "data",
    "lease_duration",
    "lease_id",
    "renewable",
    "request_id",
    "warnings",
    "wrap_info",
];

fn check_envelope(reply: &Reply) {
    let body = reply.json();
    let names: Vec<_> = body
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names, ENVELOPE);
    // hvac compares it as a whole.
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("cache-control"), "no-store");
}

async fn ask(gateway: &Gateway, token: &str, method: &str, path: &str, body: Value) -> Reply {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let client = gateway.stranger("127.0.0.1");
    client.send(vault(method, path, token, body)).await
}

#[tokio::test(start_paused = true)]
async fn token_looks_itself_up_renews_and_revokes_itself() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    let wish = json!({
        "policies": ["Dev"], "ttl": "1h", "display_name": "nightly", "meta": { "for": "ci" },
        "no_parent": true,
    });
    let (token, accessor) = root.token(wish).await;
    let send = |method, path, body| ask(&gateway, &token, method, path, body);

    let looked = send("GET", "/v1/auth/token/lookup-self", Value::Null).await;
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    let renewed = send(
        "PUT",
        "/v1/auth/token/renew-self",
        json!({ "increment": "10m" }),
    )
    .await;

    check_envelope(&looked);
    let data = &looked.json()["data"];
    assert_eq!(data["id"], *token);
    assert_eq!(data["accessor"], *accessor);
    assert_eq!(data["policies"], json!(["default", "dev"]));
    assert_eq!(data["display_name"], "token-nightly");
    assert_eq!(data["path"], "auth/token/create");
    assert_eq!(data["meta"], json!({ "for": "ci" }));
    assert_eq!(
        (&data["orphan"], &data["type"]),
        (&json!(true), &json!("service"))
    );
    assert_eq!(
        (&data["creation_ttl"], &data["num_uses"]),
        (&json!(3600), &json!(0))
    );
    assert!(data["ttl"].as_u64().unwrap() > 3590 && data["expire_time"].is_string());
    check_envelope(&renewed);
    assert_eq!(renewed.json()["data"], Value::Null);
    let auth = &renewed.json()["auth"];
    assert_eq!(
        (&auth["lease_duration"], &auth["client_token"]),
        (&json!(600), &json!(token))
    );
    assert_eq!(auth["token_policies"], json!(["default", "dev"]));
    let revoked = send("POST", "/v1/auth/token/revoke-self", Value::Null).await;
    assert_eq!((revoked.status.as_u16(), revoked.body.len()), (204, 0));
    let after = send("GET", "/v1/auth/token/lookup-self", Value::Null).await;
    assert_eq!(
        (after.status.as_u16(), words(&after)),
        (403, "permission denied".to_owned())
    );
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn others_tokens_are_found_by_token_and_by_accessor_by_those_who_may() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    let (token, accessor) = root
        .token(json!({ "policies": ["dev"], "ttl": "1h" }))
        .await;
    let path = |name: &str| format!("/v1/auth/token/{name}");

    let by_token = root
        .send("POST", &path("lookup"), json!({ "token": token }))
        .await;
    let by_accessor = json!({ "accessor": accessor });
    let looked = root
        .send("POST", &path("lookup-accessor"), by_accessor.clone())
        .await;
    let renewed = root
        .send("PUT", &path("renew"), json!({ "token": token }))
        .await;
    let also = root
        .send("PUT", &path("renew-accessor"), by_accessor.clone())
        .await;
    let listed = root.send("LIST", &path("accessors"), Value::Null).await;

    assert_eq!(by_token.json()["data"]["id"], *token);
    // Whoever has the accessor does not get the token by it.
    assert_eq!(looked.json()["data"]["id"], "");
    assert_eq!(renewed.json()["auth"]["client_token"], *token);
    assert_eq!(also.json()["auth"]["client_token"], "");
    let keys = listed.json()["data"]["keys"].clone();
    assert!(keys.as_array().unwrap().contains(&json!(accessor)));
    let unknown = root
        .send("POST", &path("lookup"), json!({ "token": "hvs.x" }))
        .await;
    assert_eq!(
        (unknown.status.as_u16(), words(&unknown)),
        (403, "bad token".to_owned())
    );
    let unknown = root
        .send("POST", &path("revoke"), json!({ "token": "hvs.x" }))
        .await;
    assert_eq!(unknown.status, 204);
    let unknown = root
        .send("POST", &path("lookup-accessor"), json!({ "accessor": "x" }))
        .await;
    assert_eq!(
        (unknown.status.as_u16(), words(&unknown)),
        (403, "invalid accessor".to_owned())
    );
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn others_tokens_are_nobodys_business() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    let (token, accessor) = root.token(json!({ "policies": ["dev"] })).await;
    let by_accessor = json!({ "accessor": accessor });
    let path = |name: &str| format!("/v1/auth/token/{name}");

    for name in [
        "lookup",
        "renew",
        "accessors",
        "lookup-accessor",
        "revoke-orphan",
    ] {
        let method = if name == "accessors" { "LIST" } else { "POST" };
        let reply = ask(&gateway, &token, method, &path(name), by_accessor.clone()).await;
        let denied = "1 error occurred:\n\t* permission denied\n\n".to_owned();
        assert_eq!(
            (reply.status.as_u16(), words(&reply)),
            (403, denied),
            "{name}"
        );
    }
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn accessors_and_orphans_need_sudo() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    root.policy("plain", "auth/token/*", &["create", "update", "list"])
        .await;
    root.policy(
        "strong",
        "auth/token/*",
        &["create", "update", "list", "sudo"],
    )
    .await;
    let (plain, _) = root.token(json!({ "policies": ["plain"] })).await;
    let (strong, _) = root.token(json!({ "policies": ["strong"] })).await;
    for (method, name, body, refused) in [
        ("LIST", "accessors", Value::Null, 403),
        ("GET", "accessors?list=True", Value::Null, 403),
        ("POST", "create-orphan", json!({}), 403),
        ("POST", "create", json!({ "no_parent": true }), 400),
        ("POST", "create", json!({ "period": "1h" }), 400),
        ("POST", "create", json!({ "policies": ["other"] }), 400),
    ] {
        let path = format!("/v1/auth/token/{name}");

        let without = ask(&gateway, &plain, method, &path, body.clone()).await;
        let with = ask(&gateway, &strong, method, &path, body).await;

        let statuses = [without, with].map(|reply| reply.status.as_u16());
        assert_eq!(statuses, [refused, 200], "{path}");
    }
    let path = "/v1/auth/token/create";
    let root = json!({ "policies": ["root"] });
    let reply = ask(&gateway, &strong, "POST", path, root).await;
    assert_eq!(reply.status, 400, "{reply:?}");
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn child_has_no_more_than_its_parent_and_ends_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    root.policy("maker", "auth/token/create", &["update"]).await;
    let (parent, accessor) = root.token(json!({ "policies": ["maker", "dev"] })).await;
    let create = |body| ask(&gateway, &parent, "POST", "/v1/auth/token/create", body);

    let same = create(json!({})).await.json();
    let less = create(json!({ "policies": "dev", "no_default_policy": true }))
        .await
        .json();
    let more = create(json!({ "policies": ["dev", "ops"] })).await;

    assert_eq!(same["auth"]["policies"], json!(["default", "dev", "maker"]));
    assert_eq!(less["auth"]["policies"], json!(["dev"]));
    assert_eq!(
        (&less["auth"]["orphan"], more.status.as_u16()),
        (&json!(false), 400)
    );
    assert_eq!(words(&more), "child policies must be subset of parent");
    // Without `default` a token cannot even look at itself.
    let less = less["auth"]["client_token"].as_str().unwrap().to_owned();
    let own = "/v1/auth/token/lookup-self";
    assert_eq!(
        ask(&gateway, &less, "GET", own, Value::Null).await.status,
        403
    );
    let same = same["auth"]["client_token"].as_str().unwrap().to_owned();
    assert_eq!(
        ask(&gateway, &same, "GET", own, Value::Null).await.status,
        200
    );
    let gone = json!({ "accessor": accessor });
    root.send("POST", "/v1/auth/token/revoke-accessor", gone)
        .await;
    assert_eq!(
        ask(&gateway, &same, "GET", own, Value::Null).await.status,
        403
    );
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn root_token_does_not_end_and_cannot_be_renewed() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();

    let looked = ask(
        &gateway,
        ROOT,
        "GET",
        "/v1/auth/token/lookup-self",
        Value::Null,
    )
    .await;
    let renewed = ask(
        &gateway,
        ROOT,
        "POST",
        "/v1/auth/token/renew-self",
        json!({}),
    )
    .await;

    let data = &looked.json()["data"];
    assert_eq!(
        (&data["policies"], &data["ttl"]),
        (&json!(["root"]), &json!(0))
    );
    assert_eq!(
        (&data["expire_time"], &data["meta"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        (renewed.status.as_u16(), words(&renewed)),
        (400, "lease is not renewable".to_owned())
    );
    gateway.finish().await;
}
