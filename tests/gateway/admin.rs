//! What operators are told of a gateway at work.

use std::sync::Arc;

use opagate::admin::{Purge, Search, Why};
use serde_json::{Value, json};

use crate::support::{Gateway, Setup, post};

const LIST: &str = "/v1/teams/demo/service_users";
const GROUPS: &str = "/v1/teams/demo/groups";

fn sources(gateway: &Gateway) -> opagate::admin::Sources {
    opagate::app::sources(&gateway.parts, Arc::default())
}

fn search(part: &str) -> Search {
    Search {
        part: part.to_owned(),
        limit: 10,
    }
}

#[tokio::test(start_paused = true)]
async fn who_spends_a_limit_and_on_what_is_told_and_measured() {
    let gateway = Gateway::start();
    gateway.reader().get(LIST).await;
    gateway.reader().get(LIST).await;
    gateway.writer().get(GROUPS).await;

    let shown = sources(&gateway);
    let (state, metrics) = ((shown.state)(), (shown.metrics)());

    let spending = &state["buckets"][0]["spending"];
    // 250 service users on three pages, and one page of groups.
    assert_eq!(spending["slots"], 4);
    let of = |place: usize| {
        json!([
            spending["callers"][place]["name"],
            spending["callers"][place]["share"]
        ])
    };
    assert_eq!(
        (of(0), of(1)),
        (json!(["reader", 0.75]), json!(["writer", 0.25]))
    );
    assert_eq!(spending["operations"][0]["name"], "service_users.list");
    let share = "opagate_ratelimit_caller_share{caller=\"reader\",principal=\"gateway\",team=\"demo\"} 0.75";
    assert!(metrics.contains(share), "{metrics}");
    let share = "opagate_ratelimit_operation_share{operation=\"groups.list\",principal=\"gateway\",team=\"demo\"} 0.25";
    assert!(metrics.contains(share), "{metrics}");
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_found_and_as_much_is_dropped_as_was_said() {
    let gateway = Gateway::start();
    let reader = gateway.reader();
    for target in [
        LIST,
        GROUPS,
        "/v1/teams/demo/groups?count=5",
        "/v1/teams/demo/groups/owners",
    ] {
        reader.get(target).await;
    }
    let shown = sources(&gateway);

    let all = (shown.search)(&search(""));
    let groups = (shown.search)(&search("/v1/teams/demo/groups"));
    let dropped = (shown.purge)(Purge::Prefix(GROUPS.to_owned()));
    let touched = (shown.search)(&search("/v1/teams/demo/groups"));

    assert_eq!((&all["found"], &all["usable"]), (&json!(4), &json!(4)));
    let targets = groups["entries"].as_array().unwrap().iter();
    let targets: Vec<_> = targets
        .map(|entry| entry["target"].as_str().unwrap())
        .collect();
    let expected = [
        GROUPS,
        "/v1/teams/demo/groups?count=5",
        "/v1/teams/demo/groups/owners",
    ];
    assert_eq!(targets, expected);
    assert_eq!((&groups["would_drop"], dropped), (&json!(3), 3));
    assert_eq!(
        (&touched["usable"], &touched["would_drop"]),
        (&json!(0), &json!(0))
    );
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_kept_is_told_with_its_reason() {
    let gateway = Setup::new().set("cache.entry_bytes", "10").start();
    gateway.reader().get(LIST).await;

    let found = (sources(&gateway).search)(&search("service_users"));

    assert_eq!(found["found"], 0);
    assert_eq!(found["not_kept"][0]["path"], LIST);
    assert_eq!(found["not_kept"][0]["reason"], "size");
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn last_requests_are_told_with_what_became_of_them() {
    let gateway = Gateway::start();
    gateway.reader().get(LIST).await;
    gateway.reader().get(LIST).await;
    gateway
        .reader()
        .send(post(GROUPS, &json!({"name": "x"})))
        .await;

    let seen = gateway.parts.recent.after(0, 10);

    let told: Vec<_> = seen
        .iter()
        .map(|seen| (seen.operation, seen.outcome.as_str()))
        .collect();
    let expected = [
        ("service_users.list", "forwarded"),
        ("service_users.list", "hit"),
        ("groups.create", "denied"),
    ];
    assert_eq!(told, expected);
    assert_eq!(seen[0].below.unwrap().pages, 3);
    assert_eq!(seen[2].error, Some("forbidden_error"));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_would_happen_is_told_and_nothing_happens() {
    let gateway = Gateway::start();
    gateway.reader().get(LIST).await;
    let calls = gateway.emulator.counters().calls;
    let shown = sources(&gateway);
    let why = |method: &str, target: &str, caller: &str| {
        let asked = Why {
            method: method.parse().unwrap(),
            target: target.parse().unwrap(),
            caller: Some(caller.to_owned()),
        };
        (shown.why)(&asked)
    };

    let kept = why("GET", LIST, "reader").unwrap();
    let absent = why("GET", GROUPS, "reader").unwrap();
    let refused = why("POST", GROUPS, "reader").unwrap();
    let written = why("POST", GROUPS, "writer").unwrap();

    assert_eq!(kept["kept"]["state"], "fresh");
    assert_eq!(
        kept["then"],
        "answered from memory, without asking the upstream"
    );
    assert_eq!(absent["then"], "sent at once, and kept");
    assert_eq!(refused["then"], "refused at once, as `forbidden_error`");
    assert_eq!(refused["kept"], Value::Null);
    let then = "sent at once; what it touches is dropped from the cache";
    assert_eq!(written["then"], then);
    assert!(why("GET", LIST, "nobody").unwrap_err().contains("known: "));
    assert_eq!(gateway.emulator.counters().calls, calls);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn settings_are_shown_without_secrets_and_without_hashes() {
    let gateway = Gateway::start();

    let toml = (sources(&gateway).config)();

    assert!(toml.contains("[[team.principal.key]]"), "{toml}");
    assert!(toml.contains("secret = \"…\"") && toml.contains("token_sha256 = \"…\""));
    assert!(!crate::support::is_secret(&toml));
    gateway.finish().await;
}
