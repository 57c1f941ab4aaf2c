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

#[tokio::test]
async fn wrong_orders_are_refused_by_the_field() {
    let client = Client::new(small()).await;
    let hang = || json!({ "effect": "hang" });
    let cases = [
        (json!({ "effect": "explode" }), "effect: unknown variant"),
        (
            json!({ "effect": { "delay": "soon" } }),
            "effect: not a time",
        ),
        (
            json!({ "effect": { "status": { "status": 99 } } }),
            "effect: status: ",
        ),
        (
            json!({ "effect": { "limited": { "with_headers": true, "x": 1 } } }),
            "effect: unknown field",
        ),
        (
            json!({ "effect": "hang", "times": "two" }),
            "times: invalid",
        ),
        (
            json!({ "effect": "hang", "time": 2 }),
            "time: unknown field",
        ),
        (json!({ "effect": "hang", "method": "A B" }), "method: "),
        (
            json!({ "effect": "hang", "probability": 1.5 }),
            "probability: not a probability from 0 to 1",
        ),
        (
            json!({ "effect": "hang", "probability": -0.1 }),
            "probability: not a probability from 0 to 1",
        ),
        (json!({ "times": 2 }), "missing field `effect`"),
        (json!([hang(), { "effect": 7 }]), "[1].effect: "),
        (json!({ "revoke_tokens": "yes" }), "revoke_tokens: "),
        (
            json!({ "revoke_tokens": true, "effect": "hang" }),
            "revoke_tokens: ",
        ),
        (json!(7), "invalid type"),
    ];

    for (order, start) in cases {
        let got = client
            .send(Method::POST, "/_emulator/faults", Some(order.clone()))
            .await;
        let message = got.body["message"].as_str().unwrap();
        assert_eq!(got.kind(), (400, "invalid_request"), "{order}");
        assert!(message.starts_with(start), "{order}: {message}");
    }
    assert_eq!(client.get("/_emulator/faults").await.body, json!([]));
    assert_eq!(client.get("current_user").await.status, 200);
}

#[tokio::test]
async fn wrong_method_is_told_the_right_ones() {
    let client = Client::new(small()).await;

    for (path, method, allowed) in [
        ("faults", Method::PUT, "GET, POST, DELETE"),
        ("behaviour", Method::POST, "GET, PUT"),
        ("reset", Method::GET, "POST"),
        ("log", Method::DELETE, "GET"),
        ("", Method::POST, "GET"),
    ] {
        let path = format!("/_emulator/{path}");
        let got = client.send(method, &path, None).await;
        assert_eq!(got.kind(), (405, "invalid_request"), "{path}");
        assert_eq!(got.headers["allow"], allowed, "{path}");
    }
    for path in ["/_emulator/nothing", "/_emulator/faults/1"] {
        assert_eq!(client.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn log_is_read_on_from_a_number_and_for_a_path() {
    let client = Client::new(small()).await;
    for path in ["groups", "users", "groups/owners", "groups?count=1"] {
        client.get(path).await;
    }
    let numbers = async |query: &str| {
        let got = client.get(&format!("/_emulator/log{query}")).await;
        let list = got.body.as_array().unwrap().iter();
        let numbers = list.map(|seen| seen["number"].as_u64().unwrap());
        numbers.collect::<Vec<_>>()
    };

    assert_eq!(numbers("").await, [1, 2, 3, 4, 5]);
    assert_eq!(numbers("?since=3").await, [4, 5]);
    assert_eq!(numbers("?path=/v1/teams/DEMO/groups").await, [2, 5]);
    assert_eq!(
        numbers("?path=/v1/teams/demo/groups*&since=2").await,
        [4, 5]
    );
    assert_eq!(numbers("?since=99").await, [0; 0]);
    let wrong = client.get("/_emulator/log?since=x").await;
    assert_eq!(wrong.kind(), (400, "invalid_request"));
}
