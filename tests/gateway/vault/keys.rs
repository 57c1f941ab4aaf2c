//! Virtual keys, as OPA's own clients use them.

use std::time::Duration;

use opagate::keys::{Made, New};
use serde_json::json;

use super::Root;
use crate::support::{Client, Gateway, Reply, Setup, post, put};

const GROUPS: &str = "/v1/teams/demo/groups";

async fn key(gateway: &Gateway, policies: &[&str]) -> Made {
    let keys = gateway.parts.vault.keys().unwrap();
    let new = New {
        name: "terraform".to_owned(),
        policies: policies.iter().map(ToString::to_string).collect(),
        ..New::default()
    };
    keys.create(new).await.unwrap()
}

/// As the vendor's SDK does: no `Authorization`.
async fn service_token(client: &Client, made: &Made, team: &str) -> Reply {
    let body = json!({ "key_id": made.key.id(), "key_secret": made.secret.expose() });
    let path = format!("/v1/teams/{team}/service_token");
    client.clone().showing(None).send(post(&path, &body)).await
}

fn token_of(reply: &Reply) -> String {
    let token = reply.json()["bearer_token"].as_str().unwrap().to_owned();
    assert_eq!(reply.status, 200);
    token
}

#[tokio::test(start_paused = true)]
async fn vendors_client_works_with_url_and_key_changed() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    let all = ["create", "read", "update", "delete", "list"];
    root.policy("tf", "teams/demo/*", &all).await;
    let made = key(&gateway, &["tf"]).await;
    let client = gateway.stranger("127.0.0.1");

    let answer = service_token(&client, &made, "Demo").await;

    let told = answer.json();
    assert!(
        told["team_name"]
            .as_str()
            .unwrap()
            .eq_ignore_ascii_case("demo")
    );
    let ends: jiff::Timestamp = told["expires_at"].as_str().unwrap().parse().unwrap();
    let lasts = ends.duration_since(jiff::Timestamp::now());
    assert!(
        (12 * 3600 - 5..=12 * 3600).contains(&lasts.as_secs()),
        "{told}"
    );
    let client = client.showing(Some(&token_of(&answer)));
    assert_eq!(client.get(GROUPS).await.status, 200);
    let new = json!({ "name": "blue", "roles": [] });
    assert_eq!(client.send(post(GROUPS, &new)).await.status, 201);
    let blue = format!("{GROUPS}/blue");
    let written = client.send(put(&blue, &json!({ "roles": [] }))).await;
    assert_eq!(
        (written.status, client.get(&blue).await.status.as_u16()),
        (http::StatusCode::NO_CONTENT, 200)
    );
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn key_that_is_revoked_ends_its_tokens_on_open_connections() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    Root::of(&gateway)
        .policy("tf", "teams/demo/*", &["list"])
        .await;
    let made = key(&gateway, &["tf"]).await;
    let client = gateway.stranger("127.0.0.1");
    let token = token_of(&service_token(&client, &made, "demo").await);
    let client = client.showing(Some(&token));
    client.get(GROUPS).await;
    assert_eq!(client.get(GROUPS).await.header("x-cache"), "HIT");

    let keys = gateway.parts.vault.keys().unwrap();
    assert!(keys.revoke(made.key.id()).await.unwrap());

    assert_eq!(client.get(GROUPS).await.status, 401);
    let again = service_token(&client, &made, "demo").await;
    assert_eq!(again.error(), (401, "authentication_error".to_owned()));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn wrong_secret_and_wrong_team_get_no_token() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let made = key(&gateway, &[]).await;
    let client = gateway.stranger("127.0.0.1");

    let team = service_token(&client, &made, "other").await;
    let rotated = gateway.parts.vault.keys().unwrap();
    rotated.rotate(made.key.id(), Duration::ZERO).await.unwrap();
    let secret = service_token(&client, &made, "demo").await;

    assert_eq!(team.error(), (404, "unknown_team".to_owned()));
    assert_eq!(secret.error(), (401, "authentication_error".to_owned()));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn token_of_a_key_may_what_its_policies_say_and_look_at_itself() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let made = key(&gateway, &["nothing-yet"]).await;
    let client = gateway.stranger("127.0.0.1");
    let token = token_of(&service_token(&client, &made, "demo").await);
    let client = client.showing(Some(&token));

    let own = client.get("/v1/auth/token/lookup-self").await.json();
    let groups = client.get(GROUPS).await.status;

    assert_eq!(own["data"]["policies"], json!(["default", "nothing-yet"]));
    assert_eq!(own["data"]["display_name"], "terraform");
    assert_eq!(own["data"]["meta"]["key_id"], json!(made.key.id()));
    assert_eq!(groups, 403);
    Root::of(&gateway)
        .policy("nothing-yet", "teams/demo/groups", &["list"])
        .await;
    assert_eq!(client.get(GROUPS).await.status, 200);
    gateway.finish().await;
}
