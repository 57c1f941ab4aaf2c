//! What callers send and nobody can understand.

use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request};
use opagate::exchange::Body;
use serde_json::{Value, json};

use crate::support::{Gateway, get, post, request};

const GROUPS: &str = "/v1/teams/demo/groups";

fn text(media: &'static str, body: impl Into<bytes::Bytes>) -> Request<Body> {
    let mut asked = request(Method::POST, GROUPS, body);
    let media = HeaderValue::from_static(media);
    asked.headers_mut().insert(CONTENT_TYPE, media);
    asked
}

fn with(mut asked: Request<Body>, name: &'static str, value: &'static str) -> Request<Body> {
    asked
        .headers_mut()
        .append(name, HeaderValue::from_static(value));
    asked
}

/// A body as it comes from a connection.
fn arriving(body: &Value) -> Request<Body> {
    post(GROUPS, body).map(Body::stream)
}

/// Requests, and status and `type` of the answers that they deserve.
fn table() -> Vec<(Request<Body>, u16, &'static str)> {
    let large = json!({ "name": "x".repeat(1024 * 1024) });
    let json = "application/json";
    let two_hosts = with(with(get(GROUPS), "host", "a.test"), "host", "b.test");
    vec![
        (get("/v1/teams/nobody/groups"), 404, "unknown_team"),
        (get("/v1/teams/demo/../demo/groups"), 400, "malformed_path"),
        (get("/v1/teams/demo/%2e%2E/groups"), 400, "malformed_path"),
        (get("/v1/teams/demo/./groups"), 400, "malformed_path"),
        (get("/v1/teams/demo//groups"), 400, "malformed_path"),
        (get("/v1/teams/demo/groups/"), 400, "malformed_path"),
        (get("/v1/teams/de%2Fmo/groups"), 400, "malformed_path"),
        (get("/v1/teams/demo%2fgroups"), 400, "malformed_path"),
        (get("/v1/teams/demo/groups/%00"), 400, "malformed_path"),
        (get("/v1/teams/demo/groups/%0d%0ax"), 400, "malformed_path"),
        (get("/v1/teams/demo/groups/%zz"), 400, "malformed_path"),
        (get("/v1/teams/demo/groups/%ff"), 400, "malformed_path"),
        (get("/elsewhere"), 404, "resource_does_not_exist"),
        (
            request(Method::TRACE, GROUPS, ""),
            405,
            "method_not_allowed",
        ),
        (arriving(&large), 413, "body_too_large"),
        (text("text/plain", "{}"), 415, "unsupported_content_type"),
        (
            text("application/x-www-form-urlencoded", "a=b"),
            415,
            "unsupported_content_type",
        ),
        (
            request(Method::POST, GROUPS, "{}"),
            415,
            "unsupported_content_type",
        ),
        (text(json, "{\"name\": "), 400, "malformed_request"),
        (text(json, "name: x"), 400, "malformed_request"),
        (text(json, vec![0xff, 0xfe]), 400, "malformed_request"),
        (
            with(get(GROUPS), "host", "user@gateway.test"),
            400,
            "malformed_request",
        ),
        (
            with(get(GROUPS), "transfer-encoding", "cow, chunked"),
            400,
            "malformed_request",
        ),
        (two_hosts, 400, "malformed_request"),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_understood_is_refused_in_json_and_goes_nowhere() {
    let gateway = Gateway::start();
    for (asked, status, name) in table() {
        let told = format!("{} {}", asked.method(), asked.uri());

        let reply = gateway.writer().send(asked).await;

        assert_eq!(reply.error(), (status, name.to_owned()), "{told}");
        assert_eq!(reply.json()["code"], status, "{told}");
        assert_eq!(reply.header("content-type"), "application/json", "{told}");
        assert_ne!(reply.header("x-request-id"), "", "{told}");
        assert_eq!(
            reply.json()["request_id"],
            reply.header("x-request-id"),
            "{told}"
        );
    }
    assert_eq!(gateway.emulator.counters().calls, 0);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn who_is_not_known_is_told_nothing_but_that() {
    let gateway = Gateway::start();
    let nobody = gateway.reader().showing(None);
    for path in [
        GROUPS,
        "/v1/teams/nobody/groups",
        "/v1/teams/demo/vault/jwks.json",
    ] {
        let reply = nobody.get(path).await;

        assert_eq!(
            reply.error(),
            (401, "authentication_error".to_owned()),
            "{path}"
        );
        assert_eq!(reply.header("www-authenticate"), "Bearer", "{path}");
    }
    assert_eq!(gateway.emulator.counters().calls, 0);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn slash_doubled_at_the_start_is_the_vendors_client() {
    let gateway = Gateway::start();

    let reply = gateway.reader().get("//v1/teams/demo/groups").await;

    assert_eq!(reply.status, 200);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn body_that_does_not_arrive_is_not_waited_for() {
    let gateway = Gateway::start();
    let never = futures_util::stream::pending::<Result<_, std::io::Error>>();
    let mut asked = post(GROUPS, &json!({}));
    *asked.body_mut() = Body::stream(http_body_util::StreamBody::new(never));

    let reply = gateway.writer().send(asked).await;

    assert_eq!(reply.error(), (408, "body_too_slow".to_owned()));
    assert_eq!(reply.took.as_secs(), 10);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn garbage_in_headers_that_may_be_ignored_is() {
    let gateway = Gateway::start();
    let garbage = HeaderValue::from_bytes(b"\xff\xfe \x09 wait=never; ,,,=").unwrap();
    let mut asked = get(GROUPS);
    for name in [
        "prefer",
        "cache-control",
        "if-none-match",
        "x-request-id",
        "traceparent",
        "accept-language",
    ] {
        asked.headers_mut().insert(name, garbage.clone());
    }
    asked
        .headers_mut()
        .insert(HOST, HeaderValue::from_static("gateway.test:8080"));

    let reply = gateway.reader().send(asked).await;

    assert_eq!(reply.status, 200);
    gateway.finish().await;
}
