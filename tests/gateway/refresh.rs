//! Answers that are too old and given all the same: at once, while they are fetched anew, or because the
//! limit is nearly spent.

use std::time::Duration;

use futures_util::future::join_all;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, Method, StatusCode};
use opagate::emulator::{Effect, Fault};
use tokio::time::sleep;

use crate::support::{Gateway, Reply, Setup, get};

const ITEM: &str = "/v1/teams/demo/groups/owners";
const USER: &str = "/v1/teams/demo/service_users/svc-0001";

/// A gateway that has kept [`ITEM`] for so long.
async fn after(setup: Setup, age: u64) -> Gateway {
    let gateway = setup.start();
    gateway.reader().get(ITEM).await;
    sleep(Duration::from_secs(age)).await;
    gateway
}

async fn ask(gateway: &Gateway, wanted: &'static str) -> Reply {
    let mut asked = get(ITEM);
    let value = HeaderValue::from_static(wanted);
    asked.headers_mut().insert(CACHE_CONTROL, value);
    gateway.reader().send(asked).await
}

/// Lets what goes on in the background end.
async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

#[track_caller]
fn assert_counted(gateway: &Gateway, line: &str) {
    let metrics = gateway.parts.metrics.encode();
    assert!(metrics.lines().any(|l| l == line), "{line}\n{metrics}");
}

#[tokio::test(start_paused = true)]
async fn old_answer_is_given_at_once_and_fetched_anew_for_the_next() {
    let gateway = after(Setup::new(), 40).await;

    let old = gateway.reader().get(ITEM).await;
    settle().await;
    let new = gateway.reader().get(ITEM).await;

    assert_eq!(old.header("cache-status"), "opagate; hit; ttl=-10");
    assert_eq!((old.header("age"), old.took), ("40", Duration::ZERO));
    assert_eq!(new.header("cache-status"), "opagate; hit; ttl=29");
    assert_eq!(gateway.emulator.calls_to(ITEM), 2);
    for line in [
        "opagate_cache_refreshes_total{result=\"kept\"} 1",
        "opagate_cache_lookups_total{reason=\"refresh\",result=\"stale\"} 1",
        "opagate_upstream_calls_saved_total{how=\"stale\"} 1",
        "opagate_upstream_requests_total{principal=\"gateway\",purpose=\"refresh\",result=\"2xx\",team=\"demo\"} 1",
        "opagate_queue_wait_seconds_count{outcome=\"sent\",priority=\"background\"} 1",
    ] {
        assert_counted(&gateway, line);
    }
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn any_number_of_callers_cause_one_fetch() {
    let gateway = after(Setup::new(), 40).await;
    let reader = gateway.reader();

    let replies = join_all((0..100).map(|_| reader.get(ITEM))).await;
    settle().await;

    for reply in replies {
        assert_eq!(reply.header("cache-status"), "opagate; hit; ttl=-10");
    }
    assert_eq!(gateway.emulator.calls_to(ITEM), 2);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn failing_fetch_is_not_repeated_for_every_caller() {
    let gateway = after(Setup::new().set("retry.reads", "0"), 40).await;
    let unavailable = Effect::status(StatusCode::SERVICE_UNAVAILABLE);
    gateway
        .emulator
        .fault(Fault::new(unavailable).on(Method::GET));

    for _ in 0..40 {
        let reply = gateway.reader().get(ITEM).await;
        let status = reply.header("cache-status");
        assert!(status.starts_with("opagate; hit; ttl=-"), "{status}");
        sleep(Duration::from_millis(100)).await;
    }

    assert_eq!(gateway.emulator.calls_to(ITEM), 2);
    assert_counted(
        &gateway,
        "opagate_cache_refreshes_total{result=\"failed\"} 1",
    );
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn answer_that_may_no_longer_be_read_is_given_once_more_at_most() {
    let gateway = after(Setup::new(), 40).await;
    let gone = Effect::status(StatusCode::GONE);
    gateway.emulator.fault(Fault::new(gone).on(Method::GET));

    let old = gateway.reader().get(ITEM).await;
    settle().await;
    let new = gateway.reader().get(ITEM).await;

    assert_eq!((old.status.as_u16(), new.status.as_u16()), (200, 410));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn caller_that_wants_nothing_old_waits_for_a_new_answer() {
    for wanted in ["no-cache", "max-age=0", "max-age=60", "max-stale=9"] {
        let gateway = after(Setup::new(), 40).await;

        let reply = ask(&gateway, wanted).await;

        let status = reply.header("cache-status");
        assert_eq!(status, "opagate; fwd=stale; stored", "{wanted}");
        gateway.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_may_do_what_is_never_given_old() {
    let gateway = Gateway::start();
    gateway.reader().get(USER).await;
    sleep(Duration::from_secs(6)).await;

    let reply = gateway.reader().get(USER).await;

    let status = reply.header("cache-status");
    assert_eq!(status, "opagate; fwd=stale; stored");
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn spent_limit_is_left_to_callers_and_what_is_kept_beats_a_wait() {
    let setup = Setup::over(|team| {
        team.burst = 4;
        team.refill_per_second = 0.001;
    });
    let gateway = after(setup, 0).await;
    for name in ["a", "b", "c"] {
        gateway.reader().get(&format!("{ITEM}{name}")).await;
    }
    sleep(Duration::from_secs(40)).await;

    let old = gateway.reader().get(ITEM).await;
    let new = ask(&gateway, "no-cache").await;
    settle().await;

    let status = old.header("cache-status");
    assert_eq!(status, "opagate; hit; ttl=-10; detail=budget");
    assert_eq!(old.took, Duration::ZERO);
    assert_eq!(new.status, 429);
    assert_eq!(gateway.emulator.calls_to(ITEM), 1);
    assert_counted(
        &gateway,
        "opagate_cache_lookups_total{reason=\"budget\",result=\"stale\"} 1",
    );
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn times_of_a_class_are_as_configured() {
    let setup = Setup::new()
        .set("cache.class.directory.stale_for", "0s")
        .set("cache.class.directory.stale_if_error", "0s")
        .set("cache.class.directory.negative_for", "0s");
    let gateway = after(setup, 40).await;
    let absent = "/v1/teams/demo/groups/nobody";
    for _ in 0..2 {
        gateway.reader().get(absent).await;
    }
    let unavailable = Effect::status(StatusCode::SERVICE_UNAVAILABLE);
    gateway
        .emulator
        .fault(Fault::new(unavailable).on(Method::GET));

    let reply = gateway.reader().get(ITEM).await;

    assert_eq!(reply.status, 503);
    assert_eq!(gateway.emulator.calls_to(absent), 2);
    gateway.finish().await;
}
