//! The store and its generations.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};

use super::*;
use crate::testing;

mod generations;

fn store(config: Config) -> Store {
    Store::new(config, Generations::new(), Metrics::default())
}

fn read(target: &str) -> Request {
    let mut request = testing::request(&Method::GET, target);
    let key = key(&request.principal, &request.operation, &request.headers);
    request.key = Some(key.into());
    request
}

fn fetched(body: &'static str) -> Fetched {
    Fetched {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        body: Bytes::from_static(body.as_bytes()),
        pages: 1,
    }
}

fn slots(store: &Store, request: &Request) -> Slots {
    let (tags, _) = read_tags(&request.operation, &request.principal);
    store.generations().slots(tags)
}

fn offer(store: &Store, request: &Request, fetched: &Fetched) -> bool {
    let slots = slots(store, request);
    let stamp = store.generations().stamp(&slots);
    store.offer(request, fetched, &slots, &stamp)
}

fn written(store: &Store, method: &Method, target: &str) -> Slots {
    let write = testing::request(method, target);
    let tags = write_tags(&write.operation, &write.principal);
    store.generations().slots(tags.into_iter())
}

const GROUPS: &str = "/v1/teams/demo/groups";

#[tokio::test(start_paused = true)]
async fn what_was_kept_is_found_until_a_write_touches_it() {
    let store = store(Config::default());
    let request = read(GROUPS);
    assert!(offer(&store, &request, &fetched("{}")));
    assert!(matches!(
        store.find(request.key.as_ref().unwrap()),
        Kept::Entry(_)
    ));

    let slots = written(&store, &Method::POST, GROUPS);
    store.generations().open(&slots);

    assert!(matches!(
        store.find(request.key.as_ref().unwrap()),
        Kept::Touched
    ));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_while_a_write_is_under_way_or_settles() {
    let store = store(Config::default());
    let request = read(GROUPS);
    let slots = written(&store, &Method::POST, GROUPS);

    store.generations().open(&slots);
    assert!(!offer(&store, &request, &fetched("{}")));
    store.generations().close(&slots, Duration::from_secs(2));
    assert!(!offer(&store, &request, &fetched("{}")));
    tokio::time::advance(Duration::from_millis(2001)).await;
    assert!(offer(&store, &request, &fetched("{}")));
}

#[tokio::test(start_paused = true)]
async fn read_that_was_let_go_before_a_write_is_not_kept_after_it() {
    let store = store(Config::default());
    let request = read(GROUPS);
    let own = slots(&store, &request);
    let stamp = store.generations().stamp(&own);

    let slots = written(&store, &Method::POST, GROUPS);
    store.generations().open(&slots);
    store.generations().close(&slots, Duration::ZERO);

    assert!(!store.offer(&request, &fetched("{}"), &own, &stamp));
}

#[tokio::test(start_paused = true)]
async fn read_that_was_let_go_while_a_write_settled_is_not_kept_later() {
    let store = store(Config::default());
    let request = read(GROUPS);
    let own = slots(&store, &request);
    let slots = written(&store, &Method::POST, GROUPS);
    store.generations().open(&slots);
    store.generations().close(&slots, Duration::from_secs(2));
    let stamp = store.generations().stamp(&own);

    tokio::time::advance(Duration::from_secs(5)).await;

    assert!(!store.offer(&request, &fetched("{}"), &own, &stamp));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_a_plain_success_is_not_kept() {
    let store = store(Config::default());
    let request = read(GROUPS);
    let mut no_store = fetched("{}");
    no_store
        .headers
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut broken = fetched("{}");
    broken.status = StatusCode::INTERNAL_SERVER_ERROR;

    assert!(!offer(&store, &request, &no_store));
    assert!(!offer(&store, &request, &broken));
    assert!(!offer(
        &store,
        &read("/v1/teams/demo/servers"),
        &fetched("{}")
    ));
}

#[tokio::test(start_paused = true)]
async fn no_store_is_disregarded_where_the_class_says_so() {
    let mut config = Config::default();
    config.freshness[0].override_no_store = true;
    let store = store(config);
    let mut no_store = fetched("{}");
    no_store.headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-store"),
    );

    assert!(offer(&store, &read(GROUPS), &no_store));
}

#[tokio::test(start_paused = true)]
async fn bytes_are_bounded() {
    let store = store(Config {
        capacity_bytes: 100_000,
        ..Config::default()
    });

    for number in 0..1_000 {
        offer(
            &store,
            &read(&format!("{GROUPS}?contains={number}")),
            &fetched("{\"list\":[]}"),
        );
    }

    let (bytes, entries) = store.size();
    assert!(bytes <= 100_000, "{bytes}");
    assert!(entries > 10, "{entries}");
}

#[tokio::test(start_paused = true)]
async fn purge_by_prefix_drops_what_is_below_and_counts_it() {
    let store = store(Config::default());
    for target in [GROUPS, "/v1/teams/demo/groups/a", "/v1/teams/demo/users"] {
        offer(&store, &read(target), &fetched("{}"));
    }

    let dropped = store.purge([Tag::Under(0, GROUPS.to_owned())].into_iter());

    assert_eq!(dropped, 2);
    let users = read("/v1/teams/demo/users");
    assert!(matches!(
        store.find(users.key.as_ref().unwrap()),
        Kept::Entry(_)
    ));
}

#[tokio::test(start_paused = true)]
async fn refusal_drops_what_was_kept_and_a_failure_does_not() {
    for (status, is_kept) in [(403, false), (410, false), (429, true), (503, true)] {
        let store = store(Config::default());
        let request = read(GROUPS);
        offer(&store, &request, &fetched("{}"));
        let mut other = fetched("{}");
        other.status = StatusCode::from_u16(status).unwrap();

        offer(&store, &request, &other);

        let found = store.find(request.key.as_ref().unwrap());
        assert_eq!(matches!(found, Kept::Entry(_)), is_kept, "{status}");
    }
}
