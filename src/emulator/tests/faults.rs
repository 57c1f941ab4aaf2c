use std::time::Duration;

use http::Method;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LINK};
use http_body_util::BodyExt;
use serde_json::json;
use tokio::time::{Instant, advance, timeout};

use super::*;
use crate::emulator::{Effect, Fault};

async fn faulty(effect: Effect) -> Client {
    let client = Client::new(small()).await;
    client.emulator.fault(Fault::new(effect));
    client
}

async fn call(client: &Client, path: &str) -> Result<Response, crate::exchange::BoxError> {
    client
        .emulator
        .call(client.request(Method::GET, path, None))
        .await
}

#[tokio::test]
async fn fault_hits_only_what_it_names_as_often_as_it_says() {
    let client = Client::new(small()).await;
    let fault = Fault::new(Effect::status(StatusCode::SERVICE_UNAVAILABLE));
    let fault = fault
        .on(Method::GET)
        .at("/v1/teams/DEMO/groups*")
        .after(1)
        .times(2);
    let query_contains = Some("count=1".to_owned());
    client.emulator.fault(Fault {
        query_contains,
        ..fault
    });

    let others = [
        client.get("users?count=1").await.status,
        client.get("groups?count=2").await.status,
        client
            .send(Method::POST, "groups?count=1", Some(json!({ "name": "x" })))
            .await
            .status,
    ];
    let mut hits = Vec::new();
    for _ in 0..4 {
        hits.push(client.get("groups/owners?count=1").await.status);
    }

    assert_eq!(others, [200, 200, 201]);
    assert_eq!(hits, [200, 503, 503, 200]);
}

#[tokio::test]
async fn faults_that_decide_the_answer_follow_each_other() {
    let client = Client::new(small()).await;
    client.emulator.fault(Fault::new(Effect::NoStore));
    let offline = Effect::status(StatusCode::SERVICE_UNAVAILABLE);
    client.emulator.fault(Fault::new(offline).times(1));
    client.emulator.fault(Fault::new(Effect::EmptyOk).times(1));

    let first = client.get("groups").await;
    let second = client.get("groups").await;
    client.emulator.clear_faults();
    let third = client.get("groups").await;

    assert_eq!(first.kind(), (503, "service_offline"));
    assert_eq!((second.status, second.body), (200, Value::Null));
    assert_eq!(first.headers[CACHE_CONTROL], "no-cache, no-store");
    assert_eq!(second.headers[CACHE_CONTROL], "no-cache, no-store");
    assert!(!third.headers.contains_key(CACHE_CONTROL));
}

#[tokio::test(start_paused = true)]
async fn delay_and_slow_body_take_their_time() {
    let client = faulty(Effect::Delay(Duration::from_secs(3))).await;
    client
        .emulator
        .fault(Fault::new(Effect::SlowBody(Duration::from_secs(8))));
    let start = Instant::now();

    let response = call(&client, "groups").await.unwrap();
    let head = start.elapsed();
    let body = response.into_body().collect().await.unwrap().to_bytes();

    assert_eq!(head, Duration::from_secs(3));
    let whole = start.elapsed();
    assert!(
        whole > Duration::from_secs(9) && whole <= Duration::from_millis(11_100),
        "{whole:?}"
    );
    assert!(serde_json::from_slice::<Value>(&body).unwrap()["list"].is_array());
}

#[tokio::test]
async fn reset_comes_before_the_write_and_reset_after_behind_it() {
    let client = Client::new(small()).await;
    client.emulator.fault(Fault::new(Effect::Reset).times(1));
    client
        .emulator
        .fault(Fault::new(Effect::ResetAfter).times(1));

    let make = |name: &str| {
        let body = Some(json!({ "name": name }));
        client
            .emulator
            .call(client.request(Method::POST, "groups", body))
    };
    let before = make("before").await;
    let after = make("after").await;

    assert!(before.is_err() && after.is_err());
    assert_eq!(client.get("groups/before").await.status, 404);
    assert_eq!(client.get("groups/after").await.status, 200);
    assert_eq!(client.emulator.counters().writes, 1);
}

#[tokio::test(start_paused = true)]
async fn hanging_request_is_never_answered() {
    let client = faulty(Effect::Hang).await;

    let waited = timeout(Duration::from_secs(86_400), call(&client, "groups")).await;

    assert!(waited.is_err());
    assert_eq!(client.emulator.log().last().unwrap().status, 0);
    assert_eq!(client.get("groups").await.status, 504);
}

#[tokio::test]
async fn truncated_body_breaks_and_short_one_ends() {
    let client = Client::new(small()).await;
    let whole = client.get("groups").await.number("content-length");
    client.emulator.fault(Fault::new(Effect::Truncate).times(1));
    client
        .emulator
        .fault(Fault::new(Effect::ResetBody).times(1));
    client
        .emulator
        .fault(Fault::new(Effect::WrongLength).times(1));

    let truncated = call(&client, "groups").await.unwrap();
    let reset = call(&client, "groups").await.unwrap();
    let short = call(&client, "groups").await.unwrap();

    assert_eq!(truncated.headers()[CONTENT_LENGTH], whole.to_string());
    assert_eq!(short.headers()[CONTENT_LENGTH], whole.to_string());
    truncated.into_body().collect().await.unwrap_err();
    reset.into_body().collect().await.unwrap_err();
    let short = short.into_body().collect().await.unwrap().to_bytes();
    assert!(u64::try_from(short.len()).unwrap() < whole);
}

#[tokio::test]
async fn replaced_answers_are_what_they_are_called() {
    let client = Client::new(small()).await;
    for effect in [Effect::Html, Effect::Garbage, Effect::NotAList] {
        client.emulator.fault(Fault::new(effect).times(1));
    }

    let html = client.get("groups").await;
    let garbage = client.get("groups").await;
    let not_a_list = client.get("groups").await;

    assert!(
        html.headers[CONTENT_TYPE]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert_eq!(garbage.headers[CONTENT_TYPE], "application/json");
    assert_eq!((garbage.status, garbage.body), (200, Value::Null));
    assert_eq!(not_a_list.body, json!({ "list": null }));
}

#[tokio::test]
async fn storm_of_429s_takes_no_slots() {
    let client = Client::new(small()).await;
    client
        .emulator
        .fault(Fault::new(Effect::Limited { with_headers: true }).times(1));
    client.emulator.fault(
        Fault::new(Effect::Limited {
            with_headers: false,
        })
        .times(1),
    );

    let told = client.get("groups").await;
    let untold = client.get("groups").await;

    assert_eq!(told.kind(), (429, "too_many_requests"));
    assert_eq!(told.number("x-ratelimit-remaining"), 0);
    assert_eq!(untold.status, 429);
    assert!(!untold.headers.contains_key("x-ratelimit-retry-at"));
    assert_eq!(
        client.get("groups").await.number("x-ratelimit-remaining"),
        9999
    );
}

#[tokio::test]
async fn links_lead_astray() {
    let client = Client::new(small()).await;
    let url = format!("http://opa.test:8443{T}/groups?count=2");
    for effect in [
        Effect::LinkLoop,
        Effect::LinkElsewhere,
        Effect::LinkMalformed,
    ] {
        client.emulator.fault(Fault::new(effect).times(1));
    }

    let same = client.get("groups?count=2").await;
    let elsewhere = client.get("groups?count=2").await;
    let malformed = client.get("groups?count=2").await;

    assert_eq!(same.next(), Some(url));
    assert!(
        elsewhere
            .next()
            .unwrap()
            .starts_with("https://elsewhere.invalid/v1/teams/")
    );
    assert_eq!(malformed.next(), None);
    assert!(malformed.headers.contains_key(LINK));
}

#[tokio::test(start_paused = true)]
async fn headers_can_lie_about_time_or_be_missing() {
    let client = Client::new(small()).await;
    let honest = client.get("groups").await;
    client
        .emulator
        .fault(Fault::new(Effect::RetryAtPast).times(1));
    client
        .emulator
        .fault(Fault::new(Effect::ClockSkew(3600)).after(1).times(1));
    client
        .emulator
        .fault(Fault::new(Effect::NoRateHeaders).after(2));

    let past = client.get("groups").await;
    let ahead = client.get("groups").await;
    let bare = client.get("groups").await;

    let retry_at = honest.number("x-ratelimit-retry-at");
    assert!(past.number("x-ratelimit-retry-at") <= retry_at - 59);
    assert!(ahead.number("x-ratelimit-retry-at") >= retry_at + 3600);
    assert_ne!(ahead.headers["date"], honest.headers["date"]);
    assert!(!bare.headers.contains_key("x-ratelimit-limit"));
}

#[tokio::test]
async fn token_endpoint_alone_gives_garbage() {
    let client = faulty(Effect::TokenGarbage).await;
    let (id, secret) = client.emulator.key();

    let token = login(&client.emulator, &id, &secret).await;

    assert_eq!(
        (token.status, &token.body["bearer_token"]),
        (200, &json!(""))
    );
    assert_eq!(client.get("groups").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn late_write_is_applied_after_it_timed_out() {
    let client = faulty(Effect::ApplyLate(Duration::from_secs(5))).await;

    let made = client
        .send(Method::POST, "groups", Some(json!({ "name": "late" })))
        .await;
    advance(Duration::from_millis(4999)).await;
    let before = client.get("groups/late").await;
    advance(Duration::from_millis(1)).await;
    let after = client.get("groups/late").await;

    assert_eq!(made.kind(), (504, "gateway_timeout"));
    assert_eq!((before.status, after.status), (404, 200));
    assert_eq!(client.emulator.counters().writes, 1);
}
