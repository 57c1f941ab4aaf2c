//! A gzip form that is ready late, and whose turn it is when it is there.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};

use super::*;
use crate::cache::{Ask, Directives, Fetched, Found, Generations, Kept, key, read_tags};
use crate::exchange::Request;
use crate::metrics::Metrics;
use crate::testing;

const GROUPS: &str = "/v1/teams/demo/groups";

fn asked() -> (Store, Request, Arc<[u8]>) {
    let store = Store::new(testing::cache(), Generations::new(), Metrics::default());
    let mut request = testing::request(&Method::GET, GROUPS);
    let key: Arc<[u8]> = key(&request.principal, &request.operation, &request.headers).into();
    request.key = Some(Arc::clone(&key));
    (store, request, key)
}

fn offer(store: &Store, request: &Request, status: StatusCode, body: &'static [u8]) {
    let (tags, _) = read_tags(&request.operation, &request.principal);
    let slots = store.generations().slots(tags);
    let stamp = store.generations().stamp(&slots);
    let fetched = Fetched {
        status,
        headers: HeaderMap::new(),
        body: Bytes::from_static(body),
        pages: 1,
    };
    store.offer(request, &fetched, &slots, &stamp);
}

fn kept(store: &Store, key: &[u8]) -> Option<Arc<Entry>> {
    match store.find(key) {
        Kept::Entry(entry) => Some(entry),
        Kept::Nothing | Kept::Touched => None,
    }
}

/// Does both at once.
fn race(first: impl FnOnce() + Send, second: impl FnOnce() + Send) {
    let start = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            start.wait();
            first();
        });
        start.wait();
        second();
    });
}

#[tokio::test]
async fn late_gzip_form_never_takes_the_place_of_a_newer_answer() {
    let (store, request, key) = asked();

    for _ in 0..ROUNDS {
        offer(&store, &request, StatusCode::OK, b"old");
        let old = kept(&store, &key).unwrap();
        race(
            || store.put_gzip(&key, &old, Bytes::from_static(b"gz")),
            || offer(&store, &request, StatusCode::OK, b"new"),
        );

        assert_eq!(kept(&store, &key).unwrap().body(), "new");
    }
}

#[tokio::test]
async fn late_gzip_form_does_not_bring_back_what_the_upstream_refuses_by_now() {
    let (store, request, key) = asked();

    for _ in 0..ROUNDS {
        offer(&store, &request, StatusCode::OK, b"old");
        let old = kept(&store, &key).unwrap();
        race(
            || store.put_gzip(&key, &old, Bytes::from_static(b"gz")),
            || offer(&store, &request, StatusCode::FORBIDDEN, b"no"),
        );

        assert!(kept(&store, &key).is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn who_fetches_an_answer_anew_does_so_for_its_gzip_form_too() {
    let (store, request, key) = asked();
    offer(&store, &request, StatusCode::OK, b"{}");
    let plain = kept(&store, &key).unwrap();
    tokio::time::advance(Duration::from_secs(40)).await;
    let ask = Ask::new(store.clone());
    let claim = || match ask.ask(&key, Directives::default(), || 1.0).unwrap().0 {
        Found::Stale(_, _, claim) => claim,
        other @ (Found::Fresh(..) | Found::Nothing(_)) => panic!("it is stale: {other:?}"),
    };

    let first = claim();
    store.put_gzip(&key, &plain, Bytes::from_static(b"gz"));
    let (second, need) = (claim(), ask.in_need(&key, &plain, Directives::default()));
    drop(first);
    let at_once = claim();
    tokio::time::advance(Duration::from_secs(5)).await;
    let later = claim();

    assert!(second.is_none() && at_once.is_none() && later.is_some());
    assert!(need.is_some(), "the form that was seen before counts still");
}

const ROUNDS: usize = 2_000;
