//! The whole concern against upstreams with a limit, in paused time.

mod first;
mod garbage;
mod limiter;
mod waiting;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::{Layer, ServiceExt};

use self::limiter::{Rule, Upstream};
use super::*;
use crate::caller::Priority;
use crate::exchange::{Handler, Response, Terms};
use crate::middleware::with;
use crate::testing;

const LATENCY: Duration = Duration::from_millis(100);
const HOUR: Duration = Duration::from_secs(3_600);

type Reply = JoinHandle<Result<Response, Error>>;

fn opa(latency: Duration) -> Upstream {
    Upstream::new(Rule::Refill(20.0), 100, latency)
}

/// A gateway in front of `upstream`, of the concern alone.
fn gateway(config: Config, upstream: Upstream) -> (impl Handler, Buckets, Arc<Upstream>) {
    let buckets = Buckets::new(config, &[testing::principal()], Metrics::default());
    tokio::spawn(buckets.clone().run(CancellationToken::new()));
    let upstream = Arc::new(upstream);
    let stack = with(Shape::new(buckets.clone())).layer(upstream.handler());
    (stack, buckets, upstream)
}

fn batch(caller: usize) -> Arc<Terms> {
    testing::terms(caller, Priority::Batch, Instant::now() + HOUR)
}

fn ask(stack: &impl Handler, target: &str, terms: Arc<Terms>) -> Reply {
    tokio::spawn(stack.clone().oneshot(testing::get(target, terms)))
}

/// Starts `count` requests of each of `callers`, one caller after the other.
fn flood(stack: &impl Handler, callers: usize, count: usize) -> Vec<Reply> {
    let each = |caller| move |nr| (caller, format!("/v1/teams/demo/groups/{caller}-{nr}"));
    let all = (0..callers).flat_map(|caller| (0..count).map(each(caller)));
    all.map(|(caller, target)| ask(stack, &target, batch(caller)))
        .collect()
}

/// Waits for all; returns how many got a 200.
async fn count_ok(replies: Vec<Reply>) -> usize {
    let mut count = 0;
    for reply in replies {
        let response = reply.await.unwrap().unwrap();
        count += usize::from(response.status() == StatusCode::OK);
    }
    count
}

/// Asks again whatever got a 429, as `retry` does.
async fn persist(stack: impl Handler, target: String, terms: Arc<Terms>) {
    loop {
        let request = testing::get(&target, Arc::clone(&terms));
        let response = stack.clone().oneshot(request).await.unwrap();
        if response.status() == StatusCode::OK {
            return;
        }
    }
}

/// Runs `count` such requests by 20 callers.
async fn persist_all(stack: &impl Handler, count: usize) {
    let each = |nr| {
        persist(
            stack.clone(),
            format!("/v1/teams/demo/groups/{nr}"),
            batch(nr % 20),
        )
    };
    let tasks = (0..count)
        .map(|nr| tokio::spawn(each(nr)))
        .collect::<Vec<_>>();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn limit_is_spent_whole_and_never_beyond() {
    let (stack, _, upstream) = gateway(Config::default(), opa(Duration::ZERO));
    let start = Instant::now();

    let ok = count_ok(flood(&stack, 20, 30)).await;

    assert_eq!(ok, 600);
    assert_eq!(upstream.refused().first(), None);
    let took = start.elapsed().as_secs_f64();
    assert!(took <= 1.05 * 25.0, "{took}");
}

#[tokio::test(start_paused = true)]
async fn latency_costs_neither_slots_nor_refusals() {
    let (stack, _, upstream) = gateway(Config::default(), opa(LATENCY));
    let start = Instant::now();

    let ok = count_ok(flood(&stack, 20, 30)).await;

    assert_eq!(ok, 600);
    assert_eq!(upstream.refused().first(), None);
    let took = start.elapsed().as_secs_f64();
    assert!(took <= 1.05 * 25.0, "{took}");
}

#[tokio::test(start_paused = true)]
async fn clock_that_is_an_hour_off_changes_nothing() {
    for skew in [-3_600.0, 3_600.0] {
        let (stack, buckets, upstream) = gateway(Config::default(), opa(LATENCY));
        upstream.set_clock(skew);
        let start = Instant::now();

        let ok = count_ok(flood(&stack, 20, 30)).await;

        assert_eq!(ok, 600);
        assert_eq!(upstream.refused().first(), None);
        assert!(start.elapsed().as_secs_f64() <= 1.05 * 25.0);
        assert!(buckets.snapshot()[0].clock_offset.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn clock_that_is_set_meanwhile_changes_nothing() {
    for jump in [-3_600.0, -0.6, 0.6, 3_600.0] {
        let (stack, _, upstream) = gateway(Config::default(), opa(LATENCY));
        let start = Instant::now();
        let replies = flood(&stack, 20, 30);

        sleep(Duration::from_secs(7)).await;
        upstream.set_clock(jump);

        assert_eq!(count_ok(replies).await, 600);
        assert_eq!(upstream.refused().first(), None);
        assert!(start.elapsed().as_secs_f64() <= 1.05 * 25.0);
    }
}

#[tokio::test(start_paused = true)]
async fn others_who_empty_the_limit_meanwhile_are_found_out_by_one() {
    let (stack, buckets, upstream) = gateway(Config::default(), opa(LATENCY));
    assert_eq!(count_ok(flood(&stack, 1, 10)).await, 10);
    sleep(Duration::from_secs(60)).await;
    (0..100).for_each(|_| upstream.spend());

    persist_all(&stack, 60).await;

    assert!(upstream.refused().len() <= 1, "{:?}", upstream.refused());
    assert_eq!(buckets.snapshot()[0].in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn small_and_slow_limits_are_spent_too() {
    for (limit, rate, latency, count, best) in [
        (5, 1.0, 1_000, 60, 55.0),
        (5, 0.2, 100, 25, 100.0),
        (10, 10.0, 0, 200, 19.0),
        (10_000, 2.78, 100, 2_000, 2_000.0 / 64.0 * 0.1),
    ] {
        let latency = Duration::from_millis(latency);
        let upstream = Upstream::new(Rule::Refill(rate), limit, latency);
        let (stack, _, upstream) = gateway(Config::default(), upstream);
        let start = Instant::now();

        persist_all(&stack, count).await;

        let took = start.elapsed().as_secs_f64();
        assert!(took <= 1.05 * best + 2.0, "{took} for {limit}");
        assert_eq!(upstream.refused().first(), None, "{limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn others_who_spend_cost_a_couple_of_refusals() {
    let (stack, _, upstream) = gateway(Config::default(), opa(LATENCY));
    let start = Instant::now();
    let other = tokio::spawn({
        let upstream = Arc::clone(&upstream);
        async move {
            loop {
                sleep(Duration::from_millis(200)).await;
                upstream.spend();
            }
        }
    });

    persist_all(&stack, 600).await;
    other.abort();

    let took = start.elapsed().as_secs_f64();
    assert!(took < 40.0, "{took}: 15 a second are left of 20");
    assert!(upstream.refused().len() <= 2, "{:?}", upstream.refused());
}

#[tokio::test(start_paused = true)]
async fn window_that_opens_at_once_costs_at_most_one_refusal_each() {
    for (limit, length, latency) in [
        (100, 10.0, 0),
        (100, 10.0, 100),
        (20, 1.0, 0),
        (20, 1.0, 50),
    ] {
        let latency = Duration::from_millis(latency);
        let upstream = Upstream::new(Rule::Window(length), limit, latency);
        let (stack, _, upstream) = gateway(Config::default(), upstream);
        let start = Instant::now();

        persist_all(&stack, 300).await;

        let took = start.elapsed().as_secs_f64();
        let windows = upstream
            .refused()
            .into_iter()
            .map(|at| (at.as_secs_f64() / length).floor());
        let windows = windows.collect::<Vec<_>>();
        assert!(
            windows.windows(2).all(|pair| pair[0] != pair[1]),
            "{windows:?}"
        );
        assert!(took < 60.0, "{took} with a window of {length} s");
    }
}

#[tokio::test(start_paused = true)]
async fn without_headers_only_the_number_under_way_is_bounded() {
    let (stack, _, upstream) = gateway(Config::default(), Upstream::new(Rule::None, 1, LATENCY));
    let start = Instant::now();

    let ok = count_ok(flood(&stack, 4, 160)).await;

    assert_eq!(ok, 640);
    assert_eq!(upstream.most_at_once(), 64);
    assert!(
        start.elapsed() < Duration::from_millis(1_500),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn reserve_is_left_to_others() {
    let config = Config {
        reserve_percent: 30,
        ..Config::default()
    };
    let (stack, buckets, upstream) = gateway(config, opa(Duration::ZERO));

    let crowd = timeout(Duration::from_millis(1), count_ok(flood(&stack, 1, 100))).await;

    assert!(crowd.is_err());
    assert_eq!(upstream.served().len(), 70);
    assert!((buckets.snapshot()[0].reserved - 30.0).abs() < 1e-9);
}

#[tokio::test(start_paused = true)]
async fn request_below_the_limit_of_one_goes_alone() {
    let one = NonZeroU32::new(1).unwrap();
    let config = Config {
        in_flight: one,
        ..Config::default()
    };
    let (stack, _, upstream) = gateway(config, opa(LATENCY));

    assert_eq!(count_ok(flood(&stack, 3, 3)).await, 9);

    assert_eq!(upstream.most_at_once(), 1);
}
