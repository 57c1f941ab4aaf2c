//! Virtual keys over a store of their own.

use tempfile::TempDir;
use tokio::time::advance;

use super::*;
use crate::caller::CallerKind;
use crate::policy::Book;
use crate::sessions::{self, Created, Epoch};
use crate::testing;

/// As after a start.
fn open(directory: &TempDir) -> Keys {
    let store = testing::store(directory.path());
    let book = Book::new(&[], [], 0);
    let config = sessions::Config::default();
    let principals = [testing::principal()];
    let sessions = Sessions::load(config, &store, &book, &Epoch::default(), &principals);
    let taken = vec!["taken".to_owned()];
    Keys::load(Config::default(), &store, &sessions.unwrap(), taken).unwrap()
}

fn named(name: &str) -> New {
    New {
        name: name.to_owned(),
        policies: vec!["dev".to_owned()],
        ..New::default()
    }
}

async fn is_good(keys: &Keys, id: Uuid, secret: &Secret) -> bool {
    keys.token(id, secret, "demo", None).await.is_ok()
}

fn is_known(keys: &Keys, made: &Created) -> bool {
    let token = made.token.expose().as_bytes();
    keys.shared.sessions.of_token(token).is_some()
}

#[tokio::test(start_paused = true)]
async fn secret_of_a_key_gives_tokens_for_half_a_day_and_no_other_secret_does() {
    let directory = tempfile::tempdir().unwrap();
    let keys = open(&directory);
    let made = keys.create(named("tf")).await.unwrap();
    let other = keys.create(named("ci")).await.unwrap();
    let id = made.key.id();

    let token = keys.token(id, &made.secret, "demo", None).await.unwrap();

    assert_eq!(token.ttl, Duration::from_secs(12 * 3600));
    let who = keys
        .shared
        .sessions
        .caller(token.token.expose().as_bytes(), None);
    let who = who.unwrap();
    assert_eq!((&*who.name, who.kind), ("tf", CallerKind::VirtualKey));
    assert_eq!(id.get_version_num(), 4);
    assert!(!is_good(&keys, id, &other.secret).await);
    assert!(!is_good(&keys, other.key.id(), &made.secret).await);
    assert!(!is_good(&keys, Uuid::new_v4(), &made.secret).await);
    drop(keys);
    let bytes = std::fs::read(directory.path().join("store")).unwrap();
    let secret = made.secret.expose().as_bytes();
    assert!(bytes.windows(secret.len()).all(|part| part != secret));
    assert!(is_good(&open(&directory), id, &made.secret).await);
}

#[tokio::test(start_paused = true)]
async fn key_that_is_revoked_takes_its_tokens_with_it_for_good() {
    let directory = tempfile::tempdir().unwrap();
    let keys = open(&directory);
    let made = keys.create(named("tf")).await.unwrap();
    let id = made.key.id();
    let token = keys.token(id, &made.secret, "demo", None).await.unwrap();
    let before = keys.shared.sessions.epoch().now();

    assert!(keys.revoke(id).await.unwrap());

    assert!(keys.shared.sessions.epoch().now() > before);
    assert!(!is_known(&keys, &token));
    assert!(!is_good(&keys, id, &made.secret).await);
    assert!(!keys.revoke(id).await.unwrap());
    drop(keys);
    let keys = open(&directory);
    assert!(keys.list().is_empty() && !is_known(&keys, &token));
}

#[tokio::test(start_paused = true)]
async fn both_secrets_are_good_while_a_key_is_rotated() {
    let directory = tempfile::tempdir().unwrap();
    let keys = open(&directory);
    let first = keys.create(named("tf")).await.unwrap();
    let id = first.key.id();

    let second = keys.rotate(id, Duration::from_secs(60)).await.unwrap();

    assert!(is_good(&keys, id, &first.secret).await);
    assert!(is_good(&keys, id, &second.secret).await);
    assert!(keys.shown(&second.key).old_secret_until.is_some());
    advance(Duration::from_secs(61)).await;
    assert!(!is_good(&keys, id, &first.secret).await);
    assert!(is_good(&keys, id, &second.secret).await);
}

#[tokio::test(start_paused = true)]
async fn key_that_is_rotated_without_overlap_ends_its_old_tokens() {
    let directory = tempfile::tempdir().unwrap();
    let keys = open(&directory);
    let first = keys.create(named("tf")).await.unwrap();
    let id = first.key.id();
    let token = keys.token(id, &first.secret, "demo", None).await.unwrap();

    let second = keys.rotate(id, Duration::ZERO).await.unwrap();

    assert!(!is_known(&keys, &token));
    assert!(!is_good(&keys, id, &first.secret).await);
    drop(keys);
    let keys = open(&directory);
    assert!(!is_good(&keys, id, &first.secret).await);
    assert!(is_good(&keys, id, &second.secret).await);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_a_key_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let keys = open(&directory);
    keys.create(named("tf")).await.unwrap();
    let with = |change: fn(&mut New)| {
        let mut new = named("new");
        change(&mut new);
        new
    };

    for (new, expected) in [
        (with(|new| new.name.clear()), "`name` must be"),
        (with(|new| new.name = "a b".to_owned()), "`name` must be"),
        (with(|new| new.name = "x".repeat(101)), "`name` must be"),
        (
            with(|new| new.name = Uuid::new_v4().to_string()),
            "`name` must not",
        ),
        (with(|new| new.name = "TF".to_owned()), "the name is taken"),
        (
            with(|new| new.name = "taken".to_owned()),
            "the name is taken",
        ),
        (
            with(|new| new.policies.push("Root ".to_owned())),
            "a key cannot have",
        ),
        (
            with(|new| new.ttl = Some(Duration::from_secs(3599))),
            "`ttl` must be",
        ),
    ] {
        let refused = keys.create(new).await.unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
    assert_eq!(keys.list().len(), 1);
    let unknown = keys.rotate(Uuid::new_v4(), Duration::ZERO).await;
    assert!(matches!(unknown, Err(Refused::Unknown)));
    assert_eq!(keys.find("tf"), Some(keys.list()[0].id()));
    assert_eq!(keys.find("none"), None);
}

#[tokio::test(start_paused = true)]
async fn key_is_good_only_from_its_networks_and_so_are_its_tokens() {
    let directory = tempfile::tempdir().unwrap();
    let keys = open(&directory);
    let new = New {
        cidrs: vec!["10.0.0.0/8".parse().unwrap()],
        ..named("tf")
    };
    let made = keys.create(new).await.unwrap();
    let id = made.key.id();
    let inside = Some("10.1.1.1".parse().unwrap());
    let outside = Some("11.1.1.1".parse().unwrap());

    assert!(keys.token(id, &made.secret, "demo", outside).await.is_err());
    let token = keys.token(id, &made.secret, "demo", inside).await.unwrap();

    let token = token.token.expose().as_bytes();
    assert!(keys.shared.sessions.caller(token, inside).is_some());
    assert!(keys.shared.sessions.caller(token, outside).is_none());
}
