//! What is listed is fetched before anybody asks, and kept fresh with what the limit leaves to spare.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::support::{Gateway, Setup, put};

const LIST: &str = "/v1/teams/demo/groups";
const ITEM: &str = "/v1/teams/demo/groups/owners";

fn warm(setup: Setup) -> Gateway {
    let listed = format!("[[cache.warm]]\npath = '{LIST}'\n[[cache.warm]]\npath = '{ITEM}'\n");
    setup.text(&listed).start()
}

async fn status(gateway: &Gateway, target: &str) -> String {
    let reply = gateway.reader().get(target).await;
    reply.header("cache-status").to_owned()
}

#[tokio::test(start_paused = true)]
async fn first_to_ask_gets_it_from_memory() {
    let gateway = warm(Setup::new());
    sleep(Duration::from_millis(500)).await;

    for target in [LIST, ITEM] {
        let status = status(&gateway, target).await;
        assert_eq!(status, "opagate; hit; ttl=29", "{target}");
    }
    let metrics = gateway.parts.metrics.encode();
    assert!(metrics.contains("opagate_cache_warmups_total{result=\"kept\"} 2"));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn it_is_fetched_again_before_it_is_old() {
    let gateway = warm(Setup::new());

    for _ in 0..20 {
        sleep(Duration::from_secs(10)).await;
        let status = status(&gateway, ITEM).await;
        assert!(
            status.starts_with("opagate; hit; ttl=") && !status.contains('-'),
            "{status}"
        );
    }

    // 28 s after each other.
    let calls = gateway.emulator.calls_to(ITEM);
    assert!((7..=9).contains(&calls), "{calls}");
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_write_has_touched_is_fetched_again_as_soon_as_it_can_be_kept() {
    let gateway = warm(Setup::new());
    sleep(Duration::from_secs(1)).await;
    let write = put(ITEM, &json!({ "roles": ["pam_admin"] }));
    gateway.writer().send(write).await;

    sleep(Duration::from_secs(10)).await;
    let reply = gateway.reader().get(ITEM).await;

    assert!(reply.header("cache-status").starts_with("opagate; hit"));
    assert_eq!(reply.json()["roles"], json!(["pam_admin"]));
    gateway.finish().await;
}

/// That there is a limit is learned from the first answer.
#[tokio::test(start_paused = true)]
async fn spent_limit_is_left_to_callers() {
    let gateway = warm(Setup::over(|team| {
        (team.burst, team.refill_per_second) = (1, 0.001);
    }));

    sleep(Duration::from_secs(600)).await;

    assert_eq!(gateway.emulator.counters().calls, 1);
    gateway.finish().await;
}
