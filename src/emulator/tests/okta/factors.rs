use std::time::Duration;

use tokio::time::advance;

use super::*;

#[tokio::test(start_paused = true)]
async fn factors_are_listed_with_links_that_work() {
    let org = Org::new();

    let login = org.seeded("dennis").await;

    assert_eq!(login.standing(), (200, "MFA_REQUIRED"));
    assert_eq!(login.body["stateToken"].as_str().unwrap().len(), 42);
    assert!(login.body.get("sessionToken").is_none());
    let factors = login.body["_embedded"]["factors"].as_array().unwrap();
    let kinds: Vec<_> = factors
        .iter()
        .map(|factor| [&factor["factorType"], &factor["provider"]])
        .collect();
    assert_eq!(
        kinds,
        [
            ["push", "OKTA"],
            ["token:software:totp", "OKTA"],
            ["token:software:totp", "GOOGLE"]
        ]
    );
    let id = factors[0]["id"].as_str().unwrap();
    let href = format!("http://opa.test:8443/api/v1/authn/factors/{id}/verify");
    assert_eq!(factors[0]["_links"]["verify"]["href"], href);
    assert_eq!(
        login.body["_embedded"]["user"]["profile"]["login"],
        "dennis@example.com"
    );
}

#[tokio::test(start_paused = true)]
async fn push_waits_for_polls_and_time_and_is_then_approved() {
    let org = Org::new();
    let login = org.seeded("grace").await;

    let early = org.polls(&login, 3).await;
    advance(Duration::from_millis(500)).await;
    let approved = org.verify(&login, 0, None).await;
    let spent = org.verify(&login, 0, None).await;

    assert_eq!(early, ["WAITING"; 3]);
    assert_eq!(approved.standing(), (200, "SUCCESS"));
    assert!(approved.body["sessionToken"].is_string());
    assert_eq!(spent.code(), (401, "E0000011"));
}

#[tokio::test(start_paused = true)]
async fn push_that_is_not_approved_says_why_and_the_next_is_a_new_one() {
    let org = Org::new();
    for (name, result) in [
        ("edsger", "REJECTED"),
        ("barbara", "TIMEOUT"),
        ("donald", "CANCELLED"),
    ] {
        let login = org.seeded(name).await;

        let results = org.polls(&login, 4).await;

        assert_eq!(results, ["WAITING", result, "WAITING", result]);
    }
}

#[tokio::test(start_paused = true)]
async fn challenge_is_told_with_factor_and_links() {
    let org = Org::new();
    let login = org.seeded("edsger").await;

    let waiting = org.verify(&login, 0, None).await;
    let rejected = org.verify(&login, 0, None).await;

    assert_eq!(waiting.standing(), (200, "MFA_CHALLENGE"));
    assert_eq!(waiting.body["stateToken"], login.body["stateToken"]);
    assert_eq!(waiting.body["_embedded"]["factor"]["factorType"], "push");
    assert_eq!(waiting.body["_links"]["next"]["name"], "poll");
    assert_eq!(rejected.body["_links"]["next"]["name"], "verify");
    let href = rejected.body["_links"]["resend"][0]["href"]
        .as_str()
        .unwrap();
    let body = json!({ "stateToken": login.body["stateToken"] });
    let resent = org.post(href, body).await;
    assert_eq!(resent.body["factorResult"], "WAITING");
}

#[tokio::test(start_paused = true)]
async fn owner_answers_the_pushes_that_wait() {
    let org = Org::new();
    let margaret = "margaret@example.com";
    let login = org.seeded("margaret").await;
    let nothing = org.emulator.okta_answer_push(margaret, Verdict::Approve);

    let waiting = org.polls(&login, 5).await;
    let answered = org.emulator.okta_answer_push(margaret, Verdict::Reject);
    let rejected = org.polls(&login, 2).await;
    org.emulator.okta_answer_push(margaret, Verdict::Approve);
    let approved = org.polls(&login, 1).await;

    assert_eq!((nothing, answered), (0, 1));
    assert_eq!(waiting, ["WAITING"; 5]);
    assert_eq!(rejected, ["REJECTED", "WAITING"]);
    assert_eq!(approved, ["SUCCESS"]);
}

#[tokio::test(start_paused = true)]
async fn push_that_nobody_answers_times_out() {
    let org = Org::new();
    let login = org.seeded("margaret").await;
    let mut results = org.polls(&login, 1).await;

    for _ in 0..2 {
        advance(Duration::from_secs(150)).await;
        results.extend(org.polls(&login, 1).await);
    }

    assert_eq!(results, ["WAITING", "WAITING", "TIMEOUT"]);
}

#[tokio::test(start_paused = true)]
async fn number_to_pick_is_told_from_the_second_answer_on() {
    for documented_shape in [false, true] {
        let org = Org::of(okta::Config {
            documented_shape,
            ..okta::Config::default()
        });
        let login = org.seeded("radia").await;

        let first = org.verify(&login, 0, None).await;
        let second = org.verify(&login, 0, None).await;
        advance(Duration::from_secs(1)).await;
        let third = org.verify(&login, 0, None).await;

        let name = if documented_shape {
            "factors"
        } else {
            "factor"
        };
        let other = if documented_shape {
            "factor"
        } else {
            "factors"
        };
        assert!(first.body["_embedded"][name].get("_embedded").is_none());
        let challenge = &second.body["_embedded"][name]["_embedded"]["challenge"];
        let number = challenge["correctAnswer"].as_u64().unwrap();
        assert!((10..100).contains(&number));
        assert!(second.body["_embedded"].get(other).is_none());
        assert_eq!(third.standing(), (200, "SUCCESS"));
    }
}

#[tokio::test(start_paused = true)]
async fn right_code_lets_in_once() {
    let org = Org::new();
    for name in ["alan", "katherine"] {
        let code = org.emulator.okta_totp(&format!("{name}@example.com"));
        let login = org.seeded(name).await;

        let success = org.verify(&login, 0, code.as_deref()).await;
        let login = org.seeded(name).await;
        let replayed = org.verify(&login, 0, code.as_deref()).await;
        advance(Duration::from_secs(30)).await;
        let next = org.emulator.okta_totp(&format!("{name}@example.com"));
        let again = org.verify(&login, 0, next.as_deref()).await;

        assert_eq!(success.standing(), (200, "SUCCESS"), "{name}");
        assert_eq!(replayed.code(), (403, "E0000068"), "{name}");
        assert!(
            replayed.body["errorCauses"][0]["errorSummary"]
                .as_str()
                .unwrap()
                .contains("once")
        );
        assert_eq!(again.standing(), (200, "SUCCESS"), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn code_is_good_for_one_step_more_and_no_longer() {
    let org = Org::new();
    let code = org.emulator.okta_totp("alan").unwrap();
    let login = org.seeded("alan").await;

    advance(Duration::from_secs(60)).await;
    let late = org.verify(&login, 0, Some(&code)).await;
    let previous = org.emulator.okta_totp("alan").unwrap();
    advance(Duration::from_secs(30)).await;
    let in_time = org.verify(&login, 0, Some(&previous)).await;

    assert_eq!(late.code(), (403, "E0000068"));
    assert_eq!(in_time.standing(), (200, "SUCCESS"));
}

#[tokio::test(start_paused = true)]
async fn codes_belong_to_their_factor_and_wrong_ones_lock() {
    let org = Org::new();
    let google = org.emulator.okta_totp_of("dennis", Provider::Google);
    let okta = org.emulator.okta_totp_of("dennis", Provider::Okta);
    let login = org.seeded("dennis").await;

    let asked = org.verify(&login, 1, None).await;
    let mut wrong = Vec::new();
    for _ in 0..5 {
        let got = org.verify(&login, 1, google.as_deref()).await;
        wrong.push(got.code().0);
    }
    let locked = org.verify(&login, 1, okta.as_deref()).await;
    let out = org.seeded("dennis").await;

    assert_eq!(asked.standing(), (200, "MFA_CHALLENGE"));
    assert_eq!(wrong, [403; 5]);
    assert_eq!(locked.code(), (403, "E0000069"));
    assert_eq!(out.standing(), (200, "LOCKED_OUT"));
}

#[tokio::test(start_paused = true)]
async fn state_token_lives_five_minutes_after_its_last_use() {
    let org = Org::new();
    let login = org.seeded("margaret").await;
    advance(Duration::from_secs(299)).await;
    let used = org.verify(&login, 0, None).await;

    advance(Duration::from_secs(300)).await;
    let dead = org.verify(&login, 0, None).await;
    let path = format!("{AUTHN}/factors/opf1/verify");
    let wrong = org.post(&path, json!({ "stateToken": "00wrong" })).await;
    let missing = org.post(&path, json!({})).await;

    assert_eq!(used.standing(), (200, "MFA_CHALLENGE"));
    for got in [dead, wrong, missing] {
        assert_eq!(got.code(), (401, "E0000011"));
    }
}

#[tokio::test(start_paused = true)]
async fn login_can_be_cancelled_and_goes_back_to_the_choice() {
    let org = Org::new();
    let login = org.seeded("dennis").await;
    let token = json!({ "stateToken": login.body["stateToken"] });
    let early = org.post("/api/v1/authn/previous", token.clone()).await;
    org.verify(&login, 0, None).await;

    let back = org.post("/api/v1/authn/previous", token.clone()).await;
    let cancelled = org.post("/api/v1/authn/cancel", token.clone()).await;
    let gone = org.post(AUTHN, token).await;

    assert_eq!(early.code(), (403, "E0000079"));
    assert_eq!(back.standing(), (200, "MFA_REQUIRED"));
    assert_eq!((cancelled.status, cancelled.body), (200, json!({})));
    assert_eq!(gone.code(), (401, "E0000011"));
}

#[tokio::test(start_paused = true)]
async fn factor_must_be_there_and_be_due() {
    let org = Org::new();
    let login = org.seeded("grace").await;
    let expired = org.seeded("tony").await;
    let verify = format!("{AUTHN}/factors/opfnone/verify");

    let unknown = org.post(&verify, json!({ "stateToken": login.body["stateToken"] }));
    let unknown = unknown.await;
    let undue = org.post(&verify, json!({ "stateToken": expired.body["stateToken"] }));
    let undue = undue.await;

    assert_eq!(unknown.code(), (404, "E0000007"));
    assert_eq!(undue.code(), (403, "E0000079"));
}

#[tokio::test(start_paused = true)]
async fn read_only_token_is_refused_at_a_factor_and_not_at_the_login() {
    let org = Org::of(okta::Config {
        users: vec![user().with(Factor::push(Script::default()))],
        api_token_is_read_only: true,
        ..okta::Config::default()
    });
    let ssws = format!("SSWS {}", org.emulator.okta_api_token().expose());
    let show = |path: &str, body: Value| {
        let mut request = request(Method::POST, path, Some(body));
        let value = ssws.parse().unwrap();
        request.headers_mut().insert(AUTHORIZATION, value);
        org.ask(request)
    };

    let login = show(AUTHN, json!({ "username": "u@x.test", "password": "pw" })).await;
    let href = &login.body["_embedded"]["factors"][0]["_links"]["verify"]["href"];
    let body = json!({ "stateToken": login.body["stateToken"] });
    let refused = show(href.as_str().unwrap(), body).await;

    assert_eq!(login.standing(), (200, "MFA_REQUIRED"));
    assert_eq!(refused.code(), (403, "E0000006"));
    assert_eq!(org.verify(&login, 0, None).await.status, 200);
}
