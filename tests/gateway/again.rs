//! The same request again on one connection, of which the gateway remembers what it understood.

use std::time::Duration;

use http::header::HeaderMap;
use http::{HeaderValue, Request};
use opagate::exchange::Body;
use serde_json::json;
use tokio::time::sleep;

use crate::support::{Client, Gateway, Reply, get, put};

const ITEM: &str = "/v1/teams/demo/groups/owners";
const PAGE: &str = "/v1/teams/demo/groups?count=1";

fn with(target: &str, name: &'static str, value: &str) -> Request<Body> {
    let mut asked = get(target);
    let value = HeaderValue::from_str(value).unwrap();
    asked.headers_mut().insert(name, value);
    asked
}

/// All that must not differ.
fn answer(reply: Reply) -> (u16, HeaderMap, bytes::Bytes) {
    let mut headers = reply.headers;
    assert!(headers.remove("x-request-id").is_some());
    // These are seconds of the clock on the wall, which runs on between two requests.
    for name in ["x-ratelimit-reset", "x-ratelimit-retry-at"] {
        assert!(headers.remove(name).is_some(), "{name}");
    }
    (reply.status.as_u16(), headers, reply.body)
}

#[tokio::test(start_paused = true)]
async fn request_that_comes_again_is_answered_as_a_first_one_would_be() {
    let gateway = Gateway::start();
    let tag = gateway.reader().get(PAGE).await.header("etag").to_owned();
    gateway.reader().get(ITEM).await;
    let asked = &|| {
        [
            get(PAGE),
            with(PAGE, "host", "elsewhere.test"),
            with(PAGE, "if-none-match", &tag),
            with(PAGE, "accept-encoding", "gzip, identity;q=0"),
            with(PAGE, "cache-control", "max-age=20"),
            get(ITEM),
            with(ITEM, "x-request-id", "12345678"),
        ]
    };
    let same = gateway.reader();

    for second in 0..4 {
        for which in 0..asked().len() {
            let ask = |client: Client| async move {
                let request = asked().into_iter().nth(which).unwrap();
                answer(client.send(request).await)
            };
            let first = ask(same.clone()).await;
            let again = ask(same.clone()).await;
            let other = ask(gateway.reader()).await;

            assert_eq!(first, other, "request {which} in second {second}");
            assert_eq!(again, other, "request {which} again in second {second}");
        }
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(gateway.emulator.calls_to(ITEM), 1);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn write_is_seen_by_who_has_often_asked_for_what_it_changes() {
    let gateway = Gateway::start();
    let reader = gateway.reader();
    for _ in 0..3 {
        reader.get(ITEM).await;
    }

    let written = gateway
        .writer()
        .send(put(ITEM, &json!({ "roles": ["end_user"] })))
        .await;
    let after = reader.get(ITEM).await;

    assert!(written.status.is_success(), "{written:?}");
    assert_eq!(after.json()["roles"], json!(["end_user"]));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_remembered_for_who_shows_another_token_or_none() {
    let gateway = Gateway::start();
    let reader = gateway.reader();
    for _ in 0..3 {
        reader.get(ITEM).await;
    }

    let wrong = reader
        .clone()
        .showing(Some("nobody's token"))
        .get(ITEM)
        .await;
    let none = reader.clone().showing(None).get(ITEM).await;
    let right = reader.get(ITEM).await;

    assert_eq!(wrong.error(), (401, "authentication_error".to_owned()));
    assert_eq!(none.error(), (401, "authentication_error".to_owned()));
    assert_eq!(right.header("cache-status"), "opagate; hit; ttl=30");
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_fetched_anew_is_given_in_place_of_what_was_given_before() {
    let gateway = Gateway::start();
    let reader = gateway.reader();
    for _ in 0..3 {
        reader.get(ITEM).await;
    }

    sleep(Duration::from_secs(31)).await;
    let stale = reader.get(ITEM).await;
    sleep(Duration::from_secs(1)).await;
    let fresh = reader.get(ITEM).await;

    assert_eq!(stale.header("age"), "31");
    assert_eq!(fresh.header("cache-status"), "opagate; hit; ttl=29");
    assert_eq!(fresh.header("age"), "1");
    gateway.finish().await;
}
