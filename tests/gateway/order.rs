//! The order of the stack, where it shows.

use std::time::Duration;

use http::StatusCode;
use opagate::emulator::{Effect, Fault};
use tokio::time::sleep;

use crate::support::{Gateway, Setup, delete};

const ITEM: &str = "/v1/teams/demo/groups/owners";

/// A gateway over a team that allows one request in ten seconds.
fn scarce() -> Gateway {
    let setup = Setup::over(|team| {
        team.burst = 1;
        team.refill_per_second = 0.1;
    });
    setup.start()
}

#[tokio::test(start_paused = true)]
async fn denied_request_is_recorded() {
    let gateway = Gateway::start();

    gateway.reader().send(delete(ITEM)).await;
    gateway.reader().showing(None).get(ITEM).await;

    let metrics = gateway.parts.metrics.encode();
    for line in [
        r#"opagate_requests_total{operation="groups.delete",outcome="denied",status="4xx"} 1"#,
        r#"opagate_requests_total{operation="groups.get",outcome="denied",status="4xx"} 1"#,
        r#"opagate_caller_requests_total{caller="reader",outcome="denied"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn hit_does_not_wait_for_capacity() {
    let gateway = scarce();
    gateway.reader().get(ITEM).await;
    let (waiting, hitting) = (gateway.reader(), gateway.reader());

    let (waited, hit) = tokio::join!(waiting.get("/v1/teams/demo/groups/everyone"), async {
        sleep(Duration::from_secs(1)).await;
        hitting.get(ITEM).await
    });

    assert!(waited.took > Duration::from_secs(5), "{:?}", waited.took);
    assert_eq!(hit.header("cache-status"), "opagate; hit; ttl=29");
    assert_eq!(hit.took, Duration::ZERO);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn each_retry_takes_its_own_permit() {
    let gateway = scarce();
    let unavailable = Effect::status(StatusCode::SERVICE_UNAVAILABLE);
    gateway
        .emulator
        .fault(Fault::new(unavailable).at(ITEM).times(2));

    let reply = gateway.reader().get(ITEM).await;

    assert_eq!(reply.status, 200);
    assert!(reply.took >= Duration::from_secs(19), "{:?}", reply.took);
    assert_eq!(gateway.emulator.calls_to(ITEM), 3);
    assert_eq!(gateway.emulator.counters().limited, 0);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn each_page_takes_its_own_permit() {
    let setup = Setup::over(|team| {
        team.burst = 1;
        team.refill_per_second = 0.1;
    });
    let gateway = setup.start();

    let reply = gateway.reader().get("/v1/teams/demo/service_users").await;

    assert_eq!(reply.names().len(), 250);
    assert!(reply.took >= Duration::from_secs(19), "{:?}", reply.took);
    assert_eq!(gateway.emulator.counters().limited, 0);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn token_is_picked_after_the_wait() {
    let setup = Setup::over(|team| {
        team.burst = 1;
        team.refill_per_second = 0.05;
        team.token_life = Duration::from_secs(15);
    });
    let gateway = setup.start();
    gateway.reader().get(ITEM).await;

    let reply = gateway.reader().get("/v1/teams/demo/groups/everyone").await;

    assert_eq!(reply.status, 200);
    assert!(reply.took > Duration::from_secs(15), "{:?}", reply.took);
    assert_eq!(gateway.emulator.counters().unauthorized, 0);
    gateway.finish().await;
}
