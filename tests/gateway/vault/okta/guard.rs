//! Nobody is locked out at Okta by somebody who guesses here.

use super::*;

#[tokio::test]
async fn guesses_are_refused_before_okta_locks_the_account() {
    let org = Org::of(vec![person("ada", &["Everyone"])]).await;
    org.configure(json!({})).await;

    let mut statuses = Vec::new();
    for name in ["ada", "ADA", "ada@example.com", "Ada", "ada"] {
        statuses.push(org.login(name, "canary-wrong").await.status.as_u16());
    }
    let right = org.login("ada", PASSWORD).await;

    assert_eq!(statuses, [400, 400, 400, 400, 429]);
    // Here too, for now; but not at Okta, which locks at the fifth.
    assert_eq!(right.status.as_u16(), 429);
    let after: u64 = right.header("retry-after").parse().unwrap();
    assert!((600..=900).contains(&after), "{after}");
    let body = json!({ "username": "ada@example.com", "password": PASSWORD });
    let asked = http::Request::post("/api/v1/authn")
        .header("content-type", "application/json")
        .body(bytes::Bytes::from(body.to_string()))
        .unwrap();
    assert_eq!(org.okta.handle(asked).await.status(), 200);
    org.finish().await;
}

#[tokio::test]
async fn guesses_at_once_are_no_more_than_may_fail() {
    let org = Org::with(vec![person("ada", &["Everyone"])], |okta| {
        okta.logins_per_second = 100;
    })
    .await;
    org.configure(json!({})).await;

    let guesses = (0..30).map(|_| org.login("ada", "canary-wrong"));
    let replies = futures_util::future::join_all(guesses).await;

    let asked = replies
        .iter()
        .filter(|reply| reply.status.as_u16() == 400)
        .count();
    assert_eq!(asked, 4);
    assert!(
        replies
            .iter()
            .all(|reply| [400, 429].contains(&reply.status.as_u16()))
    );
    org.finish().await;
}
