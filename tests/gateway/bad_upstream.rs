//! What the upstream answers and nobody can understand.

use std::time::Duration;

use opagate::emulator::{Effect, Fault};
use tokio::time::sleep;

use serde_json::json;

use crate::support::{Gateway, put};

const ITEM: &str = "/v1/teams/demo/groups/owners";
const USER: &str = "/v1/teams/demo/service_users/svc-0001";
const OTHER: &str = "/v1/teams/demo/groups/everyone";
const DEADLINE: Duration = Duration::from_secs(50);

fn table() -> [(Effect, u16, &'static str); 9] {
    [
        (Effect::Html, 502, "upstream_malformed"),
        (Effect::Truncate, 502, "upstream_unreachable"),
        (Effect::WrongLength, 502, "upstream_malformed"),
        (Effect::EmptyOk, 502, "upstream_malformed"),
        (Effect::Garbage, 502, "upstream_malformed"),
        (Effect::Hang, 504, "upstream_timeout"),
        (
            Effect::SlowBody(Duration::from_secs(90)),
            504,
            "gateway_timeout",
        ),
        (Effect::Reset, 502, "upstream_unreachable"),
        (Effect::ResetAfter, 502, "upstream_unreachable"),
    ]
}

#[tokio::test(start_paused = true)]
async fn bad_answer_is_an_error_in_time_and_disturbs_nobody_else() {
    for (effect, status, name) in table() {
        let gateway = Gateway::start();
        // So that the other one does not wait for the first token.
        gateway.reader().get("/v1/teams/demo/current_user").await;
        gateway.emulator.fault(Fault::new(effect.clone()).at(ITEM));
        let (one, other) = (gateway.reader(), gateway.reader());

        let (bad, good) = tokio::join!(one.get(ITEM), other.get(OTHER));

        assert_eq!(bad.error(), (status, name.to_owned()), "{effect:?}");
        assert_eq!(bad.header("content-type"), "application/json", "{effect:?}");
        assert!(bad.took <= DEADLINE, "{effect:?} took {:?}", bad.took);
        assert_eq!(
            (good.status.as_u16(), good.took),
            (200, Duration::ZERO),
            "{effect:?}"
        );
        gateway.emulator.clear_faults();
        // Until then who asks joins what is still under way.
        sleep(DEADLINE).await;
        let again = one.get(ITEM).await;
        assert_eq!(again.status, 200, "{effect:?}");
        assert_eq!(
            again.header("cache-status"),
            "opagate; fwd=miss; stored",
            "{effect:?}"
        );
        gateway.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn bad_answer_to_a_write_is_an_error_in_time() {
    for (effect, status, _) in table() {
        let gateway = Gateway::start();
        gateway.emulator.fault(Fault::new(effect.clone()).at(USER));

        let reply = gateway
            .writer()
            .send(put(USER, &json!({ "status": "DISABLED" })))
            .await;

        assert_eq!(reply.status.as_u16(), status, "{effect:?}");
        assert_eq!(
            reply.header("content-type"),
            "application/json",
            "{effect:?}"
        );
        assert!(reply.took <= DEADLINE, "{effect:?} took {:?}", reply.took);
        assert_eq!(gateway.emulator.calls_to(USER), 1, "{effect:?}");
        gateway.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn upstream_that_keeps_failing_is_left_alone_for_a_moment() {
    let gateway = Gateway::start();
    let unavailable = Effect::status(http::StatusCode::SERVICE_UNAVAILABLE);
    gateway
        .emulator
        .fault(Fault::new(unavailable).at("/v1/teams/demo/groups*"));
    let reader = gateway.reader();
    for number in 0..12 {
        reader
            .get(&format!("/v1/teams/demo/groups?contains={number}"))
            .await;
    }
    let before = gateway.emulator.counters().calls;

    let refused = reader.get(ITEM).await;

    assert_eq!(refused.error(), (503, "upstream_unavailable".to_owned()));
    assert_ne!(refused.header("retry-after"), "");
    assert_eq!(gateway.emulator.counters().calls, before);
    gateway.emulator.clear_faults();
    sleep(Duration::from_secs(31)).await;
    assert_eq!(reader.get(ITEM).await.status, 200);
    gateway.finish().await;
}
