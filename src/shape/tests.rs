//! The whole concern against upstreams with a limit, in paused time.

mod limiter;

use std::num::{NonZeroU32, NonZeroUsize};
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
    assert_eq!(upstream.refused(), []);
    let took = start.elapsed().as_secs_f64();
    assert!(took <= 1.05 * 25.0, "{took}");
}

#[tokio::test(start_paused = true)]
async fn latency_costs_neither_slots_nor_refusals() {
    let (stack, _, upstream) = gateway(Config::default(), opa(LATENCY));
    let start = Instant::now();

    let ok = count_ok(flood(&stack, 20, 30)).await;

    assert_eq!(ok, 600);
    assert_eq!(upstream.refused(), []);
    let took = start.elapsed().as_secs_f64();
    assert!(took <= 1.05 * 25.0, "{took}");
}

#[tokio::test(start_paused = true)]
async fn clock_that_is_an_hour_off_changes_nothing() {
    for skew in [-3_600.0, 3_600.0] {
        let mut upstream = opa(LATENCY);
        upstream.skew = skew;
        let (stack, buckets, upstream) = gateway(Config::default(), upstream);
        let start = Instant::now();

        let ok = count_ok(flood(&stack, 20, 30)).await;

        assert_eq!(ok, 600);
        assert_eq!(upstream.refused(), []);
        assert!(start.elapsed().as_secs_f64() <= 1.05 * 25.0);
        assert!(buckets.snapshot()[0].clock_offset.is_some());
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
        start.elapsed() < Duration::from_millis(1_200),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn before_the_first_answer_only_a_few_go() {
    let (stack, buckets, _) = gateway(Config::default(), opa(LATENCY));

    let replies = flood(&stack, 1, 30);
    sleep(LATENCY / 2).await;

    assert_eq!(buckets.snapshot()[0].in_flight, 8);
    assert_eq!(buckets.snapshot()[0].waiting, [0, 22, 0]);
    assert_eq!(count_ok(replies).await, 30);
}

#[tokio::test(start_paused = true)]
async fn caller_behind_a_flood_waits_one_round() {
    let (stack, _, _) = gateway(Config::default(), opa(LATENCY));
    let crowd = flood(&stack, 1, 500);
    sleep(Duration::from_secs(8)).await;
    let start = Instant::now();

    ask(&stack, "/v1/teams/demo/users", batch(1))
        .await
        .unwrap()
        .unwrap();

    assert!(
        start.elapsed() < Duration::from_millis(400),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(count_ok(crowd).await, 500);
}

#[tokio::test(start_paused = true)]
async fn interactive_passes_batch() {
    let (stack, _, _) = gateway(Config::default(), opa(LATENCY));
    let crowd = flood(&stack, 20, 15);
    sleep(Duration::from_secs(6)).await;
    let start = Instant::now();
    let urgent = testing::terms(30, Priority::Interactive, start + HOUR);

    ask(&stack, "/v1/teams/demo/users", urgent)
        .await
        .unwrap()
        .unwrap();

    assert!(
        start.elapsed() < Duration::from_millis(400),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(count_ok(crowd).await, 300);
}

#[tokio::test(start_paused = true)]
async fn one_who_hangs_up_while_waiting_spends_nothing() {
    let (stack, buckets, upstream) = gateway(Config::default(), opa(Duration::ZERO));
    let ok = count_ok(flood(&stack, 1, 100)).await;
    let waiting = flood(&stack, 1, 50);
    sleep(Duration::from_millis(10)).await;
    let before = buckets.snapshot()[0].waiting_by_caller.clone();

    waiting.iter().for_each(JoinHandle::abort);
    sleep(Duration::from_secs(10)).await;

    assert_eq!((ok, upstream.served().len()), (100, 100));
    assert_eq!(before, [(Arc::from("caller-0"), 50)]);
    let state = &buckets.snapshot()[0];
    assert_eq!((state.waiting, state.in_flight), ([0; 3], 0));
    assert!(
        (state.remaining - 100.0).abs() < 1e-6,
        "{}",
        state.remaining
    );
}

#[tokio::test(start_paused = true)]
async fn full_queue_refuses() {
    let queue = NonZeroUsize::new(5).unwrap();
    let config = Config {
        queue,
        ..Config::default()
    };
    let (stack, buckets, _) = gateway(config, opa(LATENCY));

    let replies = flood(&stack, 1, 8 + 5 + 3);
    sleep(LATENCY / 2).await;

    assert_eq!(buckets.snapshot()[0].waiting, [0, 5, 0]);
    let mut refused = 0;
    for reply in replies {
        let error = reply.await.unwrap().err();
        refused += usize::from(error.is_some_and(|e| e.kind().code() == "too_many_requests"));
    }
    assert_eq!(refused, 3);
}

#[tokio::test(start_paused = true)]
async fn wait_that_outlasts_the_deadline_is_refused_at_once() {
    let (stack, _, _) = gateway(Config::default(), opa(LATENCY));
    let crowd = flood(&stack, 20, 30);
    sleep(Duration::from_secs(5)).await;
    let start = Instant::now();
    let terms = testing::terms(0, Priority::Background, start + Duration::from_secs(10));

    let error = ask(&stack, "/v1/teams/demo/users", terms)
        .await
        .unwrap()
        .unwrap_err();

    assert_eq!(start.elapsed(), Duration::ZERO);
    let after = error.kind().retry_after().unwrap().as_secs();
    assert!((18..30).contains(&after), "{after}");
    assert_eq!(count_ok(crowd).await, 600);
}

#[tokio::test(start_paused = true)]
async fn joiner_with_more_time_keeps_the_place() {
    let (stack, _, _) = gateway(Config::default(), Upstream::new(Rule::None, 1, HOUR / 360));
    let crowd = flood(&stack, 1, 8);
    let terms = testing::terms(2, Priority::Batch, Instant::now() + Duration::from_secs(2));
    let patient = ask(&stack, "/v1/teams/demo/users", Arc::clone(&terms));
    let hasty = testing::terms(3, Priority::Batch, Instant::now() + Duration::from_secs(2));
    let hasty = ask(&stack, "/v1/teams/demo/users", hasty);
    sleep(Duration::from_secs(1)).await;

    terms.extend(Priority::Batch, Instant::now() + HOUR);

    let error = hasty.await.unwrap().unwrap_err();
    assert_eq!(error.kind().code(), "too_many_requests");
    assert_eq!(patient.await.unwrap().unwrap().status(), StatusCode::OK);
    assert_eq!(count_ok(crowd).await, 8);
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
