//! Tests of `breaker`.

use std::sync::atomic::Ordering;

use http::Method;
use tower::{Layer, ServiceExt};

use super::*;
use crate::middleware::with;
use crate::testing::{self, answer};

type Outcomes = Vec<Result<Response, Error>>;

fn stack(outcomes: Outcomes) -> (impl Handler, Arc<std::sync::atomic::AtomicUsize>) {
    let (inner, calls) = testing::scripted(outcomes);
    let breaker = Breaker::new(Config::default(), &["demo".into()], &Metrics::default());
    (with(breaker).layer(inner), calls)
}

async fn ask(stack: &impl Handler) -> Result<Response, Error> {
    let request = testing::request(&Method::GET, "/v1/teams/demo/groups");
    stack.clone().oneshot(request).await
}

fn failures(count: usize) -> Outcomes {
    (0..count)
        .map(|_| Err(Kind::UpstreamTimeout.into()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn failing_upstream_is_left_alone_and_probed_once() {
    let mut outcomes = failures(11);
    outcomes.push(Ok(answer(200)));
    outcomes.push(Ok(answer(200)));
    let (stack, calls) = stack(outcomes);

    for _ in 0..10 {
        assert_eq!(ask(&stack).await.unwrap_err().kind(), Kind::UpstreamTimeout);
    }
    let kind = ask(&stack).await.unwrap_err().kind();
    assert!(matches!(kind, Kind::BreakerOpen { .. }), "{kind:?}");
    assert_eq!(calls.load(Ordering::SeqCst), 10);

    tokio::time::advance(Duration::from_secs(3)).await;
    assert_eq!(ask(&stack).await.unwrap_err().kind(), Kind::UpstreamTimeout);
    tokio::time::advance(Duration::from_secs(5)).await;
    assert!(ask(&stack).await.is_ok());
    assert!(ask(&stack).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn failing_operation_does_not_open_it() {
    let (stack, calls) = stack((0..30).map(|_| Ok(answer(500))).collect());

    for _ in 0..30 {
        assert!(ask(&stack).await.is_ok());
    }

    assert_eq!(calls.load(Ordering::SeqCst), 30);
}

#[tokio::test(start_paused = true)]
async fn probe_that_is_dropped_makes_way_for_another() {
    let mut outcomes = failures(10);
    outcomes.push(Ok(answer(200)));
    let (stack, _) = stack(outcomes);
    for _ in 0..10 {
        assert!(ask(&stack).await.is_err());
    }
    tokio::time::advance(Duration::from_secs(3)).await;

    let request = testing::request(&Method::GET, "/v1/teams/demo/groups");
    drop(stack.clone().oneshot(request));

    assert!(ask(&stack).await.is_ok());
}
