//! Nobody waits longer than they said.

use std::time::Duration;

use http::{HeaderValue, Request};
use opagate::emulator::{Effect, Fault};
use opagate::exchange::Body;
use serde_json::json;

use crate::support::{Gateway, Setup, get, put};

const ITEM: &str = "/v1/teams/demo/groups/owners";
const USER: &str = "/v1/teams/demo/service_users/svc-0001";
const SECRET: &str = "/v1/teams/demo/gateway_setup_tokens/x/token";
const SECOND: Duration = Duration::from_secs(1);

fn for_a_second(mut asked: Request<Body>) -> Request<Body> {
    let wait = HeaderValue::from_static("respond-async, wait=1");
    asked.headers_mut().insert("prefer", wait);
    asked
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_served_in_time_is_told_at_once_when_to_come_back() {
    let setup = Setup::over(|team| {
        team.burst = 1;
        team.refill_per_second = 0.05;
    });
    let gateway = setup.start();
    gateway.reader().get("/v1/teams/demo/current_user").await;
    for asked in [get(ITEM), put(ITEM, &json!({ "roles": [] })), get(SECRET)] {
        let reply = gateway.writer().send(for_a_second(asked)).await;

        assert_eq!(reply.error(), (429, "too_many_requests".to_owned()));
        assert_eq!(reply.took, Duration::ZERO);
        let after: u64 = reply.header("retry-after").parse().unwrap();
        assert!((10..=30).contains(&after), "{after}");
    }
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn who_asks_an_upstream_that_hangs_is_answered_in_time() {
    let slow = Effect::SlowBody(Duration::from_secs(60));
    for effect in [Effect::Hang, slow, Effect::Delay(Duration::from_secs(5))] {
        let status = json!({ "status": "DISABLED" });
        for asked in [get(ITEM), put(USER, &status), get(SECRET)] {
            let gateway = Gateway::start();
            let told = format!("{effect:?} {} {}", asked.method(), asked.uri());
            // So that it is not the token that is waited for.
            gateway.reader().get("/v1/teams/demo/current_user").await;
            gateway.emulator.fault(Fault::new(effect.clone()));

            let reply = gateway.writer().send(for_a_second(asked)).await;

            assert_eq!(reply.error(), (504, "gateway_timeout".to_owned()), "{told}");
            assert!(reply.took <= SECOND, "{told} took {:?}", reply.took);
            gateway.finish().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_token_is_answered_in_time() {
    let gateway = Gateway::start();
    let fault = Fault::new(Effect::Hang);
    gateway
        .emulator
        .fault(fault.at("/v1/teams/demo/service_token"));

    let reply = gateway.reader().send(for_a_second(get(ITEM))).await;

    assert_eq!(reply.error(), (504, "gateway_timeout".to_owned()));
    assert!(reply.took <= SECOND, "{:?}", reply.took);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn fetch_goes_on_for_the_next_caller() {
    let gateway = Gateway::start();
    let delay = Effect::Delay(Duration::from_secs(5));
    gateway.emulator.fault(Fault::new(delay).at(ITEM).times(1));
    let early = gateway.reader().send(for_a_second(get(ITEM))).await;
    assert_eq!(early.status, 504);

    let reply = gateway.reader().get(ITEM).await;

    assert_eq!(reply.status, 200);
    assert_eq!(gateway.emulator.calls_to(ITEM), 1);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn wait_that_was_granted_is_said_to_be() {
    let gateway = Setup::new().start();

    let granted = gateway.reader().send(for_a_second(get(ITEM))).await;
    let plain = gateway.reader().get("/v1/teams/demo/current_user").await;

    assert_eq!(granted.header("preference-applied"), "wait=1");
    assert!(!plain.headers.contains_key("preference-applied"));
    gateway.finish().await;
}
