use std::time::Duration;

use http::Method;
use serde_json::json;
use tokio::time::advance;

use super::*;
use crate::emulator::{Behaviour, Effect, Fault};

fn lag(seconds: u64) -> Fault {
    Fault::new(Effect::Lag(Duration::from_secs(seconds)))
}

async fn make(client: &Client, name: &str) -> Got {
    let body = Some(json!({ "name": name }));
    client.send(Method::POST, "groups", body).await
}

async fn seconds(seconds: u64) {
    advance(Duration::from_secs(seconds)).await;
}

fn has_replica(client: &Client) -> bool {
    client.emulator.shared.world.lock().replica.is_some()
}

#[tokio::test(start_paused = true)]
async fn write_is_seen_when_the_lag_has_passed() {
    let client = Client::new(small()).await;
    client.emulator.fault(lag(5));

    let made = make(&client, "new").await;
    let at_once = client.get("groups/new").await;
    advance(Duration::from_millis(4999)).await;
    let early = client.get("groups/new").await;
    advance(Duration::from_millis(1)).await;
    let found = client.get("groups/new").await;

    assert_eq!(made.status, 201);
    assert_eq!((at_once.status, early.status), (404, 404));
    assert_eq!(found.body, made.body);
}

#[tokio::test(start_paused = true)]
async fn writes_are_seen_in_their_order_and_list_and_item_agree() {
    let client = Client::new(small()).await;
    client.emulator.fault(lag(5));

    let first = make(&client, "first").await;
    seconds(2).await;
    Client::of(client.emulator.clone()).await;
    let second = make(&client, "second").await;
    client.send(Method::DELETE, "groups/first", None).await;
    seconds(3).await;
    let between = client.get("groups?contains=s").await;
    let item = client.get("groups/first").await;
    seconds(2).await;
    let after = client.get("groups?contains=second").await;

    assert_eq!(between.names(), ["owners", "first"]);
    assert_eq!(item.body["id"], first.body["id"]);
    assert_eq!(after.body["list"][0], second.body);
    assert_eq!(client.get("groups/first").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn reads_that_are_not_hit_are_up_to_date() {
    let client = Client::new(small()).await;
    client.emulator.fault(lag(5).at(format!("{T}/groups")));
    make(&client, "new").await;

    let list = client.get("groups?contains=new").await;
    let item = client.get("groups/new").await;
    let taken = make(&client, "new").await;

    assert!(list.names().is_empty());
    assert_eq!((item.status, taken.status), (200, 409));
}

#[tokio::test(start_paused = true)]
async fn shorter_lag_sees_more_than_a_longer_one() {
    let client = Client::new(small()).await;
    client.emulator.fault(lag(9).at(format!("{T}/groups")));
    client.emulator.fault(lag(3).at(format!("{T}/groups/*")));
    make(&client, "new").await;
    client.get("groups").await;

    seconds(4).await;
    let list = client.get("groups?contains=new").await;
    let item = client.get("groups/new").await;
    let again = client.get("groups?contains=new").await;
    seconds(5).await;

    assert!(list.names().is_empty() && again.names().is_empty());
    assert_eq!(item.status, 200);
    assert_eq!(client.get("groups?contains=new").await.names(), ["new"]);
}

#[tokio::test(start_paused = true)]
async fn login_is_seen_late_too() {
    let client = Client::new(small()).await;
    let keys = "service_users/gateway/keys";
    let first = client.get(keys).await;
    client.emulator.fault(lag(5));

    seconds(1).await;
    Client::of(client.emulator.clone()).await;
    let early = client.get(keys).await;
    seconds(5).await;
    let late = client.get(keys).await;

    assert_eq!(early.body, first.body);
    let used = |got: &Got| got.body["list"][0]["last_used"].clone();
    assert_ne!(used(&late), used(&early));
}

#[tokio::test(start_paused = true)]
async fn late_write_lags_from_when_it_is_applied() {
    let client = Client::new(small()).await;
    let late = Effect::ApplyLate(Duration::from_secs(4));
    client.emulator.fault(Fault::new(late).times(1));
    client.emulator.fault(lag(5));
    make(&client, "late").await;

    seconds(8).await;
    let early = client.get("groups/late").await;
    seconds(1).await;

    assert_eq!(early.status, 404);
    assert_eq!(client.get("groups/late").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn copy_is_kept_only_while_a_read_may_lag() {
    let client = Client::new(small()).await;
    let before = has_replica(&client);

    client.emulator.fault(lag(5).times(1));
    let armed = has_replica(&client);
    make(&client, "new").await;
    let hit = client.get("groups/new").await;
    let next = client.get("groups/new").await;
    let spent = has_replica(&client);
    client.emulator.fault(lag(5));
    client.emulator.clear_faults();

    assert_eq!((before, armed, spent), (false, true, false));
    assert_eq!((hit.status, next.status), (404, 200));
    assert!(!has_replica(&client));
}

#[tokio::test(start_paused = true)]
async fn last_hit_reads_from_the_copy_even_if_it_is_delayed() {
    let client = Client::new(small()).await;
    client.emulator.fault(lag(5).times(1));
    let delay = Effect::Delay(Duration::from_secs(2));
    client.emulator.fault(Fault::new(delay).times(1));
    let emulator = client.emulator.clone();
    let request = client.request(Method::GET, "groups/new", None);
    let slow = tokio::spawn(async move { emulator.handle(request).await });
    tokio::task::yield_now().await;

    make(&client, "new").await;
    let delayed = slow.await.unwrap();

    assert_eq!(delayed.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn behaviour_lets_all_reads_lag_from_the_start() {
    let behaviour = Behaviour {
        writes_lag: Some(Duration::from_secs(2)),
        ..Behaviour::default()
    };
    let client = Client::new(Config {
        behaviour,
        ..small()
    })
    .await;

    make(&client, "new").await;
    let early = client.get("groups/new").await;
    seconds(2).await;
    let late = client.get("groups/new").await;
    client.emulator.behave(Behaviour::default());

    assert_eq!((early.status, late.status), (404, 200));
    assert!(!has_replica(&client));
    client.emulator.reset();
    assert!(has_replica(&client));
}
