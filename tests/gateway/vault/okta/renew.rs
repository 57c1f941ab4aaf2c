//! A renewal asks Okta for the account, and keeps no password.

use opagate::emulator::okta::State;

use super::*;

const RENEW: &str = "/v1/auth/token/renew-self";

async fn set_up() -> (Org, String) {
    let org = Org::of(vec![person("ada", &["dev"])]).await;
    org.configure(json!({ "token_ttl": "1h", "token_max_ttl": "2h" }))
        .await;
    org.done(
        "POST",
        "/v1/auth/okta/groups/dev",
        json!({ "policies": "Dev" }),
    )
    .await;
    let token = org.token("ada").await;
    (org, token)
}

#[tokio::test]
async fn token_of_an_active_account_is_renewed_by_what_the_mount_says_now() {
    let (org, token) = set_up().await;
    org.configure(json!({ "token_ttl": "30m" })).await;

    let reply = org.as_token("PUT", RENEW, &token, json!({})).await;

    assert_eq!(reply.status.as_u16(), 200, "{reply:?}");
    assert_eq!(reply.json()["auth"]["lease_duration"], 1800);
    org.finish().await;
}

#[tokio::test]
async fn account_that_is_suspended_or_has_another_password_is_not_renewed() {
    for edit in [
        (|user: &mut User| user.state = State::Suspended) as fn(&mut User),
        |user| user.password = Hidden::new("canary-another"),
    ] {
        let (org, token) = set_up().await;
        org.okta.okta_edit("ada@example.com", edit);

        let reply = org.as_token("PUT", RENEW, &token, json!({})).await;

        assert_eq!(reply.status.as_u16(), 403, "{reply:?}");
        assert!(
            words(&reply).starts_with("failed to renew entry: "),
            "{reply:?}"
        );
        org.finish().await;
    }
}

#[tokio::test]
async fn token_whose_policies_would_be_others_now_is_not_renewed() {
    let (org, token) = set_up().await;
    org.okta
        .okta_edit("ada@example.com", |user| user.groups.clear());

    let reply = org.as_token("PUT", RENEW, &token, json!({})).await;
    let lookup = org
        .as_token("GET", "/v1/auth/token/lookup-self", &token, Value::Null)
        .await;

    assert_eq!(reply.status.as_u16(), 403);
    assert_eq!(
        words(&reply),
        "failed to renew entry: policies have changed, not renewing"
    );
    assert_eq!(lookup.status.as_u16(), 200);
    org.finish().await;
}

#[tokio::test]
async fn renewal_works_after_a_restart() {
    let (mut org, token) = set_up().await;
    org.restart().await;

    let reply = org
        .as_token("PUT", RENEW, &token, json!({ "increment": "10m" }))
        .await;

    assert_eq!(reply.status.as_u16(), 200, "{reply:?}");
    assert_eq!(reply.json()["auth"]["lease_duration"], 600);
    org.finish().await;
}
