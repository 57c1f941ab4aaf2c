//! What changes acts at once on connections that are open, and on answers from memory.

use serde_json::{Value, json};

use super::{Root, vault};
use crate::support::{Client, Gateway, Setup, get};

const GROUPS: &str = "/v1/teams/demo/groups";

/// Status of a read that is answered from memory, if it is answered.
async fn again(client: &Client) -> (u16, String) {
    client.get(GROUPS).await;
    let reply = client.get(GROUPS).await;
    let cache = reply.header("x-cache").to_owned();
    (reply.status.as_u16(), cache)
}

fn hit() -> (u16, String) {
    (200, "HIT".to_owned())
}

/// A gateway, and one whose token lets it read groups.
async fn reading(gateway: &Gateway) -> (Root, Client, String) {
    let root = Root::of(gateway);
    root.policy("reader", "teams/demo/*", &["read", "list"])
        .await;
    let (token, _) = root
        .token(json!({ "policies": ["reader"], "ttl": "1h" }))
        .await;
    let client = gateway.stranger("127.0.0.1").showing(Some(&token));
    (root, client, token)
}

#[tokio::test(start_paused = true)]
async fn token_that_is_revoked_is_good_for_nothing_on_any_connection() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let (root, client, token) = reading(&gateway).await;
    let other = gateway.stranger("127.0.0.1").showing(Some(&token));
    assert_eq!(again(&client).await, hit());
    assert_eq!(again(&other).await, hit());

    let gone = root
        .send("POST", "/v1/auth/token/revoke", json!({ "token": token }))
        .await;

    assert_eq!(gone.status, 204);
    assert_eq!(again(&client).await.0, 401);
    assert_eq!(again(&other).await.0, 401);
    assert_eq!(again(&gateway.reader()).await, hit());
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn token_that_ends_by_itself_is_good_for_nothing_from_that_moment_on() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    root.policy("reader", "teams/demo/*", &["read", "list"])
        .await;
    let (token, _) = root
        .token(json!({ "policies": ["reader"], "ttl": 20 }))
        .await;
    let client = gateway.stranger("127.0.0.1").showing(Some(&token));
    assert_eq!(again(&client).await, hit());

    tokio::time::sleep(std::time::Duration::from_secs(19)).await;
    let before = again(&client).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let after = again(&client).await;

    assert_eq!((before, after.0), (hit(), 401));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn policy_that_is_written_anew_acts_on_tokens_that_have_it() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let (root, client, _) = reading(&gateway).await;
    assert_eq!(again(&client).await, hit());

    root.policy("reader", "teams/demo/groups", &["deny"]).await;
    let denied = again(&client).await.0;
    root.policy("reader", "teams/demo/groups", &["list"]).await;
    let granted = again(&client).await;
    let gone = root
        .send("DELETE", "/v1/sys/policies/acl/reader", Value::Null)
        .await;
    let without = again(&client).await.0;

    assert_eq!((denied, granted), (403, hit()));
    assert_eq!((gone.status.as_u16(), without), (204, 403));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_answered_is_there_after_a_start() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let (root, _, token) = reading(&gateway).await;
    let (gone, accessor) = root.token(json!({ "policies": ["reader"] })).await;
    let revoke = json!({ "accessor": accessor });
    let revoked = root
        .send("POST", "/v1/auth/token/revoke-accessor", revoke)
        .await;
    assert_eq!(revoked.status, 204);
    drop((root, token.len()));
    gateway.finish().await;

    let gateway = Setup::new().store(directory.path()).start();

    let kept = gateway.stranger("127.0.0.1").showing(Some(&token));
    assert_eq!(kept.get(GROUPS).await.status, 200);
    let gone = gateway.stranger("127.0.0.1").showing(Some(&gone));
    assert_eq!(gone.get(GROUPS).await.status, 401);
    let bytes = std::fs::read(directory.path().join("store")).unwrap();
    for secret in ["canary", "hvs.", &token[4..]] {
        let is_there = bytes
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!is_there, "{secret}");
    }
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn root_token_of_the_configuration_can_be_revoked() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    let (child, _) = root.token(json!({ "policies": ["root"] })).await;
    let read = |token: String| vault("GET", "/v1/sys/policy", &token, "");
    assert_eq!(root.0.send(read(child.clone())).await.status, 200);

    let gone = root
        .send("PUT", "/v1/auth/token/revoke-self", Value::Null)
        .await;

    assert_eq!(gone.status, 204);
    let again = root.send("GET", "/v1/sys/policy", Value::Null).await;
    assert_eq!(again.status, 403);
    // What it made ends with it.
    assert_eq!(root.0.send(read(child)).await.status, 403);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn callers_of_the_configuration_change_nothing_of_the_gateways_own() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    for client in [gateway.writer(), gateway.reader(), gateway.neighbour()] {
        let own = client.send(get("/v1/auth/token/lookup-self")).await;
        let read = client.send(get("/v1/sys/policies/acl/default")).await;
        let made = client
            .send(vault("POST", "/v1/auth/token/create", "", "{}"))
            .await;
        let body = r#"{"policy":"path \"*\" { capabilities = [\"sudo\"] }"}"#;
        let written = client
            .send(vault("PUT", "/v1/sys/policy/x", "", body))
            .await;

        let statuses = [own, read, made, written].map(|reply| reply.status.as_u16());
        assert_eq!(statuses, [200, 403, 403, 403]);
    }
    gateway.finish().await;
}
