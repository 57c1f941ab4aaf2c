use std::time::Duration;

use http::Method;
use serde_json::json;

use super::*;
use crate::emulator::{Effect, Fault};

#[tokio::test]
async fn faults_come_over_http_in_the_form_of_the_types() {
    let client = Client::new(small()).await;
    let told = json!([
        { "method": "GET", "path": "/v1/teams/demo/users", "times": 1,
          "effect": { "status": { "status": 403, "type": "disabled_team" } } },
        { "effect": { "delay": "1ms" } },
    ]);
    let control = "/_emulator/faults";

    let taken = client.send(Method::POST, control, Some(told)).await;
    let hit = client.get("users").await;
    let list = client.get(control).await;
    let wrong = client
        .send(Method::POST, control, Some(json!({ "effect": "explode" })))
        .await;
    let cleared = client.send(Method::DELETE, control, None).await;

    assert_eq!((taken.status, cleared.status), (NO_CONTENT, NO_CONTENT));
    assert_eq!(hit.kind(), (403, "disabled_team"));
    assert_eq!(list.body[0]["hits"], 1);
    assert_eq!(list.body[1]["effect"], json!({ "delay": "1ms" }));
    assert_eq!(wrong.kind(), (400, "invalid_request"));
    assert_eq!(client.get(control).await.body, json!([]));
}

#[tokio::test]
async fn every_effect_survives_its_json() {
    let effects = [
        Effect::Delay(Duration::from_millis(1500)),
        Effect::status(StatusCode::BAD_GATEWAY),
        Effect::Limited { with_headers: true },
        Effect::ApplyLate(Duration::from_secs(2)),
        Effect::ClockSkew(-3600),
        Effect::LinkElsewhere,
    ];

    for effect in effects {
        let fault = Fault::new(effect).on(Method::PUT).at("/x*").times(3);
        let json = serde_json::to_string(&fault).unwrap();
        assert_eq!(
            serde_json::from_str::<Fault>(&json).unwrap(),
            fault,
            "{json}"
        );
    }
}

#[tokio::test]
async fn tokens_are_revoked_and_all_is_reset_over_http() {
    let client = Client::new(small()).await;
    let revoke = json!({ "revoke_tokens": true });

    client
        .send(Method::POST, "/_emulator/faults", Some(revoke))
        .await;
    let dead = client.get("groups").await;
    let counters = client.get("/_emulator/counters").await;
    let log = client.get("/_emulator/log").await;
    let reset = client.send(Method::POST, "/_emulator/reset", None).await;

    assert_eq!(dead.status, 401);
    assert_eq!(
        (&counters.body["unauthorized"], &counters.body["calls"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(log.body[1]["path"], "/v1/teams/demo/groups");
    assert_eq!(reset.status, NO_CONTENT);
    assert_eq!(client.get("/_emulator/log").await.body, json!([]));
}
