//! A sample of the answers from memory is fetched again, and it is counted whether they were still so.

use std::time::Duration;

use opagate::emulator::{Effect, Fault};
use serde_json::json;
use tokio::time::sleep;

use crate::support::{Gateway, Oracle, Setup, put};

const ITEM: &str = "/v1/teams/demo/groups/owners";

/// A gateway that compares every hit, and has kept [`ITEM`].
async fn comparing() -> Gateway {
    let gateway = Setup::new().set("cache.audit_rate", "1.0").start();
    gateway.reader().get(ITEM).await;
    gateway
}

/// A hit, and the end of what follows from it.
async fn hit(gateway: &Gateway) {
    let reply = gateway.reader().get(ITEM).await;
    let status = reply.header("cache-status");
    assert!(status.starts_with("opagate; hit"), "{status}");
    sleep(Duration::from_secs(1)).await;
}

fn counted(gateway: &Gateway, result: &str) -> bool {
    let metrics = gateway.parts.metrics.encode();
    let name = "opagate_cache_audits_total";
    let line = format!("{name}{{operation=\"groups.get\",result=\"{result}\"}} 1");
    metrics.lines().any(|l| l == line)
}

#[tokio::test(start_paused = true)]
async fn answer_that_is_still_so_is_counted_as_the_same() {
    let gateway = comparing().await;

    hit(&gateway).await;

    assert!(counted(&gateway, "same"));
    assert_eq!(gateway.emulator.calls_to(ITEM), 2);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn change_past_the_gateway_is_counted_and_seen_by_the_next() {
    let gateway = comparing().await;
    let oracle = Oracle::of(&gateway).await;
    oracle.put(ITEM, &json!({ "roles": ["pam_admin"] })).await;

    hit(&gateway).await;
    let next = gateway.reader().get(ITEM).await;

    assert!(counted(&gateway, "changed"));
    assert_eq!(next.json(), oracle.tell(ITEM).await);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn change_through_the_gateway_is_no_difference() {
    let gateway = comparing().await;
    let slow = Effect::Delay(Duration::from_secs(5));
    gateway
        .emulator
        .fault(Fault::new(slow).on(http::Method::GET).times(1));

    hit(&gateway).await;
    let write = put(ITEM, &json!({ "roles": ["pam_admin"] }));
    gateway.writer().send(write).await;
    sleep(Duration::from_secs(10)).await;

    assert!(counted(&gateway, "touched"));
    gateway.finish().await;
}

/// What is spent is left to callers.
#[tokio::test(start_paused = true)]
async fn nothing_is_compared_where_the_limit_is_scarce() {
    let setup = Setup::over(|team| {
        (team.burst, team.refill_per_second) = (10, 0.01);
    });
    let gateway = setup.set("cache.audit_rate", "1.0").start();
    let reader = gateway.reader();
    for number in 0..8 {
        reader.get(&format!("{ITEM}?count={}", number + 1)).await;
    }
    reader.get(ITEM).await;

    hit(&gateway).await;

    assert_eq!(gateway.emulator.calls_to(ITEM), 9);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn none_is_compared_as_shipped() {
    let gateway = Setup::new().shipped().start();
    for _ in 0..100 {
        gateway.reader().get(ITEM).await;
    }

    assert_eq!(gateway.emulator.calls_to(ITEM), 1);
    gateway.finish().await;
}
