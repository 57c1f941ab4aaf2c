//! Second factors: pushes, numbers, codes, none.

use std::time::Duration;

use opagate::emulator::okta::{Factor, Provider, Script, Verdict};
use tokio::time::sleep;

use super::*;

fn pushed(name: &str, verdict: Verdict) -> User {
    person(name, &["Everyone"]).with(Factor::push(Script::new(verdict)))
}

#[tokio::test]
async fn approved_push_lets_in_and_no_other_does() {
    let org = Org::of(vec![
        pushed("grace", Verdict::Approve),
        pushed("edsger", Verdict::Reject),
        pushed("barbara", Verdict::Expire),
        pushed("donald", Verdict::Cancel),
    ])
    .await;
    org.configure(json!({})).await;

    let (grace, edsger, barbara, donald) = tokio::join!(
        org.login("grace", PASSWORD),
        org.login("edsger", PASSWORD),
        org.login("barbara", PASSWORD),
        org.login("donald", PASSWORD),
    );

    assert_eq!(grace.status.as_u16(), 200, "{grace:?}");
    assert_eq!(words(&edsger), "multi-factor authentication denied");
    assert_eq!(
        words(&barbara),
        "failed to complete multi-factor authentication"
    );
    assert_eq!(words(&donald), "okta authentication failed");
    org.finish().await;
}

#[tokio::test]
async fn number_of_a_push_is_told_to_who_knows_the_nonce_until_the_login_ends() {
    let script = Script {
        number_challenge: true,
        polls: 3,
        ..Script::new(Verdict::Approve)
    };
    let radia = person("radia", &["Everyone"]).with(Factor::push(script));
    let org = Org::of(vec![radia]).await;
    org.configure(json!({})).await;
    let verify = async |nonce: &str| {
        let request = vault("GET", &format!("/v1/auth/okta/verify/{nonce}"), "", "");
        org.stranger().send(request).await
    };
    let asking = async {
        loop {
            let reply = verify("a-nonce-of-20-letters").await;
            if reply.status.as_u16() != 404 {
                return reply;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };

    let body = json!({ "password": PASSWORD, "nonce": "a-nonce-of-20-letters" });
    let (reply, number) = tokio::join!(org.login_with("radia", body), asking);
    let after = verify("a-nonce-of-20-letters").await;
    let without = org.login("radia", PASSWORD).await;

    assert_eq!(reply.status.as_u16(), 200, "{reply:?}");
    let number = number.json()["data"]["correct_answer"].as_i64().unwrap();
    assert!((10..100).contains(&number));
    assert_eq!(after.json(), json!({ "errors": [] }));
    assert!(
        words(&without).starts_with("nonce must be provided"),
        "{without:?}"
    );
    org.finish().await;
}

#[tokio::test]
async fn code_is_taken_if_it_is_right_and_asked_for_if_it_is_missing() {
    let alan = person("alan", &["Everyone"]).with(Factor::totp(Provider::Okta));
    let kate = person("kate", &["Everyone"]).with(Factor::totp(Provider::Google));
    let org = Org::of(vec![alan, kate]).await;
    org.configure(json!({})).await;
    let code = |name: &str| org.okta.okta_totp(&format!("{name}@example.com")).unwrap();
    let with = |totp: String| json!({ "password": PASSWORD, "totp": totp });

    let missing = org.login("alan", PASSWORD).await;
    let wrong = org.login_with("alan", with("000000".to_owned())).await;
    let right = org.login_with("alan", with(code("alan"))).await;
    let mut google = with(code("kate"));
    google["provider"] = "google".into();
    let google = org.login_with("kate", google).await;
    let mut other = with(code("kate"));
    other["provider"] = "OKTA".into();
    let other = org.login_with("kate", other).await;
    let mut unknown = with(code("kate"));
    unknown["provider"] = "DUO".into();
    let unknown = org.login_with("kate", unknown).await;

    assert_eq!(
        words(&missing),
        "'totp' passcode parameter is required to perform MFA"
    );
    assert_eq!(wrong.status.as_u16(), 400);
    assert!(words(&wrong).contains("E0000068"), "{wrong:?}");
    assert_eq!(
        (right.status.as_u16(), google.status.as_u16()),
        (200, 200),
        "{right:?} {google:?}"
    );
    assert!(
        words(&other).starts_with("Okta Verify Push or TOTP"),
        "{other:?}"
    );
    assert_eq!(
        words(&unknown),
        "provider DUO is not among the supported ones [GOOGLE OKTA]"
    );
    org.finish().await;
}

#[tokio::test]
async fn bypass_asks_for_no_factor_and_says_so_to_whoever_sets_it() {
    let edsger = pushed("edsger", Verdict::Reject);
    let org = Org::of(vec![edsger]).await;
    org.configure(json!({})).await;

    let body = json!({ "bypass_okta_mfa": "true" });
    let set = org.root("POST", "/v1/auth/okta/config", body).await;
    let read = org.root("GET", "/v1/auth/okta/config", Value::Null).await;
    let reply = org.login("edsger", PASSWORD).await;

    for told in [set, read] {
        assert_eq!(told.status.as_u16(), 200);
        let warning = told.json()["warnings"][0].as_str().unwrap().to_owned();
        assert!(warning.starts_with("Okta MFA bypass is configured."));
    }
    assert_eq!(reply.status.as_u16(), 200, "{reply:?}");
    org.finish().await;
}

#[tokio::test]
async fn who_hangs_up_leaves_no_question_behind() {
    let waits = person("margaret", &["Everyone"]).with(Factor::push(Script::never()));
    let org = Org::of(vec![waits]).await;
    org.configure(json!({})).await;
    let login = org.login("margaret", PASSWORD);
    assert!(
        tokio::time::timeout(Duration::from_millis(1500), login)
            .await
            .is_err()
    );
    let asked = org.okta.counters().okta_calls;

    sleep(Duration::from_millis(2200)).await;

    assert_eq!(org.okta.counters().okta_calls, asked);
    org.finish().await;
}
