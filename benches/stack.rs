//! The whole stack, from the head of a request to its answer.

mod support;
#[path = "support/wire.rs"]
mod wire;

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group};
use futures_util::FutureExt;
use opagate::emulator::{self, Emulator};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use self::support::{Gateway, get};
use self::wire::{ITEM, LIST, unlimited};

criterion_group!(benches, hit, miss, merge, http);

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
    // Tests only want to know that it runs.
    if !std::env::args().any(|argument| argument == "--test") {
        compare();
    }
}

/// From memory, without a server: the front half alone.
fn hit(criterion: &mut Criterion) {
    let runtime = runtime();
    let _inside = runtime.enter();
    let gateway = Gateway::new(&unlimited());
    let connection = gateway.connect();
    let mut group = criterion.benchmark_group("hit");
    for (name, target) in [("item", ITEM), ("list", LIST)] {
        let answer = runtime.block_on(gateway.ask(&connection, get(target, 0)));
        group.throughput(Throughput::Bytes(len(answer.body())));
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || get(target, 0),
                |request| gateway.front.serve(&connection, request).now_or_never(),
                criterion::BatchSize::SmallInput,
            );
        });
    }
}

/// From the emulator: each time another query.
fn miss(criterion: &mut Criterion) {
    let runtime = runtime();
    let _inside = runtime.enter();
    let gateway = Gateway::new(&unlimited());
    let connection = gateway.connect();
    let mut number = 0;
    criterion.bench_function("miss", |bencher| {
        bencher.iter(|| {
            number += 1;
            let target = format!("/v1/teams/demo/groups?count=10&contains={number}");
            let request = get(&target, 0);
            runtime.block_on(gateway.ask(&connection, request))
        });
    });
}

/// 10,000 service users in 100 pages, not kept.
fn merge(criterion: &mut Criterion) {
    let runtime = runtime();
    let _inside = runtime.enter();
    let emulator = Emulator::new(emulator::Config {
        service_users: 10_000,
        burst: 1_000_000,
        refill_per_second: 1e6,
        ..emulator::Config::default()
    });
    let gateway = Gateway::new(&emulator);
    let connection = gateway.connect();
    let mut group = criterion.benchmark_group("merge");
    group.sample_size(10);
    let ask = || {
        let mut request = get(LIST, 0);
        let no_store = http::HeaderValue::from_static("no-store");
        request.headers_mut().insert("cache-control", no_store);
        runtime.block_on(gateway.ask(&connection, request))
    };
    let before = emulator.calls_to(LIST);
    group.throughput(Throughput::Bytes(len(ask().body())));
    assert_eq!(emulator.calls_to(LIST) - before, 100, "pages");
    group.bench_function("100 pages", |bencher| bencher.iter(ask));
}

/// A hit and an equal answer of hyper alone, bytes in, bytes out.
fn http(criterion: &mut Criterion) {
    let runtime = runtime();
    let _inside = runtime.enter();
    let mut group = criterion.benchmark_group("http");
    for (name, target) in [("item", ITEM), ("list", LIST)] {
        let pair = Pair::new(&runtime, target);
        group.bench_function(format!("gateway/{name}"), |bencher| {
            bencher.iter_custom(|times| pair.gateway(&runtime, times));
        });
        group.bench_function(format!("bare/{name}"), |bencher| {
            bencher.iter_custom(|times| pair.bare(&runtime, times));
        });
    }
}

/// Measures both in turn, so that what else the machine does meets both, and says the ratio.
#[expect(clippy::print_stdout, reason = "the result")]
fn compare() {
    let runtime = runtime();
    let _inside = runtime.enter();
    for (name, target) in [("item", ITEM), ("list", LIST)] {
        let pair = Pair::new(&runtime, target);
        let mut best = [Duration::MAX; 2];
        for _ in 0..ROUNDS {
            best[0] = best[0].min(pair.gateway(&runtime, TIMES.into()));
            best[1] = best[1].min(pair.bare(&runtime, TIMES.into()));
        }
        let [gateway, bare] = best.map(|time| time.as_secs_f64() * 1e6 / f64::from(TIMES));
        println!(
            "{name}: gateway {gateway:.2} µs, bare hyper {bare:.2} µs, user-space ratio {:.2}",
            gateway / bare
        );
    }
}

/// A gateway that has an answer, and hyper alone with the same one.
struct Pair {
    gateway: Gateway,
    connection: std::sync::Arc<opagate::front::Conversation>,
    request: bytes::Bytes,
    answer: http::Response<bytes::Bytes>,
}

impl Pair {
    fn new(runtime: &Runtime, target: &str) -> Self {
        let gateway = Gateway::new(&unlimited());
        let connection = gateway.connect();
        runtime.block_on(gateway.ask(&connection, get(target, 0)));
        Self {
            answer: runtime.block_on(gateway.ask(&connection, get(target, 0))),
            request: wire::request(target),
            gateway,
            connection,
        }
    }

    fn gateway(&self, runtime: &Runtime, times: u64) -> Duration {
        let service = wire::gateway(&self.gateway.front, &self.connection);
        let started = Instant::now();
        runtime.block_on(wire::serve(service, &self.request, times));
        started.elapsed()
    }

    fn bare(&self, runtime: &Runtime, times: u64) -> Duration {
        let service = wire::bare(&self.answer);
        let started = Instant::now();
        runtime.block_on(wire::serve(service, &self.request, times));
        started.elapsed()
    }
}

fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

fn len(body: &bytes::Bytes) -> u64 {
    u64::try_from(body.len()).expect("fits")
}

const ROUNDS: u32 = 30;
const TIMES: u32 = 5_000;
