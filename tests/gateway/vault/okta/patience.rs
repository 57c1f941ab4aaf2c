//! Okta that is slow, limited, down or odd: nobody waits for long, and nothing is asked twice that counts.

use std::time::Duration;

use tokio::time::Instant;

use super::*;

#[tokio::test]
async fn okta_that_is_down_is_told_as_such() {
    let org = Org::of(vec![person("ada", &["dev"])]).await;
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    org.configure(json!({ "base_url": url })).await;
    let started = Instant::now();

    let reply = org.login("ada", PASSWORD).await;

    assert_eq!(reply.status.as_u16(), 502, "{reply:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
    org.finish().await;
}

#[tokio::test]
async fn limit_of_okta_is_waited_for_or_told() {
    let org = Org::with(vec![person("ada", &["dev"])], |okta| {
        okta.logins_per_second = 1;
        okta.authn_per_minute = 3;
    })
    .await;
    org.configure(json!({})).await;

    let first = org.login("ada", PASSWORD).await;
    // Waits for the next second.
    let second = org.login("ada", PASSWORD).await;
    let mut last = org.login("ada", PASSWORD).await;
    for _ in 0..3 {
        if last.status.as_u16() == 200 {
            last = org.login("ada", PASSWORD).await;
        }
    }

    assert_eq!(
        (first.status.as_u16(), second.status.as_u16()),
        (200, 200),
        "{second:?}"
    );
    if last.status.as_u16() == 429 {
        let after: u64 = last.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&after));
    }
    org.finish().await;
}

#[tokio::test]
async fn groups_that_cannot_be_read_let_nobody_in() {
    let org = Org::of(vec![person("ada", &["dev"])]).await;
    org.configure(json!({ "api_token": "canary-other-token" }))
        .await;

    let reply = org.login("ada", PASSWORD).await;

    assert_eq!(reply.status.as_u16(), 400);
    let words = words(&reply);
    assert!(
        words.starts_with("okta failure retrieving groups: "),
        "{words}"
    );
    assert!(words.contains("E0000011"), "{words}");
    org.finish().await;
}
