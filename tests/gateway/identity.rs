//! Who is let in, through which door.

use http::{HeaderValue, Request};
use opagate::exchange::Body;
use serde_json::json;

use crate::support::{Gateway, get, post, put, token_of};

const PATH: &str = "/v1/teams/demo/groups/owners";
const TOKEN: &str = "/v1/teams/demo/service_token";

fn key(secret: &str) -> Request<Body> {
    post(TOKEN, &json!({ "key_id": "any", "key_secret": secret }))
}

fn with(name: &'static str, value: &'static str) -> Request<Body> {
    let mut asked = get(PATH);
    asked
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
    asked
}

#[tokio::test(start_paused = true)]
async fn vendors_client_gets_its_own_secret_as_token_and_can_work_with_it() {
    let gateway = Gateway::start();
    let nobody = gateway.reader().showing(None);

    let reply = nobody.send(key(&token_of("reader"))).await;
    let body = reply.json();
    let client = nobody.clone().showing(body["bearer_token"].as_str());
    let answered = client.get(PATH).await;

    assert_eq!(
        (reply.status.as_u16(), &body["team_name"]),
        (200, &json!("demo"))
    );
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(answered.status, 200);
    assert_eq!(gateway.emulator.counters().token_calls, 1);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn wrong_secret_gets_no_token() {
    let gateway = Gateway::start();
    let nobody = gateway.reader().showing(None);
    let gateways_own = gateway.emulator.key().1;
    for secret in ["", "canary", &gateways_own, &token_of("nobody")] {
        let reply = nobody.send(key(secret)).await;

        assert_eq!(reply.error(), (401, "authentication_error".to_owned()));
    }
    let elsewhere = json!({ "key_id": "any", "key_secret": token_of("reader") });
    let reply = nobody
        .send(post("/v1/teams/other/service_token", &elsewhere))
        .await;
    assert_eq!(reply.error(), (404, "unknown_team".to_owned()));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn connection_that_has_proved_itself_once_is_asked_again() {
    let gateway = Gateway::start();
    let client = gateway.reader();
    assert_eq!(client.get(PATH).await.status, 200);

    let wrong = client
        .clone()
        .showing(Some("canary-token-of-readeR"))
        .get(PATH)
        .await;
    let other = client.clone().showing(Some(&token_of("writer")));
    let written = other.send(put(PATH, &json!({ "roles": [] }))).await;
    let refused = client.send(put(PATH, &json!({ "roles": [] }))).await;

    assert_eq!(wrong.status, 401);
    assert_eq!(written.status, 204);
    assert_eq!(refused.status, 403);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn neighbour_needs_no_token() {
    let gateway = Gateway::start();
    let neighbour = gateway.neighbour();

    for host in [
        "127.0.0.1:8090",
        "localhost",
        "[::1]:1",
        "gateway.test",
        "GATEWAY.test:80",
    ] {
        assert_eq!(
            neighbour.send(with("host", host)).await.status,
            200,
            "{host}"
        );
    }
    let written = neighbour.send(put(PATH, &json!({ "roles": [] }))).await;
    let token = neighbour.send(key("anything")).await;

    assert_eq!((written.status.as_u16(), token.status.as_u16()), (204, 200));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn web_page_is_not_a_neighbour() {
    let gateway = Gateway::start();
    let neighbour = gateway.neighbour();
    for asked in [
        with("origin", "http://localhost:3000"),
        with("origin", "null"),
        with("sec-fetch-site", "same-origin"),
        with("sec-fetch-site", "cross-site"),
        with("host", "rebound.test"),
        with("host", "127.0.0.1.rebound.test"),
        with("host", "gateway.test.rebound.test"),
    ] {
        let reply = neighbour.send(asked).await;

        assert_eq!(reply.error(), (403, "origin_refused".to_owned()));
    }
    let mut token = key("anything");
    token
        .headers_mut()
        .insert("origin", HeaderValue::from_static("https://rebound.test"));
    assert_eq!(neighbour.send(token).await.status, 403);
    assert_eq!(gateway.emulator.counters().calls, 0);
    gateway.finish().await;
}
