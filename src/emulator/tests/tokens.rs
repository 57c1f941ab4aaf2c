use std::time::Duration;

use http::Method;
use serde_json::json;
use tokio::time::advance;

use super::*;

const UNKNOWN: (u16, &str) = (401, "authentication_error");

#[tokio::test(start_paused = true)]
async fn token_lives_as_long_as_it_says() {
    let client = Client::new(Config {
        token_life: Duration::from_secs(60),
        ..small()
    })
    .await;

    advance(Duration::from_secs(59)).await;
    assert_eq!(client.get("current_user").await.body["name"], "gateway");
    advance(Duration::from_secs(1)).await;

    assert_eq!(client.get("current_user").await.kind(), UNKNOWN);
    assert_eq!(client.emulator.counters().unauthorized, 1);
}

#[tokio::test]
async fn token_answer_is_shaped_as_documented() {
    let emulator = Emulator::new(small());
    let (id, secret) = emulator.key();

    let got = login(&emulator, &id, &secret).await;

    assert_eq!(got.status, 200);
    assert_eq!(got.body["team_name"], "demo");
    assert!(got.body["expires_at"].as_str().unwrap().ends_with('Z'));
    let token = got.body["bearer_token"].as_str().unwrap();
    assert_eq!(token.split('.').count(), 3);
    // It takes no slot, and tells of the limit all the same.
    let slots = |name| got.number(name);
    assert_eq!(slots("x-ratelimit-remaining"), slots("x-ratelimit-limit"));
}

#[tokio::test]
async fn wrong_key_gets_no_token() {
    let emulator = Emulator::new(small());
    let (id, secret) = emulator.key();

    assert_eq!(login(&emulator, &id, "wrong").await.kind(), UNKNOWN);
    let unknown = "6052868b-1b04-4a14-8288-e6496d7f2f4b";
    assert_eq!(login(&emulator, unknown, &secret).await.kind(), UNKNOWN);
    let (braced, bare) = (format!("{{{id}}}"), id.replace('-', ""));
    for malformed in ["", "wrong", &braced, &bare] {
        let got = login(&emulator, malformed, &secret).await;
        assert_eq!(got.kind(), (400, "invalid_request"), "{malformed}");
    }
    assert_eq!(emulator.counters().token_calls, 6);
}

#[tokio::test]
async fn revoked_tokens_are_dead_and_new_ones_are_not() {
    let client = Client::new(small()).await;

    client.emulator.revoke_tokens();

    assert_eq!(client.get("current_user").await.kind(), UNKNOWN);
    let client = Client::of(client.emulator).await;
    assert_eq!(client.get("current_user").await.status, 200);
}

#[tokio::test]
async fn disabling_a_user_kills_its_tokens_and_its_key() {
    let admin = Client::new(small()).await;
    let (id, secret) = admin.emulator.key_of("svc-0001").unwrap();
    let user = client_of(&admin.emulator, &id, &secret).await;
    assert_eq!(user.get("current_user").await.body["name"], "svc-0001");

    let body = json!({ "status": "DISABLED" });
    admin
        .send(Method::PUT, "service_users/svc-0001", Some(body))
        .await;

    assert_eq!(user.get("current_user").await.kind(), UNKNOWN);
    assert_eq!(login(&admin.emulator, &id, &secret).await.kind(), UNKNOWN);
}

#[tokio::test]
async fn who_is_enabled_again_needs_a_new_token() {
    let admin = Client::new(small()).await;
    let (id, secret) = admin.emulator.key_of("svc-0001").unwrap();
    let older = client_of(&admin.emulator, &id, &secret).await;

    for status in ["DISABLED", "ACTIVE"] {
        let body = json!({ "status": status });
        let path = "service_users/svc-0001";
        let set = admin.send(Method::PUT, path, Some(body)).await;
        assert_eq!(set.body["status"], status);
    }
    let newer = client_of(&admin.emulator, &id, &secret).await;

    assert_eq!(older.get("current_user").await.kind(), UNKNOWN);
    assert_eq!(newer.get("current_user").await.status, 200);
}

async fn client_of(emulator: &Emulator, id: &str, secret: &str) -> Client {
    let token = login(emulator, id, secret).await;
    let token = token.body["bearer_token"].as_str().unwrap().to_owned();
    Client {
        emulator: emulator.clone(),
        token,
    }
}

#[tokio::test]
async fn deleting_a_key_kills_its_tokens_only() {
    let client = Client::new(small()).await;
    let (id, secret) = client.emulator.key();
    let newer = client
        .send(Method::POST, "service_users/gateway/keys", None)
        .await;
    let newer_id = newer.body["id"].as_str().unwrap();
    let newer_secret = newer.body["secret"].as_str().unwrap();
    let rotated = client_of(&client.emulator, newer_id, newer_secret).await;

    let path = format!("service_users/gateway/keys/{id}");
    let deleted = rotated.send(Method::DELETE, &path, None).await;

    assert_eq!(deleted.status, NO_CONTENT);
    assert_eq!(client.get("current_user").await.kind(), UNKNOWN);
    assert_eq!(login(&client.emulator, &id, &secret).await.kind(), UNKNOWN);
    assert_eq!(rotated.get("current_user").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn rotation_lets_older_keys_expire_and_shows_the_secret_once() {
    let client = Client::new(small()).await;
    let (id, secret) = client.emulator.key();

    let made = client
        .send(Method::POST, "service_users/gateway/keys", None)
        .await;
    let keys = client.get("service_users/gateway/keys").await;
    advance(Duration::from_secs(24 * 3600)).await;

    assert!(made.body["secret"].is_string());
    assert_eq!(made.body["expires_at"], "0001-01-01T00:00:00Z");
    let keys = keys.body["list"].as_array().unwrap();
    assert_ne!(keys[0]["expires_at"], "0001-01-01T00:00:00Z");
    assert!(keys[0]["last_used"].is_string());
    assert_eq!(keys[1]["last_used"], Value::Null);
    assert!(keys.iter().all(|key| key.get("secret").is_none()));
    assert_eq!(login(&client.emulator, &id, &secret).await.kind(), UNKNOWN);
}

#[tokio::test]
async fn leaks_are_counted_and_the_first_is_named() {
    let client = Client::new(small()).await;
    client.get("groups").await;
    client.emulator.revoke_tokens();
    client.get("groups").await;
    assert_eq!(client.emulator.counters().leaked, 0);

    let mut leaking = client.request(Method::GET, "groups", None);
    leaking
        .headers_mut()
        .insert("x-forwarded-for", "10.0.0.1".parse().unwrap());
    client.emulator.handle(leaking).await;
    let foreign = Client {
        emulator: client.emulator,
        token: "opagate.key".to_owned(),
    };
    foreign.get("groups").await;

    let counters = foreign.emulator.counters();
    assert_eq!(counters.leaked, 2);
    assert_eq!(counters.first_leak.as_deref(), Some("x-forwarded-for"));
}

#[tokio::test]
async fn log_tells_what_was_asked_by_whom_and_no_secret() {
    let client = Client::new(small()).await;

    client.get("groups?count=1").await;

    let log = client.emulator.log();
    let last = log.last().unwrap();
    assert_eq!(
        (last.path.as_str(), last.query.as_str()),
        ("/v1/teams/demo/groups", "count=1")
    );
    assert_eq!((last.user.as_deref(), last.status), (Some("gateway"), 200));
    let all = serde_json::to_string(&log).unwrap();
    assert!(!all.contains(&client.token) && !all.contains(&client.emulator.key().1));
}

#[test]
fn debug_output_holds_no_secret() {
    let config = small();
    let emulator = Emulator::new(config.clone());
    let (_, secret) = emulator.key();

    let shown = format!("{emulator:?} {config:?}");

    assert!(shown.contains("demo"));
    assert!(!shown.contains(&secret));
}

#[test]
fn dead_tokens_make_room_and_live_ones_do_not() {
    run(async {
        let emulator = Emulator::new(small());
        emulator.shared.world.lock().tokens.most = 2;
        let (id, secret) = emulator.key();
        let first = login(&emulator, &id, &secret).await;
        let second = login(&emulator, &id, &secret).await;

        let third = login(&emulator, &id, &secret).await;
        emulator.revoke_tokens();
        let fourth = login(&emulator, &id, &secret).await;

        assert_eq!((first.status, second.status), (200, 200));
        assert_eq!(third.kind(), (403, "quota_exceeded"));
        assert_eq!(fourth.status, 200);
    });
}
