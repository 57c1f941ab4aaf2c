//! Who is let in, and through which door.

use sha2::{Digest, Sha256};

use super::*;
use crate::auth::Config;
use crate::caller::{Priority, Weight};
use crate::{quota, testing};

fn accounts() -> Accounts {
    let config = Config {
        name: "sync".to_owned(),
        token_sha256: Some(Sha256::digest(b"token").into()),
        policies: Vec::new(),
        priority: Priority::Batch,
        weight: Weight::ONE,
        principals: vec!["demo/gateway".to_owned()],
        quota: quota::Config::default(),
    };
    Accounts::new(&[config], &[testing::principal()])
}

fn shown(line: &'static str) -> HeaderMap {
    [(AUTHORIZATION, HeaderValue::from_static(line))]
        .into_iter()
        .collect()
}

#[test]
fn only_the_right_token_is_let_in_also_on_a_connection_that_knows_one() {
    let connection = Connection::new(Door::Required, accounts());

    for _ in 0..2 {
        assert_eq!(
            &*connection.ask(&shown("Bearer token"), None).unwrap().name,
            "sync"
        );
        for wrong in [
            "Bearer tokem",
            "Bearer tokentoken",
            "Basic token",
            "token",
            "Bearer ",
        ] {
            let error = connection.ask(&shown(wrong), None).unwrap_err();
            assert_eq!(error.kind(), Kind::Unauthenticated, "{wrong}");
        }
    }
    assert!(connection.ask(&HeaderMap::new(), None).is_err());
}

#[test]
fn trusted_door_is_closed_to_web_pages() {
    let hosts = Arc::from(["opagate.local".to_owned()]);
    let door = Door::Trusted {
        caller: testing::caller(),
        hosts,
    };
    let connection = Connection::new(door, accounts());
    let none = HeaderMap::new();
    let with = |name: &'static str, value: &'static str| -> HeaderMap {
        [(name.parse().unwrap(), HeaderValue::from_static(value))]
            .into_iter()
            .collect()
    };

    for host in [
        "127.0.0.1:8080",
        "[::1]:8080",
        "localhost",
        "opagate.local:8080",
    ] {
        assert!(connection.ask(&none, Some(host)).is_ok(), "{host}");
    }
    assert!(
        connection
            .ask(&with("sec-fetch-site", "none"), Some("localhost"))
            .is_ok()
    );
    for (headers, host) in [
        (none.clone(), "evil.test"),
        (none, "127.0.0.1.evil.test"),
        (with("origin", "null"), "localhost"),
        (with("origin", "http://localhost"), "localhost"),
        (with("sec-fetch-site", "same-site"), "localhost"),
    ] {
        let error = connection.ask(&headers, Some(host)).unwrap_err();
        assert_eq!(error.kind(), Kind::OriginRefused, "{host} {headers:?}");
    }
}
