use http::Request;
use sha2::{Digest, Sha256};

use http::header::{AUTHORIZATION, HeaderValue};
use http::{Method, Version};

use super::*;
use crate::auth::{self, Accounts, Door};
use crate::cache::Directives;
use crate::caller::{Principal, Priority, Weight};
use crate::coding::Accepted;
use crate::front::head::LONGEST;
use crate::operation::Operation;
use crate::{quota, testing};

/// One to which `one` and `other` are known.
fn conversation() -> Conversation {
    Conversation::new(Connection::new(Door::Required, accounts()))
}

fn accounts() -> Accounts {
    let config = |token: &str| auth::Config {
        name: token.to_owned(),
        token_sha256: Some(Sha256::digest(token).into()),
        policies: Vec::new(),
        priority: Priority::Batch,
        weight: Weight::ONE,
        principals: vec!["demo/gateway".to_owned()],
        quota: quota::Config::default(),
    };
    Accounts::new(&["one", "other"].map(config), &[testing::principal()])
}

fn head(target: &str, headers: &[(&str, &str)]) -> request::Parts {
    let mut request = Request::get(target);
    for (name, value) in [("host", "a"), ("authorization", "Bearer one")]
        .iter()
        .chain(headers)
    {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

/// Lets `head` be answered as if its answer were kept.
fn answer(conversation: &Conversation, head: &request::Parts) {
    answer_as(conversation, head, &testing::principal());
}

fn answer_as(conversation: &Conversation, head: &request::Parts, principal: &Arc<Principal>) {
    let caller = conversation.connection.ask(&head.headers, None).unwrap();
    let asked = Asked {
        path: head.uri.path().into(),
        operation: Arc::new(Operation::parse(&head.method, &head.uri).unwrap()),
        caller,
        epoch: conversation.connection.epoch(),
        principal: Arc::clone(principal),
        rule: None,
        accepted: Accepted::of(&head.headers),
        wanted: Directives::default(),
        key: None,
        given: crate::front::asked::Given::default(),
    };
    conversation.remember(head, &Arc::new(asked));
}

fn knows(conversation: &Conversation, head: &request::Parts) -> bool {
    conversation.recall(head).is_some()
}

#[test]
fn same_head_is_known_whatever_its_id_and_its_trace_say() {
    let conversation = conversation();
    let with = |id, trace| {
        let headers = [
            ("x-request-id", id),
            ("accept", "*/*"),
            ("traceparent", trace),
        ];
        head("/a?b=1", &headers)
    };

    answer(&conversation, &with("12345678", "x"));

    assert!(knows(&conversation, &with("12345678", "x")));
    assert!(knows(&conversation, &with("87654321", "y")));
    assert!(!knows(&conversation, &head("/a?b=1", &[("accept", "*/*")])));
}

#[test]
fn head_that_differs_in_anything_is_not_known() {
    let conversation = conversation();
    answer(
        &conversation,
        &head("http://Host/a?b=1", &[("accept", "*/*")]),
    );

    for (target, headers) in [
        ("http://Host/a?b=2", &[("accept", "*/*")][..]),
        ("http://Host/a", &[("accept", "*/*")]),
        ("http://Host/a/?b=1", &[("accept", "*/*")]),
        ("http://host/a?b=1", &[("accept", "*/*")]),
        ("https://Host/a?b=1", &[("accept", "*/*")]),
        ("/a?b=1", &[("accept", "*/*")]),
        ("http://Host/a?b=1", &[("accept", "*/* ")]),
        ("http://Host/a?b=1", &[("accept", "*/*"), ("accept", "*/*")]),
        (
            "http://Host/a?b=1",
            &[("accept", "*/*"), ("if-none-match", "*")],
        ),
        (
            "http://Host/a?b=1",
            &[("accept", "*/*"), ("authorization", "Bearer one")],
        ),
        ("http://Host/a?b=1", &[]),
    ] {
        assert!(
            !knows(&conversation, &head(target, headers)),
            "{target} {headers:?}"
        );
    }
    let mut other = head("http://Host/a?b=1", &[("accept", "*/*")]);
    other.method = Method::HEAD;
    assert!(!knows(&conversation, &other));
    other.method = Method::GET;
    other.version = Version::HTTP_10;
    assert!(!knows(&conversation, &other));
    other.version = Version::HTTP_11;
    assert!(knows(&conversation, &other));
}

#[test]
fn head_is_not_known_for_another_credential() {
    let conversation = conversation();
    let shown = |line: &'static str| {
        let mut head = head("/a", &[]);
        head.headers
            .insert(AUTHORIZATION, HeaderValue::from_static(line));
        head
    };
    answer(&conversation, &shown("Bearer one"));

    for other in ["Bearer other", "Bearer nobody", "Basic one", ""] {
        assert!(!knows(&conversation, &shown(other)), "{other}");
    }
    answer(&conversation, &shown("Bearer other"));

    let recalled = conversation.recall(&shown("Bearer other")).unwrap();
    assert_eq!(&*recalled.caller.name, "other");
    // Known again as soon as it was asked again who shows it.
    assert!(!knows(&conversation, &shown("Bearer one")));
    conversation
        .connection
        .ask(&shown("Bearer one").headers, None)
        .unwrap();
    let recalled = conversation.recall(&shown("Bearer one")).unwrap();
    assert_eq!(&*recalled.caller.name, "one");
}

#[test]
fn no_more_than_a_few_short_heads_are_remembered() {
    let conversation = conversation();
    let long = "x".repeat(LONGEST);
    let paths = ["/0", "/1", "/2", "/3", "/4"];

    answer(&conversation, &head("/a", &[("accept", &long)]));
    for path in paths {
        answer(&conversation, &head(path, &[]));
    }

    assert!(!knows(&conversation, &head("/a", &[("accept", &long)])));
    let known = paths.map(|path| knows(&conversation, &head(path, &[])));
    assert_eq!(known, [false, true, true, true, true]);
    assert_eq!(conversation.remembered.lock().heads.len(), HEADS);
}

#[test]
fn connections_share_what_they_found_out_alike() {
    let (accounts, principal) = (accounts(), testing::principal());
    let connection = || Connection::new(Door::Required, accounts.clone());
    let found_out = |connection, token: &str, target| {
        let conversation = Conversation::new(connection);
        let mut head = head(target, &[]);
        let line = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        head.headers.insert(AUTHORIZATION, line);
        answer_as(&conversation, &head, &principal);
        conversation.recall(&head).unwrap()
    };
    let one = found_out(connection(), "one", "/a");

    assert!(Arc::ptr_eq(&one, &found_out(connection(), "one", "/a")));
    let elsewhere = connection().reached_at(Some("https://a".into()), true);
    for (connection, token, target) in [
        (connection(), "one", "/b"),
        (connection(), "other", "/a"),
        (elsewhere, "one", "/a"),
    ] {
        let other = found_out(connection, token, target);
        assert!(!Arc::ptr_eq(&one, &other), "{token} {target}");
    }
}

#[test]
fn nothing_is_known_in_another_epoch() {
    let conversation = conversation();
    let head = head("/v1/teams/demo/groups", &[]);
    answer(&conversation, &head);
    assert!(knows(&conversation, &head));

    conversation.connection.accounts().epoch().bump();
    assert!(!knows(&conversation, &head));
    answer(&conversation, &head);
    assert!(knows(&conversation, &head));
}

#[test]
fn head_with_a_vault_token_is_not_kept() {
    let conversation = conversation();
    let head = head("/v1/teams/demo/groups", &[("x-vault-token", "hvs.x")]);

    answer(&conversation, &head);

    assert!(!knows(&conversation, &head));
}
