//! Sessions over a store of their own.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::advance;
use uuid::Uuid;

use super::*;
use crate::caller::Caller;
use crate::secret::Secret;
use crate::testing;

/// Sessions, and the directory of their store.
struct Place {
    directory: TempDir,
    config: Config,
}

impl Place {
    fn new(config: Config) -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory, config }
    }

    /// As after a start; whoever had the store before must be gone.
    fn open(&self) -> Sessions {
        let store = testing::store(self.directory.path());
        let book = Book::new(&[], [], 10);
        let principals = [testing::principal()];
        let epoch = Epoch::default();
        Sessions::load(self.config.clone(), &store, &book, &epoch, &principals).unwrap()
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.directory.path().join("store")).unwrap()
    }
}

fn lasting(seconds: u64) -> New {
    New {
        policies: vec!["dev".to_owned()],
        display_name: "okta-fred".to_owned(),
        path: "auth/okta/login/fred".to_owned(),
        renewable: true,
        terms: Terms {
            ttl: Duration::from_secs(seconds),
            ..Terms::default()
        },
        ..New::default()
    }
}

fn caller(sessions: &Sessions, token: &Secret) -> Option<Arc<Caller>> {
    sessions.caller(token.expose().as_bytes(), None)
}

#[tokio::test(start_paused = true)]
async fn token_is_good_until_its_time_is_over_and_not_a_moment_longer() {
    let place = Place::new(Config::default());
    let sessions = place.open();

    let made = sessions.create(lasting(60)).await.unwrap();

    let who = caller(&sessions, &made.token).unwrap();
    assert_eq!(&*who.name, "okta-fred");
    assert_eq!(format!("{:?}", who.grant.set), "[\"default\", \"dev\"]");
    assert_eq!(made.ttl, Duration::from_secs(60));
    advance(Duration::from_millis(59_998)).await;
    assert!(caller(&sessions, &made.token).is_some());
    advance(Duration::from_millis(3)).await;
    assert!(caller(&sessions, &made.token).is_none());
    assert!(sessions.of_accessor(made.session.accessor()).is_none());
    assert!(who.grant.until.unwrap() <= tokio::time::Instant::now());
}

#[tokio::test(start_paused = true)]
async fn everything_that_was_answered_is_there_after_a_start() {
    let place = Place::new(Config::default());
    let sessions = place.open();
    let kept = sessions
        .create(New {
            metadata: Some([("username".to_owned(), "fred".to_owned())].into()),
            kept: Some("id".to_owned()),
            cidrs: vec!["10.0.0.0/8".parse().unwrap()],
            num_uses: 3,
            ..lasting(600)
        })
        .await
        .unwrap();
    let gone = sessions.create(lasting(600)).await.unwrap();
    sessions.spend(kept.session.id()).await.unwrap();
    sessions.revoke(gone.session.id()).await.unwrap();
    drop(sessions);

    let sessions = place.open();

    let found = sessions.of_token(kept.token.expose().as_bytes()).unwrap();
    assert_eq!(found.accessor(), kept.session.accessor());
    assert_eq!(found.metadata().unwrap()["username"], "fred");
    assert_eq!(found.kept(), "id");
    assert_eq!(found.uses(), Some(2));
    assert_eq!(format!("{:?}", found.cidrs()), "[10.0.0.0/8]");
    assert_eq!(found.path(), "auth/okta/login/fred");
    assert!(caller(&sessions, &gone.token).is_none());
    let bytes = place.bytes();
    for token in [&kept.token, &gone.token] {
        let token = token.expose().as_bytes();
        assert!(bytes.windows(token.len()).all(|part| part != token));
    }
}

#[tokio::test(start_paused = true)]
async fn renewal_counts_from_now_and_never_goes_past_the_maximum() {
    let place = Place::new(Config::default());
    let sessions = place.open();
    let mut new = lasting(100);
    new.terms.max_ttl = Duration::from_secs(150);
    let made = sessions.create(new).await.unwrap();
    let id = made.session.id();

    advance(Duration::from_secs(40)).await;
    let renewed = sessions.renew(id, Duration::ZERO, None).await.unwrap();
    assert_eq!(renewed.ttl.as_secs(), 100);
    advance(Duration::from_secs(90)).await;
    let renewed = sessions.renew(id, Duration::ZERO, None).await.unwrap();

    assert_eq!(renewed.ttl.as_secs(), 20);
    assert_eq!(renewed.warnings.len(), 1);
    assert!(caller(&sessions, &made.token).is_some());
    advance(Duration::from_secs(21)).await;
    let late = sessions.renew(id, Duration::ZERO, None).await;
    assert!(
        matches!(late, Err(Refused::Over | Refused::Gone)),
        "{late:?}"
    );
    assert!(caller(&sessions, &made.token).is_none());
}

#[tokio::test(start_paused = true)]
async fn child_ends_with_its_parent_and_an_orphan_does_not() {
    let place = Place::new(Config::default());
    let sessions = place.open();
    let parent = sessions.create(lasting(600)).await.unwrap();
    let below = |parent: &Created| New {
        parent: Some(parent.session.id()),
        path: "auth/token/create".to_owned(),
        ..lasting(6000)
    };
    let child = sessions.create(below(&parent)).await.unwrap();
    let grandchild = sessions.create(below(&child)).await.unwrap();
    let other = sessions.create(lasting(600)).await.unwrap();
    let kept = sessions.create(below(&other)).await.unwrap();
    let before = sessions.epoch().now();

    assert!(sessions.revoke(parent.session.id()).await.unwrap());
    assert!(sessions.revoke_alone(other.session.id()).await.unwrap());

    for token in [&parent.token, &child.token, &grandchild.token, &other.token] {
        assert!(caller(&sessions, token).is_none());
    }
    assert!(caller(&sessions, &kept.token).is_some());
    assert!(sessions.epoch().now() >= before + 2);
    let late = sessions.create(below(&parent)).await;
    assert!(matches!(late, Err(Refused::Gone)));
    drop(sessions);
    let sessions = place.open();
    assert_eq!(sessions.len(), 1);
    assert!(caller(&sessions, &kept.token).is_some());
}

#[tokio::test(start_paused = true)]
async fn child_is_good_for_no_longer_than_its_parent() {
    let place = Place::new(Config::default());
    let sessions = place.open();
    let parent = sessions.create(lasting(60)).await.unwrap();
    let child = sessions
        .create(New {
            parent: Some(parent.session.id()),
            path: "auth/token/create".to_owned(),
            ..lasting(6000)
        })
        .await
        .unwrap();

    advance(Duration::from_secs(61)).await;

    assert!(caller(&sessions, &child.token).is_none());
    sessions.sweep().await;
    assert!(sessions.is_empty());
}

#[tokio::test(start_paused = true)]
async fn uses_are_counted_and_the_last_may_still_look_at_itself() {
    let place = Place::new(Config::default());
    let sessions = place.open();
    let new = New {
        num_uses: 2,
        ..lasting(600)
    };
    let made = sessions.create(new).await.unwrap();
    let id = made.session.id();
    assert!(caller(&sessions, &made.token).unwrap().grant.is_counted);

    sessions.spend(id).await.unwrap();
    let both = tokio::join!(sessions.spend(id), sessions.spend(id));

    let good = [both.0, both.1].iter().filter(|one| one.is_ok()).count();
    assert_eq!(good, 1);
    assert!(caller(&sessions, &made.token).is_none());
    assert_eq!(sessions.of_id(id).unwrap().uses(), Some(0));
    advance(Duration::from_secs(61)).await;
    sessions.sweep().await;
    assert!(sessions.of_id(id).is_none());
}

#[tokio::test(start_paused = true)]
async fn token_is_good_only_from_the_networks_that_it_is_bound_to() {
    let place = Place::new(Config::default());
    let sessions = place.open();
    let new = New {
        cidrs: vec!["10.0.0.0/8".parse().unwrap()],
        ..lasting(600)
    };
    let made = sessions.create(new).await.unwrap();
    let from = |peer: Option<&str>| {
        let peer = peer.map(|peer| peer.parse().unwrap());
        sessions
            .caller(made.token.expose().as_bytes(), peer)
            .is_some()
    };

    assert!(from(Some("10.1.2.3")) && from(Some("::ffff:10.1.2.3")));
    assert!(!from(Some("11.1.2.3")) && !from(Some("::1")) && !from(None));
}

#[tokio::test(start_paused = true)]
async fn token_of_the_configuration_may_everything_until_it_is_revoked_for_good() {
    use sha2::{Digest, Sha256};
    let token = Secret::new("hvs.the-root-token");
    let place = Place::new(Config {
        root_token_sha256: Some(Sha256::digest(token.expose()).into()),
        ..Config::default()
    });
    let sessions = place.open();
    let root = caller(&sessions, &token).unwrap();
    assert!(root.grant.set.is_root() && root.grant.until.is_none());
    assert!(caller(&sessions, &Secret::new("hvs.the-root-tokem")).is_none());

    sessions.revoke(root.grant.session.unwrap()).await.unwrap();

    assert!(caller(&sessions, &token).is_none());
    drop(sessions);
    assert!(caller(&place.open(), &token).is_none());
}

#[tokio::test(start_paused = true)]
async fn login_gets_no_root_and_nobody_gets_more_than_there_may_be() {
    let place = Place::new(Config {
        most: 2,
        ..Config::default()
    });
    let sessions = place.open();
    let root = New {
        policies: vec!["a".to_owned(), " ROOT".to_owned()],
        ..lasting(60)
    };

    let refused = sessions.create(root.clone()).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "auth methods cannot create root tokens"
    );
    let made = New {
        path: "auth/token/create".to_owned(),
        terms: Terms::default(),
        ..root
    };
    let made = sessions.create(made).await.unwrap();
    assert_eq!(sessions.left(&made.session), None);
    sessions.create(lasting(60)).await.unwrap();
    assert!(matches!(
        sessions.create(lasting(60)).await,
        Err(Refused::Full)
    ));
    let long = New {
        display_name: "x".repeat(100_000),
        ..lasting(60)
    };
    sessions.revoke(made.session.id()).await.unwrap();
    assert!(matches!(sessions.create(long).await, Err(Refused::TooLong)));
}

#[tokio::test(start_paused = true)]
async fn renewal_does_not_bring_back_what_is_revoked_at_the_same_time() {
    for _ in 0..20 {
        let place = Place::new(Config::default());
        let sessions = place.open();
        let made = sessions.create(lasting(600)).await.unwrap();
        let id = made.session.id();

        let (renewed, revoked) = tokio::join!(
            sessions.renew(id, Duration::ZERO, None),
            sessions.revoke(id)
        );

        assert!(revoked.unwrap());
        drop(renewed);
        assert!(caller(&sessions, &made.token).is_none());
        drop(sessions);
        assert!(place.open().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_made_under_a_path_or_for_a_key_ends_together() {
    let place = Place::new(Config::default());
    let sessions = place.open();
    let key = Uuid::new_v4();
    let of_key = New {
        key: Some(key),
        path: "auth/key/tf".to_owned(),
        ..lasting(600)
    };
    let one = sessions.create(of_key.clone()).await.unwrap();
    let other = sessions.create(of_key).await.unwrap();
    let login = sessions.create(lasting(600)).await.unwrap();

    sessions.revoke_of_key(key, Vec::new()).await.unwrap();
    assert!(caller(&sessions, &one.token).is_none() && caller(&sessions, &other.token).is_none());
    assert!(caller(&sessions, &login.token).is_some());
    sessions
        .revoke_under("auth/okta/", Vec::new())
        .await
        .unwrap();

    assert!(sessions.is_empty());
    drop(sessions);
    assert!(place.open().is_empty());
}
