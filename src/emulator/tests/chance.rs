use std::time::Duration;

use http::Method;
use serde_json::json;

use super::*;
use crate::emulator::{Effect, Fault};

fn offline() -> Fault {
    Fault::new(Effect::status(StatusCode::SERVICE_UNAVAILABLE))
}

/// Which of a hundred reads are hit.
async fn hits(client: &Client) -> Vec<bool> {
    let mut hits = Vec::new();
    for _ in 0..100 {
        hits.push(client.get("groups").await.status == 503);
    }
    hits
}

fn share(hits: &[bool]) -> usize {
    hits.iter().filter(|hit| **hit).count()
}

#[tokio::test]
async fn equal_seeds_hit_equal_requests() {
    let (one, two) = (Client::new(small()).await, Client::new(small()).await);
    let other = Client::new(Config { seed: 7, ..small() }).await;
    for client in [&one, &two, &other] {
        client.emulator.fault(offline().with_probability(0.5));
    }
    two.emulator.fault(offline().at("/x").with_probability(0.5));

    let first = hits(&one).await;

    assert!((30..70).contains(&share(&first)), "{first:?}");
    assert_eq!(hits(&two).await, first);
    assert_ne!(hits(&other).await, first);
    one.emulator.clear_faults();
    one.emulator.fault(offline().with_probability(0.5));
    assert_eq!(hits(&one).await, first);
}

#[tokio::test]
async fn probability_of_nothing_and_of_all_are_certain() {
    let client = Client::new(small()).await;

    client.emulator.fault(offline().with_probability(0.0));
    let never = share(&hits(&client).await);
    client.emulator.fault(offline().with_probability(1.0));
    let always = share(&hits(&client).await);

    assert_eq!((never, always), (0, 100));
}

#[tokio::test]
async fn request_that_escapes_is_not_counted_as_hit() {
    let client = Client::new(small()).await;
    client
        .emulator
        .fault(offline().with_probability(0.3).times(5));

    let hits = hits(&client).await;

    assert_eq!(share(&hits), 5);
    assert!(!hits[..5].iter().all(|hit| *hit));
}

#[tokio::test]
async fn more_faults_than_a_thousand_are_refused_all_together() {
    let client = Client::new(small()).await;
    for _ in 0..998 {
        assert!(client.emulator.fault(offline().at("/x")));
    }
    assert!(
        client
            .emulator
            .fault(offline().at(format!("{T}/users")).times(1))
    );
    let two = json!([{ "effect": "hang" }, { "effect": "hang" }]);
    let control = "/_emulator/faults";

    let refused = client.send(Method::POST, control, Some(two.clone())).await;
    let armed = client.get(control).await;
    let hit = client.get("users").await;
    let taken = client.send(Method::POST, control, Some(two)).await;

    assert_eq!(refused.kind(), (400, "invalid_request"));
    assert_eq!(armed.body.as_array().unwrap().len(), 999);
    assert_eq!((hit.status, taken.status), (503, NO_CONTENT));
    assert!(!client.emulator.fault(offline()));
}

#[tokio::test]
async fn more_late_writes_than_ten_thousand_are_refused() {
    let client = Client::new(Config {
        burst: 20_000,
        ..small()
    })
    .await;
    let late = Effect::ApplyLate(Duration::from_secs(3600));
    client.emulator.fault(Fault::new(late));
    for _ in 0..10_000 {
        let got = client.send(Method::DELETE, "groups/x", None).await;
        assert_eq!(got.status, 504);
    }

    let refused = client.send(Method::DELETE, "groups/x", None).await;

    assert_eq!(refused.kind(), (503, "service_offline"));
}
