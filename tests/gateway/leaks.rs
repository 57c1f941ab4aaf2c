//! Secrets stay where they belong, also where everything goes wrong.
//!
//! Every test of this run looks for them when it finishes; these provoke what could show them.

use http::{HeaderValue, Method, StatusCode};
use opagate::emulator::{Effect, Fault};
use serde_json::json;

use crate::support::{Gateway, get, is_secret, lines, post, request, token_of};

#[tokio::test(start_paused = true)]
async fn everything_is_logged_and_looked_at() {
    let gateway = Gateway::start();
    let before = lines();

    gateway.reader().get("/v1/teams/demo/groups").await;

    assert!(lines() > before);
    assert!(is_secret(&token_of("reader")));
    assert!(is_secret(&gateway.emulator.key().1));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_shown_to_nobody() {
    let gateway = Gateway::start();
    let reader = gateway.reader();
    for shown in ["canary-wrong", "canary wrong", "", "Basic canary"] {
        let reply = reader
            .clone()
            .showing(Some(shown))
            .get("/v1/teams/demo/groups")
            .await;

        assert_eq!(reply.error(), (401, "authentication_error".to_owned()));
    }
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_callers_show_never_goes_upstream() {
    let gateway = Gateway::start();
    let mut asked = get("/v1/teams/demo/groups");
    let secret = HeaderValue::from_static("canary-of-a-caller");
    for name in [
        "cookie",
        "proxy-authorization",
        "x-vault-token",
        "x-forwarded-for",
        "forwarded",
        "x-api-key",
        "referer",
    ] {
        asked.headers_mut().insert(name, secret.clone());
    }

    let reply = gateway.reader().send(asked).await;

    assert_eq!(reply.status, 200);
    assert_eq!(gateway.emulator.counters().leaked, 0);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn secrets_in_bodies_that_cannot_be_read_are_not_logged() {
    let gateway = Gateway::start();
    let (path, writer) = ("/v1/teams/demo/service_token", gateway.writer());
    let whole = [
        json!("canary-as-the-body"),
        json!({ "key_secret": { "canary-as-a-name": 1 } }),
        json!({ "key_id": "canary-as-an-id" }),
        json!(["canary-in-a-list", 1]),
    ];
    for body in whole {
        let reply = writer.send(post(path, &body)).await;

        assert_eq!(
            reply.error(),
            (400, "malformed_request".to_owned()),
            "{body}"
        );
    }
    let half = request(Method::POST, path, "{\"key_secret\": \"canary-cut-off");
    assert_eq!(writer.send(half).await.status, 400);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn token_endpoint_that_fails_in_every_way_shows_nothing() {
    let effects = [
        (Effect::TokenGarbage, "no_upstream_token"),
        (Effect::Html, "no_upstream_token"),
        (Effect::Truncate, "no_upstream_token"),
        (Effect::Hang, "no_upstream_token"),
        (Effect::Reset, "no_upstream_token"),
        (
            Effect::status(StatusCode::SERVICE_UNAVAILABLE),
            "no_upstream_token",
        ),
        (
            Effect::status(StatusCode::TOO_MANY_REQUESTS),
            "no_upstream_token",
        ),
        (
            Effect::status(StatusCode::UNAUTHORIZED),
            "upstream_credentials_refused",
        ),
        (
            Effect::status(StatusCode::NOT_FOUND),
            "upstream_credentials_refused",
        ),
    ];
    for (effect, name) in effects {
        let gateway = Gateway::start();
        let fault = Fault::new(effect.clone());
        gateway
            .emulator
            .fault(fault.at("/v1/teams/demo/service_token"));

        let reply = gateway.reader().get("/v1/teams/demo/groups").await;

        assert_eq!(reply.error().1, name, "{effect:?}");
        assert_eq!(gateway.emulator.counters().calls, 0);
        gateway.finish().await;
    }
}
