use std::num::{NonZeroU64, NonZeroUsize};

use http::HeaderValue;

use super::*;
use crate::cache::Tag;
use crate::origin::directives::Said;

fn store(variants: usize) -> Store {
    let config = cache::Config {
        variants: NonZeroUsize::new(variants).unwrap(),
        entry_bytes: NonZeroU64::new(9).unwrap(),
        ..cache::Config::default()
    };
    Store::new(&config, Generations::new())
}

fn key() -> Key {
    Key {
        mapping: 0,
        target: "/a".into(),
    }
}

fn asked(language: &str) -> HeaderMap {
    let language = HeaderValue::from_str(language).unwrap();
    [(http::header::ACCEPT_LANGUAGE, language)]
        .into_iter()
        .collect()
}

fn kept(store: &Store, vary: &'static str, language: &str, made: u64) -> Arc<Kept> {
    let mut headers = HeaderMap::new();
    headers.insert(http::header::VARY, HeaderValue::from_static(vary));
    let made = SystemTime::UNIX_EPOCH + Duration::from_secs(made);
    let slots = store
        .generations
        .slots([Tag::At(0, "/a".to_owned())].into_iter());
    Arc::new(Kept {
        status: StatusCode::OK,
        selected: Selected::by(&headers, &asked(language)).unwrap(),
        lifetime: Lifetime::of(StatusCode::OK, &Said::default(), &headers, made, false),
        headers,
        body: Bytes::new(),
        made,
        arrival_age: Duration::from_secs(1),
        at: Instant::now(),
        sum: store.generations.sum(&slots),
        slots,
    })
}

#[tokio::test(start_paused = true)]
async fn newest_of_what_a_request_selects_is_found() {
    let store = store(8);
    let old = kept(&store, "accept-language", "de", 1);
    let new = kept(&store, "", "de", 2);
    assert!(store.put(&key(), Arc::clone(&new)) && store.put(&key(), old));

    assert!(Arc::ptr_eq(
        store.find(&key(), &asked("de")).kept().unwrap(),
        &new
    ));
    assert_eq!(store.all(&key(), &asked("de")).len(), 2);
    assert_eq!(store.all(&key(), &asked("fr")).len(), 1);
    tokio::time::advance(Duration::from_secs(3)).await;
    assert_eq!(new.age(), Duration::from_secs(4));
}

#[test]
fn answer_that_other_headers_select_is_not_given() {
    let store = store(8);
    store.put(&key(), kept(&store, "accept-language", "de", 1));

    assert!(matches!(store.find(&key(), &asked("fr")), Found::Others));
    let other = Key {
        mapping: 1,
        ..key()
    };
    assert!(matches!(store.find(&other, &asked("de")), Found::Nothing));
}

#[test]
fn later_answer_takes_the_place_of_an_earlier_one_only() {
    let store = store(8);
    let new = kept(&store, "", "", 2);
    store.put(&key(), Arc::clone(&new));

    assert!(!store.put(&key(), kept(&store, "", "", 1)));
    assert!(store.put(&key(), kept(&store, "", "", 3)));
    assert_eq!(store.all(&key(), &asked("")).len(), 1);
    assert!(!Arc::ptr_eq(
        store.find(&key(), &asked("")).kept().unwrap(),
        &new
    ));
}

#[test]
fn number_of_variants_is_bounded_and_the_oldest_goes() {
    let store = store(2);

    for language in ["a", "b", "c"] {
        store.put(&key(), kept(&store, "accept-language", language, 1));
    }

    let found = ["a", "b", "c"].map(|it| store.find(&key(), &asked(it)).kept().is_some());
    assert_eq!(found, [false, true, true]);
}

#[test]
fn what_was_read_before_a_change_is_neither_kept_nor_given() {
    let store = store(8);
    let (before, during) = (kept(&store, "", "", 1), kept(&store, "", "", 2));
    store.put(&key(), before);

    store.generations.bump(&during.slots);

    assert!(matches!(store.find(&key(), &asked("")), Found::Touched));
    assert!(!store.put(&key(), during));
    assert!(store.put(&key(), kept(&store, "", "", 3)));
}

#[test]
fn replaced_answer_is_gone() {
    let store = store(8);
    let old = kept(&store, "", "", 1);
    store.put(&key(), Arc::clone(&old));

    assert!(store.replace(&key(), &old, Some(kept(&store, "", "", 1))));
    let new = store.find(&key(), &asked("")).kept().cloned().unwrap();
    assert!(!Arc::ptr_eq(&new, &old));
    assert!(!store.replace(&key(), &new, None));
    assert!(matches!(store.find(&key(), &asked("")), Found::Nothing));
}
