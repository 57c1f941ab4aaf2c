//! Policies, capabilities and what clients ask of a server; each path in all its spellings.

use serde_json::{Value, json};

use super::{Root, vault, words};
use crate::support::{Setup, get};

#[tokio::test(start_paused = true)]
async fn policies_are_written_read_listed_and_deleted_in_both_dialects() {
    let directory = tempfile::tempdir().unwrap();
    let fixed = "[[policy]]\nname = 'fixed'\nrules = 'path \"a\" { capabilities = [\"read\"] }'\n";
    let gateway = Setup::new().store(directory.path()).text(fixed).start();
    let root = Root::of(&gateway);
    let text = "path \"a/*\" {\n  capabilities = [\"read\"]\n}\n";
    // The same in base64.
    let coded = "cGF0aCAiYS8qIiB7CiAgY2FwYWJpbGl0aWVzID0gWyJyZWFkIl0KfQo=";

    let put = root
        .send(
            "PUT",
            "/v1/sys/policies/acl/Team/One",
            json!({ "policy": text }),
        )
        .await;
    let old = root
        .send("POST", "/v1/sys/policy/two", json!({ "rules": coded }))
        .await;
    let read = root
        .send("GET", "/v1/sys/policies/acl/team/one", Value::Null)
        .await;
    let read_old = root
        .send("GET", "/v1/sys/policy/two", Value::Null)
        .await
        .json();
    let list = root
        .send("LIST", "/v1/sys/policies/acl", Value::Null)
        .await
        .json();
    let list_old = root.send("GET", "/v1/sys/policy", Value::Null).await.json();

    assert_eq!((put.status.as_u16(), old.status.as_u16()), (204, 204));
    assert_eq!(
        read.json()["data"],
        json!({ "name": "team/one", "policy": text })
    );
    assert_eq!(
        (&read_old["rules"], &read_old["data"]["rules"]),
        (&json!(text), &json!(text))
    );
    let names = json!(["default", "fixed", "root", "team/one", "two"]);
    assert_eq!(list["data"], json!({ "keys": names }));
    assert_eq!(
        (&list_old["policies"], &list_old["data"]["keys"]),
        (&names, &names)
    );
    let gone = root.send("DELETE", "/v1/sys/policy/two", Value::Null).await;
    let again = root.send("DELETE", "/v1/sys/policy/two", Value::Null).await;
    let missing = root.send("GET", "/v1/sys/policy/two", Value::Null).await;
    assert_eq!((gone.status.as_u16(), again.status.as_u16()), (204, 204));
    assert_eq!(
        (missing.status.as_u16(), &*missing.body),
        (404, &br#"{"errors":[]}"#[..])
    );
    for (method, name, body) in [
        ("PUT", "fixed", json!({ "policy": text })),
        ("DELETE", "fixed", Value::Null),
        ("DELETE", "default", Value::Null),
        ("PUT", "root", json!({ "policy": text })),
    ] {
        let path = format!("/v1/sys/policies/acl/{name}");
        let reply = root.send(method, &path, body).await;
        assert_eq!(reply.status, 400, "{method} {name}: {reply:?}");
    }
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn capabilities_are_told_as_they_are_decided() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    root.policy("reader", "teams/demo/*", &["read", "list"])
        .await;
    root.policy("less", "teams/demo/groups/owners", &["deny"])
        .await;
    let wish = json!({ "policies": ["reader", "less"] });
    let (token, accessor) = root.token(wish).await;
    let client = gateway.stranger("127.0.0.1");
    let paths = json!({ "paths": ["teams/demo/groups", "/teams/demo/groups/owners", "sys/x"] });

    let path = "/v1/sys/capabilities-self";
    let own = client
        .send(vault("POST", path, &token, paths.to_string()))
        .await
        .json();
    let one = json!({ "path": "teams/demo/groups", "token": token });
    let of_token = root.send("POST", "/v1/sys/capabilities", one).await.json();
    let one = json!({ "path": "teams/demo/groups", "accessor": accessor });
    let of_accessor = root
        .send("POST", "/v1/sys/capabilities-accessor", one)
        .await
        .json();
    let of_root = root
        .send("POST", path, json!({ "paths": "a" }))
        .await
        .json();

    let both = json!(["read", "list"]);
    assert_eq!(own["data"]["teams/demo/groups"], both);
    assert_eq!(own["teams/demo/groups"], both);
    assert_eq!(own["data"]["/teams/demo/groups/owners"], json!(["deny"]));
    assert_eq!(own["data"]["sys/x"], json!(["deny"]));
    assert_eq!(of_token["data"]["capabilities"], both);
    assert_eq!(of_accessor["data"]["capabilities"], both);
    assert_eq!(of_root["data"]["a"], json!(["root"]));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn who_has_no_token_is_told_only_that_somebody_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let nobody = gateway.stranger("127.0.0.1");

    for (path, field, value) in [
        ("/v1/sys/health", "sealed", json!(false)),
        ("/v1/sys/seal-status", "initialized", json!(true)),
        ("/v1/sys/leader", "ha_enabled", json!(false)),
        ("/v1/sys/init", "initialized", json!(true)),
    ] {
        // `vault status` sends an empty one.
        let mut asked = get(path);
        let empty = http::HeaderValue::from_static("");
        asked.headers_mut().insert("x-vault-namespace", empty);
        let reply = nobody.send(asked).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.json()[field]),
            (200, &value),
            "{path}"
        );
    }
    let head = nobody.send(vault("HEAD", "/v1/sys/health", "", "")).await;
    assert_eq!(head.status, 200);
    for path in [
        "/v1/sys/policy",
        "/v1/sys/auth",
        "/v1/auth/token/lookup-self",
        "/v1/sys/none",
    ] {
        let reply = nobody.get(path).await;
        let denied = "permission denied".to_owned();
        assert_eq!(
            (reply.status.as_u16(), words(&reply)),
            (403, denied),
            "{path}"
        );
    }
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn every_spelling_of_a_path_is_the_same_path() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    let rules = json!({ "path": {
        "sys/*": { "capabilities": ["read", "list"] },
        "sys/policies/acl/secret-one": { "capabilities": ["deny"] },
    }});
    let written = json!({ "policy": rules.to_string() });
    let written = root.send("PUT", "/v1/sys/policies/acl/most", written).await;
    assert_eq!(written.status, 204);
    root.policy("secret-one", "a", &["read"]).await;
    let (token, _) = root.token(json!({ "policies": ["most"] })).await;
    let client = gateway.stranger("127.0.0.1");
    let ask = |method: &'static str, path: &'static str| {
        let asked = vault(method, path, &token, "");
        let client = client.clone();
        async move { client.send(asked).await.status.as_u16() }
    };

    for path in [
        "/v1/sys/policies/acl/secret-one",
        "/v1/sys/policies/acl/secret%2Done",
        "/v1/sys/policies/acl/%73ecret-one",
        "//v1/sys/policies/acl/secret-one",
        "/v1/sys/policies/acl/secret-one/",
        "/v1/sys/%70olicies/acl/secret-one",
    ] {
        assert_eq!(ask("GET", path).await, 403, "{path}");
    }
    for (method, path) in [
        ("LIST", "/v1/sys/policies/acl"),
        ("LIST", "/v1/sys/policies/acl/"),
        ("GET", "/v1/sys/policies/acl/?list=true"),
        ("GET", "/v1/sys/policies/acl?list=True"),
        ("GET", "/v1/sys/policies/acl/default"),
    ] {
        assert_eq!(ask(method, path).await, 200, "{method} {path}");
    }
    assert_eq!(ask("GET", "/v1/sys/policies/acl/../x").await, 400);
    // A bearer is as good as the other header, which comes first if there are both.
    let bearer = client.clone().showing(Some(&token));
    assert_eq!(bearer.get("/v1/sys/policy").await.status, 200);
    let both = bearer
        .send(vault("GET", "/v1/sys/policy", "hvs.wrong", ""))
        .await;
    assert_eq!(both.status, 403);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_store_it_is_said_what_to_set() {
    let gateway = Setup::new().start();
    for path in [
        "/v1/auth/token/lookup-self",
        "/v1/sys/health",
        "/v1/auth/okta/login/fred",
    ] {
        let reply = gateway.reader().send(vault("POST", path, "", "{}")).await;

        assert_eq!(reply.status, 404, "{path}");
        assert!(words(&reply).contains("`store.path`"), "{reply:?}");
    }
    gateway.finish().await;
}
