//! The cache alone: what a look costs, and what a write costs.

use std::hint::black_box;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use opagate::cache::{
    Ask, Config, Directives, Fetched, Generations, Slots, Store, key, read_tags, write_tags,
};
use opagate::caller::{Caller, CallerKind, Grant, Principal, Priority, Weight};
use opagate::exchange::{Purpose, Request, Terms};
use opagate::metrics::Metrics;
use opagate::operation::Operation;
use tokio::time::Instant;

criterion_group!(benches, look, invalidate);
criterion_main!(benches);

/// Key, look-up, comparison of generations: all that a hit asks of the cache.
fn look(criterion: &mut Criterion) {
    let principal = principal();
    let headers = headers();
    let operation = operation(&Method::GET, "/v1/teams/demo/groups/g1/users?count=10");
    let (store, slots) = store_with(&operation, &principal);
    let ask = Ask::new(store.clone());
    let known = key(&principal, &operation, &headers);
    assert!(matches!(store.find(&known), opagate::cache::Kept::Entry(_)));

    let mut group = criterion.benchmark_group("look");
    group.bench_function("key", |bencher| {
        bencher.iter(|| key(&principal, black_box(&operation), &headers));
    });
    group.bench_function("find", |bencher| {
        bencher.iter(|| ask.ask(black_box(&known), Directives::default(), || 1.0));
    });
    group.bench_function("stamp", |bencher| {
        bencher.iter(|| store.generations().sum(black_box(&slots)));
    });
    group.bench_function("key and find", |bencher| {
        bencher.iter(|| {
            let key = key(&principal, black_box(&operation), &headers);
            ask.ask(&key, Directives::default(), || 1.0)
        });
    });
}

/// Tags of a write, their slots, and the bump, which is the same however much is kept.
fn invalidate(criterion: &mut Criterion) {
    let principal = principal();
    let generations = Generations::new();
    let write = operation(&Method::PUT, "/v1/teams/demo/groups/g1");
    criterion.bench_function("invalidate", |bencher| {
        bencher.iter(|| {
            let tags = write_tags(black_box(&write), &principal);
            let slots = generations.slots(tags.into_iter());
            generations.bump(&slots);
        });
    });
}

/// A store that keeps a thousand answers, `operation`'s among them.
fn store_with(operation: &Operation, principal: &Arc<Principal>) -> (Store, Slots) {
    let config = Config {
        entry_bytes: NonZeroU64::MAX,
        freshness: Config::default().freshness.map(|mut times| {
            times.fresh_for = Duration::from_secs(3600);
            times
        }),
        ..Config::default()
    };
    let store = Store::new(config, Generations::new(), Metrics::default());
    for number in 0..1_000 {
        let other = self::operation(&Method::GET, &format!("/v1/teams/demo/users/{number}"));
        keep(&store, other, principal);
    }
    let slots = keep(&store, operation.clone(), principal);
    (store, slots)
}

fn keep(store: &Store, operation: Operation, principal: &Arc<Principal>) -> Slots {
    let fetched = Fetched {
        status: StatusCode::OK,
        headers: headers(),
        body: Bytes::from(vec![b'x'; 2048]),
        pages: 1,
    };
    let (tags, _) = read_tags(&operation, principal);
    let slots = store.generations().slots(tags);
    let stamp = store.generations().stamp(&slots);
    let request = request(operation, principal);
    assert!(store.offer(&request, &fetched, &slots, &stamp), "kept");
    slots
}

fn request(operation: Operation, principal: &Arc<Principal>) -> Request {
    let caller = Arc::new(Caller {
        name: "bench".into(),
        index: 0,
        kind: CallerKind::Token,
        priority: Priority::Interactive,
        weight: Weight::ONE,
        principals: vec![Arc::clone(principal)],
        grant: Grant::default(),
    });
    Request {
        target: operation.target().into(),
        key: Some(key(principal, &operation, &headers()).into()),
        operation: Arc::new(operation),
        principal: Arc::clone(principal),
        headers: headers(),
        body: Bytes::new(),
        terms: Arc::new(Terms::new(caller, Instant::now())),
        trail: Arc::default(),
        may_store: true,
        observer: None,
        purpose: Purpose::Call,
    }
}

fn operation(method: &Method, target: &str) -> Operation {
    let target = target.parse().expect("a target");
    Operation::parse(method, &target).expect("a path")
}

fn headers() -> HeaderMap {
    let json = HeaderValue::from_static("application/json");
    [(header::ACCEPT, json)].into_iter().collect()
}

fn principal() -> Arc<Principal> {
    Arc::new(Principal {
        index: 0,
        team_index: 0,
        team: "demo".into(),
        name: "gateway".into(),
    })
}
