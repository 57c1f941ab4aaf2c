//! One decision of the shaper: may this request go now?

use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::FutureExt;
use http::{HeaderMap, Method};
use opagate::caller::{Caller, CallerKind, Grant, Principal, Priority, Weight};
use opagate::error::Error;
use opagate::exchange::{Body, Purpose};
use opagate::exchange::{Reply, Request, Response, Terms};
use opagate::metrics::Metrics;
use opagate::middleware::with;
use opagate::operation::Operation;
use opagate::shape::{Buckets, Config, Shape};
use tokio::time::Instant;
use tower::{Layer, Service};

criterion_group!(benches, free, crowded);
criterion_main!(benches);

/// A slot is free and nobody waits: goes at once, and learns from the answer.
fn free(criterion: &mut Criterion) {
    let mut shape = shape(1_000_000, 1_000_000);
    let request = request(0);
    let answer = shape.call(request.clone()).now_or_never();
    assert!(matches!(answer, Some(Ok(_))), "goes at once");
    criterion.bench_function("free", |bencher| {
        bencher.iter(|| shape.call(request.clone()).now_or_never());
    });
}

/// So many wait, of callers with fifty each: takes a place among them, and leaves it.
fn crowded(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let _inside = runtime.enter();
    for (name, count) in [("1,000 waiting", 1_000), ("100,000 waiting", 100_000)] {
        // The only slot is taken by the first, whose answer says that the next is far away.
        let mut shape = shape(1, 0);
        assert!(shape.call(request(0)).now_or_never().is_some(), "the first");
        let mut waiting: Vec<_> = (0..count)
            .map(|number| shape.call(request(number % (count / 50))))
            .collect();
        let mut cx = Context::from_waker(Waker::noop());
        for one in &mut waiting {
            assert!(one.as_mut().poll(&mut cx).is_pending(), "waits");
        }
        let request = request(7);
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut one = shape.call(request.clone());
                assert!(one.as_mut().poll(&mut cx).is_pending(), "waits");
            });
        });
    }
}

/// The middleware above an upstream that answers at once and tells this limit.
fn shape(
    limit: u32,
    remaining: u32,
) -> impl Service<Request, Response = Response, Error = Error, Future = Reply> {
    let config = Config {
        queue: std::num::NonZeroUsize::MAX,
        ..Config::default()
    };
    let buckets = Buckets::new(config, &[principal()], Metrics::default());
    let upstream = tower::service_fn(move |_: Request| {
        let now = std::time::SystemTime::now();
        let since_1970 = now
            .duration_since(std::time::UNIX_EPOCH)
            .expect("past 1970");
        let soon = since_1970.as_secs() + if remaining == 0 { 100 } else { 0 };
        let answer = http::Response::builder()
            // Without it nobody knows when that is, and one more goes after a second.
            .header("date", httpdate::fmt_http_date(now))
            .header("x-ratelimit-limit", limit)
            .header("x-ratelimit-remaining", remaining)
            .header("x-ratelimit-reset", soon)
            .header("x-ratelimit-retry-at", soon)
            .body(Body::empty());
        std::future::ready(Ok(answer.expect("a response")))
    });
    with(Shape::new(buckets)).layer(upstream)
}

fn request(caller: usize) -> Request {
    let caller = Arc::new(Caller {
        name: format!("caller-{caller}").into(),
        index: caller,
        kind: CallerKind::Token,
        priority: Priority::Interactive,
        weight: Weight::ONE,
        principals: vec![principal()],
        grant: Grant::default(),
    });
    let target = "/v1/teams/demo/groups".parse().expect("a target");
    let operation = Operation::parse(&Method::GET, &target).expect("a path");
    // Long enough for a hundred thousand times the hundred seconds between two slots.
    let deadline = Instant::now() + Duration::from_secs(20_000_000);
    Request {
        target: operation.target().into(),
        operation: Arc::new(operation),
        principal: principal(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        terms: Arc::new(Terms::new(caller, deadline)),
        trail: Arc::default(),
        key: None,
        may_store: false,
        observer: None,
        purpose: Purpose::Call,
    }
}

fn principal() -> Arc<Principal> {
    Arc::new(Principal {
        index: 0,
        team_index: 0,
        team: "demo".into(),
        name: "gateway".into(),
    })
}
