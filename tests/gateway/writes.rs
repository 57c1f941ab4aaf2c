//! Writes: sent once, and what they leave uncertain is asked again.

use std::time::Duration;

use http::{Method, StatusCode};
use opagate::emulator::{Effect, Fault};
use serde_json::json;
use tokio::time::sleep;

use crate::support::{Gateway, Setup, delete, post, put};

const GROUPS: &str = "/v1/teams/demo/groups";

#[tokio::test(start_paused = true)]
async fn write_of_which_it_is_not_known_that_it_failed_is_not_sent_again() {
    for effect in [
        Effect::status(StatusCode::INTERNAL_SERVER_ERROR),
        Effect::status(StatusCode::SERVICE_UNAVAILABLE),
        Effect::status(StatusCode::GATEWAY_TIMEOUT),
        Effect::Reset,
        Effect::ResetAfter,
        Effect::Hang,
        Effect::Truncate,
        Effect::Html,
        Effect::ApplyLate(Duration::from_secs(5)),
    ] {
        let gateway = Gateway::start();
        let fault = Fault::new(effect.clone()).on(Method::POST).at(GROUPS);
        gateway.emulator.fault(fault.times(1));

        let reply = gateway
            .writer()
            .send(post(GROUPS, &json!({ "name": "new" })))
            .await;

        assert!(reply.status.is_server_error(), "{effect:?}: {reply:?}");
        sleep(Duration::from_secs(600)).await;
        assert_eq!(gateway.emulator.calls_to(GROUPS), 1, "{effect:?}");
        gateway.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn write_that_the_upstream_refused_to_look_at_is_sent_again_and_done_once() {
    for effect in [
        Effect::status(StatusCode::UNAUTHORIZED),
        Effect::Limited { with_headers: true },
        Effect::Limited {
            with_headers: false,
        },
    ] {
        let gateway = Gateway::start();
        // A token that has never worked would not be renewed for this.
        gateway.writer().get("/v1/teams/demo/current_user").await;
        let fault = Fault::new(effect.clone()).on(Method::POST).at(GROUPS);
        gateway.emulator.fault(fault.times(1));

        let reply = gateway
            .writer()
            .send(post(GROUPS, &json!({ "name": "new" })))
            .await;

        assert_eq!(reply.status, 201, "{effect:?}: {reply:?}");
        assert_eq!(gateway.emulator.calls_to(GROUPS), 2, "{effect:?}");
        assert_eq!(gateway.emulator.counters().writes, 1, "{effect:?}");
        gateway.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn write_with_unknown_outcome_makes_stale_what_it_may_have_touched() {
    for (effect, names) in [
        (Effect::Reset, 40),
        (Effect::ResetAfter, 41),
        (Effect::Hang, 40),
    ] {
        let gateway = Gateway::start();
        gateway.reader().get(GROUPS).await;
        gateway.emulator.fault(Fault::new(effect).on(Method::POST));
        gateway
            .writer()
            .send(post(GROUPS, &json!({ "name": "new" })))
            .await;

        let read = gateway.reader().get(GROUPS).await;
        let again = gateway.reader().get(GROUPS).await;

        assert_eq!(read.names().len(), names);
        assert_eq!(
            read.header("cache-status"),
            "opagate; fwd=miss; detail=invalidated"
        );
        assert_eq!(again.header("cache-status"), "opagate; fwd=miss");
        gateway.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn write_that_is_applied_after_its_error_is_seen_as_soon_as_it_is() {
    let gateway = Gateway::start();
    let late = Effect::ApplyLate(Duration::from_secs(20));
    gateway.emulator.fault(Fault::new(late).on(Method::POST));
    let reply = gateway
        .writer()
        .send(post(GROUPS, &json!({ "name": "new" })))
        .await;
    assert_eq!(reply.error(), (504, "gateway_timeout".to_owned()));

    let before = gateway.reader().get(GROUPS).await;
    sleep(Duration::from_secs(20)).await;
    let after = gateway.reader().get(GROUPS).await;

    assert_eq!((before.names().len(), after.names().len()), (40, 41));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn write_goes_on_when_its_caller_hangs_up() {
    let gateway = Setup::new().jitter(1, Duration::from_secs(4)).start();
    gateway.reader().get(GROUPS).await;
    let writer = gateway.writer();

    let asked = writer.send(post(GROUPS, &json!({ "name": "new" })));
    let left = tokio::time::timeout(Duration::from_millis(1), asked).await;
    assert!(left.is_err());

    sleep(Duration::from_secs(10)).await;
    assert_eq!(gateway.emulator.counters().writes, 1);
    assert_eq!(gateway.reader().get(GROUPS).await.names().len(), 41);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn everything_below_and_beside_a_write_is_seen_anew() {
    let gateway = Gateway::start();
    let (reader, writer) = (gateway.reader(), gateway.writer());
    let item = format!("{GROUPS}/new");
    let members = format!("{item}/users");
    let person = "/v1/teams/demo/users/person-0001/groups";
    let named = json!({ "name": "person-0001" });
    for path in [GROUPS, &item, &members, person] {
        reader.get(path).await;
    }

    writer.send(post(GROUPS, &json!({ "name": "new" }))).await;
    assert_eq!(reader.get(&item).await.status, 200);
    assert_eq!(reader.get(&members).await.names(), [""; 0]);
    writer.send(post(&members, &named)).await;
    assert_eq!(reader.get(&members).await.names(), ["person-0001"]);
    assert!(reader.get(person).await.names().contains(&"new".to_owned()));
    writer
        .send(put(&item, &json!({ "roles": ["end_user"] })))
        .await;
    assert_eq!(reader.get(&item).await.json()["roles"], json!(["end_user"]));
    writer.send(delete(&item)).await;

    assert_eq!(reader.get(&item).await.status, 404);
    assert_eq!(reader.get(&members).await.status, 404);
    assert!(!reader.get(GROUPS).await.names().contains(&"new".to_owned()));
    assert!(!reader.get(person).await.names().contains(&"new".to_owned()));
    gateway.finish().await;
}
