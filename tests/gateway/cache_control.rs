//! What callers say and are told about the cache.

use std::time::Duration;

use http::{HeaderValue, Method, Request};
use opagate::emulator::{Effect, Fault};
use opagate::exchange::Body;
use tokio::time::sleep;

use crate::support::{Gateway, get, request};

const ITEM: &str = "/v1/teams/demo/groups/owners";

fn with(name: &'static str, value: &str) -> Request<Body> {
    let mut asked = get(ITEM);
    asked
        .headers_mut()
        .insert(name, HeaderValue::from_str(value).unwrap());
    asked
}

#[tokio::test(start_paused = true)]
async fn answer_says_where_it_came_from_and_how_old_it_is() {
    let gateway = Gateway::start();
    let reader = gateway.reader();

    let first = reader.get(ITEM).await;
    sleep(Duration::from_secs(7)).await;
    let second = reader.get(ITEM).await;
    sleep(Duration::from_secs(24)).await;
    let third = reader.get(ITEM).await;

    assert_eq!(first.header("cache-status"), "opagate; fwd=miss; stored");
    assert_eq!(first.header("age"), "");
    assert_eq!(second.header("cache-status"), "opagate; hit; ttl=23");
    assert_eq!(second.header("age"), "7");
    assert_eq!(second.header("cache-control"), "private, no-cache");
    assert_eq!(third.header("cache-status"), "opagate; hit; ttl=-1");
    assert_eq!(third.header("age"), "31");
    let words = [&first, &second, &third].map(|reply| reply.header("x-cache"));
    assert_eq!(words, ["MISS", "HIT", "STALE"]);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn caller_that_wants_it_fresh_gets_it_fresh() {
    for directive in [
        "no-cache",
        "max-age=6",
        "min-fresh=24",
        "No-Cache, max-age=60",
    ] {
        let gateway = Gateway::start();
        gateway.reader().get(ITEM).await;
        sleep(Duration::from_secs(7)).await;

        let reply = gateway
            .reader()
            .send(with("cache-control", directive))
            .await;

        assert_eq!(
            reply.header("cache-status"),
            "opagate; fwd=request; stored",
            "{directive}"
        );
        assert_eq!(gateway.emulator.calls_to(ITEM), 2, "{directive}");
        gateway.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn caller_that_wants_only_what_is_kept_costs_nothing() {
    let gateway = Gateway::start();
    let only = || with("cache-control", "only-if-cached");

    let absent = gateway.reader().send(only()).await;
    gateway.reader().get(ITEM).await;
    let kept = gateway.reader().send(only()).await;

    assert_eq!(absent.error(), (504, "not_cached".to_owned()));
    assert_eq!(kept.header("cache-status"), "opagate; hit; ttl=30");
    assert_eq!(gateway.emulator.calls_to(ITEM), 1);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn answer_that_is_not_to_be_kept_is_not() {
    let gateway = Gateway::start();

    let first = gateway
        .reader()
        .send(with("cache-control", "no-store"))
        .await;
    let second = gateway.reader().get(ITEM).await;

    assert_eq!(first.header("cache-status"), "opagate; fwd=miss");
    assert_eq!(second.header("cache-status"), "opagate; fwd=miss; stored");
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn answer_that_the_upstream_forbids_to_keep_is_not_kept() {
    let gateway = Gateway::start();
    gateway.emulator.fault(Fault::new(Effect::NoStore));

    let first = gateway.reader().get(ITEM).await;
    let second = gateway.reader().get(ITEM).await;

    assert_eq!(first.header("cache-status"), "opagate; fwd=miss");
    assert_eq!(second.header("cache-status"), "opagate; fwd=miss");
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn caller_that_has_it_already_is_told_so() {
    let gateway = Gateway::start();
    let tag = gateway.reader().get(ITEM).await.header("etag").to_owned();
    assert_ne!(tag, "");
    for known in [&tag, "*", &format!("\"x\", W/{tag}")] {
        let reply = gateway.reader().send(with("if-none-match", known)).await;

        assert_eq!(reply.status, 304, "{known}");
        assert_eq!((reply.header("etag"), reply.body.len()), (&*tag, 0));
    }
    let reply = gateway
        .reader()
        .send(with("if-none-match", "\"other\""))
        .await;
    assert_eq!(reply.status, 200);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn equal_answers_have_equal_tags_and_changed_ones_others() {
    let gateway = Gateway::start();
    let list = "/v1/teams/demo/service_users";
    let tags = async || {
        let fresh = |path| {
            let mut asked = get(path);
            let value = HeaderValue::from_static("no-cache");
            asked.headers_mut().insert("cache-control", value);
            asked
        };
        let item = gateway.reader().send(fresh(ITEM)).await;
        let list = gateway.reader().send(fresh(list)).await;
        [
            item.header("etag").to_owned(),
            list.header("etag").to_owned(),
        ]
    };

    let before = tags().await;
    let again = tags().await;
    let path = format!("{list}/svc-0001");
    let body = serde_json::json!({ "status": "DISABLED" });
    gateway
        .writer()
        .send(crate::support::put(&path, &body))
        .await;
    let after = tags().await;

    assert_eq!(before, again);
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1], after[1]);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn head_is_passed_on_and_never_kept() {
    let gateway = Gateway::start();
    gateway.reader().get(ITEM).await;

    for _ in 0..2 {
        let reply = gateway.reader().send(request(Method::HEAD, ITEM, "")).await;

        assert_eq!(reply.header("cache-status"), "opagate; fwd=method");
    }

    assert_eq!(gateway.emulator.calls_to(ITEM), 3);
    assert_eq!(
        gateway.reader().get(ITEM).await.header("cache-status"),
        "opagate; hit; ttl=30"
    );
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn absence_is_kept_for_a_moment_only() {
    let gateway = Gateway::start();
    let path = "/v1/teams/demo/groups/nobody";

    for _ in 0..2 {
        assert_eq!(gateway.reader().get(path).await.status, 404);
    }
    assert_eq!(gateway.emulator.calls_to(path), 1);
    sleep(Duration::from_secs(2)).await;
    gateway.reader().get(path).await;

    assert_eq!(gateway.emulator.calls_to(path), 2);
    gateway.finish().await;
}
