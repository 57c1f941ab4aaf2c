use std::time::Duration;

use tokio::time::advance;

use super::*;

#[tokio::test(start_paused = true)]
async fn failed_logins_look_alike_whatever_the_reason() {
    let org = Org::new();
    let without = |got: Got| {
        let mut body = got.body;
        let id = body["errorId"].take();
        assert!(id.as_str().unwrap().starts_with("oae"));
        (got.status, body.to_string())
    };

    let wrong = without(org.login("ada@example.com", "wrong").await);
    let others = [
        without(org.login("nobody@example.com", PASSWORD).await),
        without(org.login("hedy@example.com", "").await),
        without(org.seeded("frances").await),
        without(org.seeded("anita").await),
        without(org.post(AUTHN, json!({ "username": "peter" })).await),
    ];

    assert_eq!(wrong.0, 401);
    for other in others {
        assert_eq!(wrong, other);
    }
}

#[tokio::test(start_paused = true)]
async fn five_failures_in_a_row_lock_until_the_account_is_edited() {
    let org = Org::with(user());
    for _ in 0..4 {
        assert_eq!(org.login("u@x.test", "bad").await.status, 401);
    }
    let rescued = org.login("u", "pw").await;
    advance(Duration::from_secs(1)).await;
    let mut last = Vec::new();
    for _ in 0..5 {
        advance(Duration::from_secs(1)).await;
        last.push(org.login("u@x.test", "bad").await.status);
    }

    let locked = org.login("u@x.test", "pw").await;
    let known = org.get("/api/v1/users/u@x.test").await;
    let edited = org.emulator.okta_edit("u@x.test", |_| {});
    advance(Duration::from_secs(1)).await;
    let free = org.login("u@x.test", "pw").await;

    assert_eq!(rescued.standing(), (200, "SUCCESS"));
    assert_eq!(last, [401; 5]);
    assert_eq!(locked.standing(), (200, "LOCKED_OUT"));
    assert_eq!(known.body["status"], "LOCKED_OUT");
    assert!(edited);
    assert_eq!(free.standing(), (200, "SUCCESS"));
}

#[tokio::test(start_paused = true)]
async fn lock_ends_by_itself_and_may_be_hidden() {
    let org = Org::of(okta::Config {
        users: vec![user()],
        failures_to_lock: 1,
        locked_for: Some(Duration::from_secs(60)),
        hides_lockouts: true,
        ..okta::Config::default()
    });

    let failed = org.login("u@x.test", "bad").await;
    let hidden = org.login("u@x.test", "pw").await;
    advance(Duration::from_secs(59)).await;
    let still = org.login("u@x.test", "pw").await;
    advance(Duration::from_secs(1)).await;
    let free = org.login("u@x.test", "pw").await;

    for got in [failed, hidden, still] {
        assert_eq!(got.code(), (401, "E0000004"));
    }
    assert_eq!(free.standing(), (200, "SUCCESS"));
}

#[tokio::test(start_paused = true)]
async fn reset_undoes_locks_and_edits() {
    let org = Org::with(user());
    org.emulator
        .okta_edit("u@x.test", |user| user.state = State::LockedOut);
    let locked = org.login("u@x.test", "pw").await;

    org.emulator.reset();

    assert_eq!(locked.standing(), (200, "LOCKED_OUT"));
    assert_eq!(
        org.login("u@x.test", "pw").await.standing(),
        (200, "SUCCESS")
    );
}
