//! What is given of what is kept, by age, by the caller's wish and by what is left of the limit.

use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, Method, StatusCode};

use super::*;
use crate::cache::{Fetched, Generations, key, read_tags, write_tags};
use crate::metrics::Metrics;
use crate::testing;

const GROUPS: &str = "/v1/teams/demo/groups";
const USERS: &str = "/v1/teams/demo/service_users";

/// A store that holds an answer to `target`, of this age.
async fn aged(target: &str, status: StatusCode, age: Duration) -> (Ask, Arc<[u8]>) {
    let store = Store::new(testing::cache(), Generations::new(), Metrics::default());
    let key = keep(&store, target, status);
    tokio::time::advance(age).await;
    (Ask::new(store), key)
}

/// Keeps an answer that was fetched now.
fn keep(store: &Store, target: &str, status: StatusCode) -> Arc<[u8]> {
    let mut request = testing::request(&Method::GET, target);
    let key: Arc<[u8]> = key(&request.principal, &request.operation, &request.headers).into();
    request.key = Some(Arc::clone(&key));
    let (tags, _) = read_tags(&request.operation, &request.principal);
    let slots = store.generations().slots(tags);
    let stamp = store.generations().stamp(&slots);
    let fetched = Fetched {
        status,
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{}"),
        pages: 1,
    };
    assert!(store.offer(&request, &fetched, &slots, &stamp));
    key
}

/// A write to `target` is let go.
fn touch(ask: &Ask, target: &str) {
    let write = testing::request(&Method::POST, target);
    let tags = write_tags(&write.operation, &write.principal).into_iter();
    let generations = ask.store.generations();
    generations.bump(&generations.slots(tags));
}

/// What is needed to find again what is fresh.
fn memo(ask: &Ask, key: &[u8]) -> Memo {
    match ask.ask(key, wanted(""), || 1.0).unwrap().0 {
        Found::Fresh(entry, _, seen) => Memo::new(&entry, seen),
        other @ (Found::Stale(..) | Found::Nothing(_)) => panic!("it is fresh: {other:?}"),
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn wanted(text: &'static str) -> Directives {
    let value = HeaderValue::from_static(text);
    let headers: HeaderMap = [(CACHE_CONTROL, value)].into_iter().collect();
    Directives::parse(&headers.get_all(CACHE_CONTROL))
}

/// What is given, as its word in logs, and the reason.
fn given(ask: &Ask, key: &[u8], text: &'static str, free: f64) -> (&'static str, &'static str) {
    let (_, cache) = ask.ask(key, wanted(text), || free).unwrap();
    (cache.as_str(), cache.reason().unwrap_or_default())
}

fn claim(ask: &Ask, key: &[u8], text: &'static str) -> Option<Claim> {
    match ask.ask(key, wanted(text), || 1.0).unwrap().0 {
        Found::Stale(_, _, claim) => claim,
        other @ (Found::Fresh(..) | Found::Nothing(_)) => panic!("it is stale: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_too_old_is_given_while_it_is_fetched_anew_until_stale_for_is_over() {
    let (ask, key) = aged(GROUPS, StatusCode::OK, seconds(29)).await;
    assert_eq!(given(&ask, &key, "", 1.0), ("hit", ""));

    tokio::time::advance(seconds(2)).await;
    assert_eq!(given(&ask, &key, "", 1.0), ("stale", "refresh"));
    tokio::time::advance(seconds(298)).await;
    assert_eq!(given(&ask, &key, "", 1.0), ("stale", "refresh"));
    tokio::time::advance(seconds(1)).await;
    assert_eq!(given(&ask, &key, "", 1.0), ("miss", "expired"));
    assert_eq!(given(&ask, &key, "", 0.0), ("miss", "expired"));
}

#[tokio::test(start_paused = true)]
async fn caller_says_what_it_takes() {
    let (ask, key) = aged(GROUPS, StatusCode::OK, seconds(40)).await;

    for text in ["max-stale", "max-stale=10", "max-age=40, max-stale=10"] {
        assert_eq!(given(&ask, &key, text, 1.0), ("stale", "refresh"), "{text}");
    }
    for text in [
        "no-cache",
        "max-age=0",
        "max-age=60",
        "min-fresh=1",
        "max-stale=9",
    ] {
        assert_eq!(given(&ask, &key, text, 1.0), ("miss", "expired"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_may_do_what_and_what_is_not_there_are_never_stretched() {
    for (target, status, age) in [
        (USERS, StatusCode::OK, 5),
        (GROUPS, StatusCode::NOT_FOUND, 2),
    ] {
        let (ask, key) = aged(target, status, seconds(age)).await;

        for free in [1.0, 0.1, 0.0] {
            let found = given(&ask, &key, "max-stale", free);
            assert_eq!(found, ("miss", "expired"), "{target} {free}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn freshness_stretches_while_the_limit_is_scarce() {
    // A half of what is scarce: 150 s more.
    let (ask, key) = aged(GROUPS, StatusCode::OK, seconds(179)).await;
    assert_eq!(given(&ask, &key, "", 0.1), ("stale", "budget"));
    assert_eq!(given(&ask, &key, "", 0.2), ("stale", "refresh"));

    tokio::time::advance(seconds(1)).await;

    assert_eq!(given(&ask, &key, "", 0.1), ("stale", "refresh"));
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_left_a_kept_answer_beats_a_wait_for_all_who_do_not_insist() {
    let (ask, key) = aged(GROUPS, StatusCode::OK, seconds(10)).await;

    for text in ["max-age=5", "min-fresh=25"] {
        assert_eq!(given(&ask, &key, text, 0.5), ("miss", "refused"), "{text}");
        assert_eq!(given(&ask, &key, text, 0.0), ("stale", "budget"), "{text}");
    }
    for text in ["no-cache", "max-age=0"] {
        assert_eq!(given(&ask, &key, text, 0.0), ("miss", "refused"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_given_that_a_write_has_touched() {
    let (ask, key) = aged(GROUPS, StatusCode::OK, seconds(40)).await;
    touch(&ask, GROUPS);

    assert_eq!(given(&ask, &key, "max-stale", 0.0), ("miss", "invalidated"));
}

#[tokio::test(start_paused = true)]
async fn what_was_found_is_found_again_until_it_is_touched_or_replaced_or_too_old() {
    let fresh = || aged(GROUPS, StatusCode::OK, seconds(10));
    let is_there =
        |ask: &Ask, memo: &Memo, text| ask.again(memo, wanted(text), Instant::now()).is_some();

    let (ask, key) = fresh().await;
    let found = memo(&ask, &key);
    let (_, cache) = ask.again(&found, wanted(""), Instant::now()).unwrap();
    let (age, left) = (seconds(10), seconds(20));
    assert_eq!(
        cache,
        Cache::Hit {
            age,
            left,
            pages: 1
        }
    );
    assert!(!is_there(&ask, &found, "max-age=9"));
    tokio::time::advance(left).await;
    assert!(!is_there(&ask, &found, ""));

    let (ask, key) = fresh().await;
    let found = memo(&ask, &key);
    touch(&ask, GROUPS);
    assert!(!is_there(&ask, &found, ""));

    let (ask, key) = fresh().await;
    let found = memo(&ask, &key);
    let Kept::Entry(entry) = ask.store.find(&key) else {
        panic!("it is kept");
    };
    keep(&ask.store, GROUPS, StatusCode::OK);
    assert!(!is_there(&ask, &found, ""), "{entry:?} was replaced");
    assert!(is_there(&ask, &memo(&ask, &key), ""));
}

#[tokio::test(start_paused = true)]
async fn one_at_a_time_fetches_anew_and_pauses_when_that_came_to_nothing() {
    let (ask, key) = aged(GROUPS, StatusCode::OK, seconds(40)).await;

    let first = claim(&ask, &key, "");
    assert!(first.is_some() && claim(&ask, &key, "").is_none());
    drop(first);
    assert!(claim(&ask, &key, "").is_none());
    tokio::time::advance(seconds(5)).await;
    assert!(claim(&ask, &key, "").is_some());
}

#[tokio::test(start_paused = true)]
async fn who_wants_nothing_kept_or_nothing_fetched_starts_no_fetch() {
    let (ask, key) = aged(GROUPS, StatusCode::OK, seconds(40)).await;

    assert!(claim(&ask, &key, "no-store").is_none());
    assert!(claim(&ask, &key, "only-if-cached").is_none());
    assert!(claim(&ask, &key, "").is_some());
}

#[tokio::test(start_paused = true)]
async fn need_is_served_until_stale_if_error_is_over_unless_the_caller_insists() {
    let (ask, key) = aged(GROUPS, StatusCode::OK, seconds(40)).await;
    let (Found::Nothing(Some(entry)), _) = ask.ask(&key, wanted("max-age=1"), || 1.0).unwrap()
    else {
        panic!("it is kept for the case of need")
    };
    let need = |text| ask.in_need(&key, &entry, wanted(text)).map(|(age, _)| age);

    assert_eq!(need("max-age=1"), Some(seconds(40)));
    assert_eq!(need("no-cache"), None);
    assert_eq!(need("max-stale=9"), None);
    tokio::time::advance(seconds(290)).await;
    assert_eq!(need(""), None);
}

#[test]
fn validator_is_compared_weakly_with_each_that_the_caller_has() {
    let one = |name, value| -> HeaderMap {
        [(name, HeaderValue::from_static(value))]
            .into_iter()
            .collect()
    };
    let answer = one(ETAG, "\"a\"");

    for (known, is_known) in [
        ("W/\"a\"", true),
        ("\"b\", \"a\"", true),
        ("*", true),
        ("\"b\"", false),
    ] {
        let request = one(IF_NONE_MATCH, known);
        assert_eq!(is_not_modified(&request, &answer), is_known, "{known}");
        assert!(!is_not_modified(&request, &HeaderMap::new()), "{known}");
    }
    assert!(!is_not_modified(&HeaderMap::new(), &answer));
}
