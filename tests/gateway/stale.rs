//! Answers that are too old in need, and never after a write.

use std::time::Duration;

use http::{Method, StatusCode};
use opagate::emulator::{Effect, Fault};
use serde_json::json;
use tokio::time::sleep;

use crate::support::{Gateway, Setup, put};

const ITEM: &str = "/v1/teams/demo/groups/owners";

/// The upstream answers no read any more.
fn down(gateway: &Gateway) {
    let unavailable = Effect::status(StatusCode::SERVICE_UNAVAILABLE);
    gateway
        .emulator
        .fault(Fault::new(unavailable).on(Method::GET));
}

#[tokio::test(start_paused = true)]
async fn old_answer_is_given_and_marked_while_the_upstream_is_down() {
    for effect in [
        Effect::status(StatusCode::SERVICE_UNAVAILABLE),
        Effect::Reset,
        Effect::Hang,
        Effect::Html,
        Effect::Limited {
            with_headers: false,
        },
    ] {
        let setup = Setup::new().set("cache.class.directory.stale_for", "0s");
        let gateway = setup.start();
        let first = gateway.reader().get(ITEM).await;
        sleep(Duration::from_secs(40)).await;
        gateway
            .emulator
            .fault(Fault::new(effect.clone()).on(Method::GET));

        let reply = gateway.reader().get(ITEM).await;

        assert_eq!(
            (reply.status.as_u16(), &reply.body),
            (200, &first.body),
            "{effect:?}"
        );
        let status = reply.header("cache-status");
        assert!(
            status.starts_with("opagate; hit; ttl=-") && status.ends_with("; detail=error"),
            "{effect:?}: {status}"
        );
        assert!(
            reply.header("age").parse::<u64>().unwrap() >= 40,
            "{effect:?}"
        );
        gateway.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn answer_that_is_older_than_allowed_is_not_given_even_in_need() {
    let gateway = Gateway::start();
    gateway.reader().get(ITEM).await;
    sleep(Duration::from_secs(331)).await;
    down(&gateway);

    let reply = gateway.reader().get(ITEM).await;

    assert_eq!(reply.error(), (503, "service_offline".to_owned()));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn answer_from_before_a_write_is_not_given_even_in_need() {
    for age in [0, 40] {
        let gateway = Gateway::start();
        gateway.reader().get(ITEM).await;
        sleep(Duration::from_secs(age)).await;
        let body = json!({ "roles": ["end_user"] });
        assert_eq!(gateway.writer().send(put(ITEM, &body)).await.status, 204);
        down(&gateway);

        let reply = gateway.reader().get(ITEM).await;

        assert_eq!(reply.error(), (503, "service_offline".to_owned()));
        gateway.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_may_do_what_is_never_told_from_an_old_answer() {
    let gateway = Gateway::start();
    let path = "/v1/teams/demo/service_users/svc-0001";
    gateway.reader().get(path).await;
    sleep(Duration::from_secs(6)).await;
    down(&gateway);

    let reply = gateway.reader().get(path).await;

    assert_eq!(reply.error(), (503, "service_offline".to_owned()));
    gateway.finish().await;
}
