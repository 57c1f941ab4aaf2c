//! Each bound, at its limit, on a store.

use bytes::Bytes;
use http::header::{ACCEPT, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::cache::{Config, Fetched, Generations, Kept, Store, key, read_tags};
use crate::exchange::Request;
use crate::metrics::Metrics;
use crate::testing;

const GROUPS: &str = "/v1/teams/demo/groups";

fn store(config: Config) -> Store {
    Store::new(config, Generations::new(), Metrics::default())
}

fn read(target: &str, accept: &str) -> Request {
    let mut request = testing::request(&Method::GET, target);
    let accept = HeaderValue::from_str(accept).unwrap();
    request.headers.insert(ACCEPT, accept);
    let key = key(&request.principal, &request.operation, &request.headers);
    request.key = Some(key.into());
    request
}

fn fetched(status: StatusCode, length: usize) -> Fetched {
    Fetched {
        status,
        headers: HeaderMap::new(),
        body: Bytes::from(vec![b' '; length]),
        pages: 1,
    }
}

fn offer(store: &Store, request: &Request, fetched: &Fetched) -> bool {
    let (tags, _) = read_tags(&request.operation, &request.principal);
    let slots = store.generations().slots(tags);
    let stamp = store.generations().stamp(&slots);
    store.offer(request, fetched, &slots, &stamp)
}

/// How many of these paths are kept.
fn kept(store: &Store, requests: &[Request], fetched: &Fetched) -> usize {
    let kept = requests.iter().filter(|r| offer(store, r, fetched));
    kept.count()
}

fn paths(count: usize) -> Vec<Request> {
    let paths = (0..count).map(|n| read(&format!("{GROUPS}/g{n}"), "application/json"));
    paths.collect()
}

#[tokio::test(start_paused = true)]
async fn body_may_be_as_large_as_an_entry_and_not_a_byte_more() {
    let store = store(Config {
        entry_bytes: 1000.try_into().unwrap(),
        ..Config::default()
    });
    let request = read(GROUPS, "application/json");

    assert!(offer(&store, &request, &fetched(StatusCode::OK, 1000)));
    assert!(!offer(&store, &request, &fetched(StatusCode::OK, 1001)));
}

#[tokio::test(start_paused = true)]
async fn absences_are_bounded_and_may_be_renewed() {
    let store = store(Config {
        negative_entries: 3,
        ..Config::default()
    });
    let absence = fetched(StatusCode::NOT_FOUND, 10);
    let requests = paths(5);

    assert_eq!(kept(&store, &requests, &absence), 3);
    assert!(offer(&store, &requests[0], &absence));
    assert!(offer(&store, &requests[4], &fetched(StatusCode::OK, 10)));
    // What was not there is there now: its place is free.
    assert!(offer(&store, &requests[0], &fetched(StatusCode::OK, 10)));
    assert!(offer(&store, &requests[3], &absence));
}

#[tokio::test(start_paused = true)]
async fn variants_of_one_path_are_bounded_and_those_of_others_are_not_touched() {
    let store = store(Config::default());
    let answer = fetched(StatusCode::OK, 10);
    let variants: Vec<Request> = (0..10)
        .map(|n| read(GROUPS, &format!("text/v{n}")))
        .collect();

    assert_eq!(kept(&store, &variants, &answer), 8);
    assert!(offer(&store, &variants[0], &answer));
    assert!(offer(
        &store,
        &read("/v1/teams/demo/users", "text/v9"),
        &answer
    ));
}

#[tokio::test(start_paused = true)]
async fn variants_are_told_apart_by_normalised_values() {
    let store = store(Config::default());
    let first = read(GROUPS, "text/HTML;q=0.5 ,\tapplication/json");
    offer(&store, &first, &fetched(StatusCode::OK, 10));

    let same = read(GROUPS, "application/json, text/html ; q=0.5");
    let other = read(GROUPS, "application/json, text/html;q=0.6");

    let found = |request: &Request| store.find(request.key.as_ref().unwrap());
    assert!(matches!(found(&same), Kept::Entry(_)));
    assert!(matches!(found(&other), Kept::Nothing));
}

#[tokio::test(start_paused = true)]
async fn what_varies_by_anything_is_never_kept() {
    let store = store(Config::default());
    let request = read(GROUPS, "application/json");
    for (lines, is_kept) in [
        (&["*"][..], false),
        (&["accept, *"][..], false),
        (&["Accept", " * "][..], false),
        (&["ACCEPT", "origin"][..], true),
    ] {
        let mut answer = fetched(StatusCode::OK, 10);
        for line in lines {
            answer.headers.append(VARY, HeaderValue::from_static(line));
        }

        assert_eq!(offer(&store, &request, &answer), is_kept, "{lines:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn principal_keeps_no_more_than_its_share() {
    let store = store(Config {
        capacity_bytes: 200_000,
        principal_percent: 50,
        ..Config::default()
    });
    let answer = fetched(StatusCode::OK, 8_500);

    let count = kept(&store, &paths(50), &answer);

    let (bytes, entries) = store.size();
    assert!((9..=11).contains(&count), "{count}");
    assert!(bytes <= 100_000, "{bytes}");
    assert_eq!(entries, u64::try_from(count).unwrap());
}

#[tokio::test(start_paused = true)]
async fn share_is_free_again_when_a_write_made_its_answers_old() {
    let store = store(Config {
        capacity_bytes: 200_000,
        principal_percent: 10,
        ..Config::default()
    });
    let answer = fetched(StatusCode::OK, 7_500);
    let requests = paths(3);
    assert_eq!(kept(&store, &requests, &answer), 2);
    let (tags, _) = read_tags(&requests[0].operation, &requests[0].principal);

    store.generations().bump(&store.generations().slots(tags));
    store.find(requests[0].key.as_ref().unwrap());

    assert!(offer(&store, &requests[2], &answer));
}

#[tokio::test(start_paused = true)]
async fn entries_are_bounded() {
    let store = store(Config {
        capacity_bytes: 1_000_000,
        entries: 10.try_into().unwrap(),
        ..Config::default()
    });

    kept(&store, &paths(500), &fetched(StatusCode::OK, 10));

    let (_, entries) = store.size();
    assert_eq!(entries, 10);
}
