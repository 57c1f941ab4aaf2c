//! What cannot be understood is refused in Vault's form, and nothing comes of it.

use http::HeaderValue;
use serde_json::{Value, json};

use super::{Root, vault, words};
use crate::support::{ROOT, Setup};

/// Bodies that make no token.
const TOKENS: &[&str] = &[
    "{",
    "[]",
    "7",
    "\"x\"",
    r#"{"ttl":"soon"}"#,
    r#"{"ttl":-1}"#,
    r#"{"ttl":[1]}"#,
    r#"{"ttl":"-1h"}"#,
    r#"{"ttl":"99999999999999999999"}"#,
    r#"{"policies":{"a":1}}"#,
    r#"{"policies":[["a"]]}"#,
    r#"{"num_uses":-1}"#,
    r#"{"num_uses":"x"}"#,
    r#"{"num_uses":99999999999}"#,
    r#"{"meta":[]}"#,
    r#"{"meta":{"a":{}}}"#,
    r#"{"renewable":"maybe"}"#,
    r#"{"type":"batch"}"#,
    r#"{"type":"x"}"#,
    r#"{"id":"mine"}"#,
    r#"{"entity_alias":"x"}"#,
    r#"{"display_name":{}}"#,
    r#"{"period":"1x"}"#,
    "\u{0}\u{1}",
];

/// Bodies that make no policy.
const POLICIES: &[&str] = &[
    "",
    "{}",
    r#"{"policy":""}"#,
    r#"{"policy":"path {"}"#,
    r#"{"policy":7}"#,
    r#"{"policy":"path \"a\" { capabilities = [\"fly\"] }"}"#,
    r#"{"policy":"path \"a\" {\n capabilities = [\"read\"]\n principal = \"demo/none\"\n}"}"#,
    r#"{"policy":"path \"a\" {\n capabilities = [\"read\"]\n min_wrapping_ttl = \"1s\"\n}"}"#,
];

/// Method, path and body of all the rest.
const OTHERS: &[(&str, &str, &str)] = &[
    ("PUT", "/v1/sys/policies/acl/a%0ab", GOOD),
    ("PUT", "/v1/sys/policies/acl/a%22b", GOOD),
    ("PUT", "/v1/sys/policy/a,b", GOOD),
    ("POST", "/v1/auth/token/lookup-accessor", "{}"),
    ("POST", "/v1/auth/token/revoke", "{}"),
    ("POST", "/v1/auth/token/revoke", r#"{"token":[]}"#),
    ("POST", "/v1/sys/capabilities-self", "{}"),
    ("POST", "/v1/sys/capabilities", r#"{"path":"a"}"#),
    (
        "POST",
        "/v1/sys/capabilities",
        r#"{"path":"a","token":"hvs.x"}"#,
    ),
    ("POST", "/v1/sys/capabilities-self", r#"{"paths":[{}]}"#),
    (
        "POST",
        "/v1/auth/token/renew-self",
        r#"{"increment":"later"}"#,
    ),
    ("GET", "/v1/sys/policies/acl?list=perhaps", ""),
    ("GET", "/v1/sys/health?activecode=abc", ""),
];

const GOOD: &str = r#"{"policy":"path \"a\" { capabilities = [\"read\"] }"}"#;

/// Method, path, body.
fn inputs() -> Vec<(&'static str, String, String)> {
    let create = "/v1/auth/token/create".to_owned();
    let policy = "/v1/sys/policies/acl/x".to_owned();
    let long = "x".repeat(100_000);
    let tokens = TOKENS
        .iter()
        .map(|body| ("POST", create.clone(), (*body).to_owned()));
    let policies = POLICIES
        .iter()
        .map(|body| ("PUT", policy.clone(), (*body).to_owned()));
    let others = OTHERS.iter();
    let others =
        others.map(|(method, path, body)| (*method, (*path).to_owned(), (*body).to_owned()));
    let huge = [
        (
            "POST",
            create.clone(),
            format!(r#"{{"meta":{{"a":"{long}"}}}}"#),
        ),
        (
            "PUT",
            policy.clone(),
            format!(r##"{{"policy":"# {long}"}}"##),
        ),
        (
            "PUT",
            format!("/v1/sys/policy/{}", "x".repeat(500)),
            GOOD.to_owned(),
        ),
    ];
    tokens.chain(policies).chain(others).chain(huge).collect()
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_400_in_vaults_form_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    let sessions = gateway.parts.sessions.clone().unwrap();
    let before = (
        sessions.len(),
        root.send("GET", "/v1/sys/policy", Value::Null).await.json(),
    );
    for (method, path, body) in inputs() {
        let reply = root.0.send(vault(method, &path, ROOT, body.clone())).await;

        let shown: String = body.chars().take(60).collect();
        assert_eq!(reply.status, 400, "{method} {path} {shown}: {reply:?}");
        assert_eq!(reply.header("content-type"), "application/json");
        assert!(
            reply.json()["errors"].is_array(),
            "{path} {shown}: {reply:?}"
        );
    }
    let after = (
        sessions.len(),
        root.send("GET", "/v1/sys/policy", Value::Null).await.json(),
    );
    assert_eq!(after.0, before.0);
    assert_eq!(after.1["keys"], before.1["keys"]);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn wrapping_is_refused_rather_than_ignored() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    for ttl in ["60", "5m", "junk"] {
        let mut asked = vault("POST", "/v1/auth/token/create", ROOT, "{}");
        let ttl = HeaderValue::from_static(ttl);
        asked.headers_mut().insert("x-vault-wrap-ttl", ttl);

        let reply = root.0.send(asked).await;

        assert_eq!(reply.status, 400);
        assert!(!words(&reply).is_empty());
    }
    assert_eq!(gateway.parts.sessions.as_ref().unwrap().len(), 1);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_404_and_other_methods_are_405() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    for (method, path, status) in [
        ("GET", "/v1/sys/none", 404),
        ("POST", "/v1/auth/token/roles/x", 404),
        ("POST", "/v1/auth/token/create/role", 404),
        ("PATCH", "/v1/sys/policy/x", 405),
        ("GET", "/v1/auth/token/create", 405),
        ("DELETE", "/v1/auth/token/lookup-self", 405),
        ("GET", "/v1/sys/policies/acl", 405),
    ] {
        let reply = root.send(method, path, json!({})).await;

        assert_eq!(reply.status, status, "{method} {path}: {reply:?}");
        assert!(reply.json()["errors"].is_array(), "{method} {path}");
    }
    gateway.finish().await;
}
