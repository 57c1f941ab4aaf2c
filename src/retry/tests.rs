//! Tests of `retry`.

use http::Method;
use tower::{Layer, ServiceExt};

use super::*;
use crate::middleware::with;
use crate::testing::{self, answer};

fn retry() -> Retry {
    Retry::new(Config::default(), Metrics::default())
}

/// Lets the upstream answer with `outcomes`, and returns the result and how many were used.
async fn run(
    method: Method,
    outcomes: Vec<Result<Response, Error>>,
) -> (Result<Response, Error>, usize) {
    let (inner, calls) = testing::scripted(outcomes);
    let stack = with(retry()).layer(inner);
    let result = stack
        .oneshot(testing::request(&method, "/v1/teams/demo/groups"))
        .await;
    (result, calls.load(std::sync::atomic::Ordering::SeqCst))
}

fn refused(refusal: Refusal) -> Result<Response, Error> {
    let mut response = answer(401);
    response.extensions_mut().insert(refusal);
    Ok(response)
}

#[tokio::test(start_paused = true)]
async fn read_is_tried_again_twice() {
    let failures = || vec![Ok(answer(503)), Err(Kind::UpstreamTimeout.into())];

    let (result, calls) = run(
        Method::GET,
        failures().into_iter().chain([Ok(answer(200))]).collect(),
    )
    .await;
    assert_eq!((result.unwrap().status().as_u16(), calls), (200, 3));
    let (result, calls) = run(
        Method::GET,
        failures().into_iter().chain([Ok(answer(500))]).collect(),
    )
    .await;
    assert_eq!((result.unwrap().status().as_u16(), calls), (500, 3));
}

#[tokio::test(start_paused = true)]
async fn write_that_may_have_arrived_is_never_sent_again() {
    for outcome in [
        Ok(answer(503)),
        Ok(answer(500)),
        Err(Kind::UpstreamTimeout.into()),
        Err(Kind::Unreachable { sent: true }.into()),
    ] {
        let (_, calls) = run(Method::POST, vec![outcome, Ok(answer(201))]).await;
        assert_eq!(calls, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn write_that_was_refused_or_never_left_is_sent_again() {
    for outcome in [
        Err(Kind::Unreachable { sent: false }.into()),
        Ok(answer(429)),
        refused(Refusal::Token),
    ] {
        let (result, calls) = run(Method::POST, vec![outcome, Ok(answer(201))]).await;
        assert_eq!((result.unwrap().status().as_u16(), calls), (201, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn second_token_that_is_refused_is_our_error_not_the_callers() {
    let (result, calls) = run(
        Method::GET,
        vec![refused(Refusal::Token), refused(Refusal::Token)],
    )
    .await;

    assert_eq!(result.unwrap_err().kind(), Kind::CredentialsRefused);
    assert_eq!(calls, 2);
}

#[tokio::test(start_paused = true)]
async fn want_of_roles_passes_after_one_replay() {
    let (result, calls) = run(
        Method::GET,
        vec![refused(Refusal::Roles), refused(Refusal::Roles)],
    )
    .await;

    assert_eq!((result.unwrap().status().as_u16(), calls), (401, 2));
}

#[tokio::test(start_paused = true)]
async fn refusals_of_the_specification_pass() {
    for status in [400, 401, 403, 404, 409, 415] {
        let (result, calls) = run(Method::GET, vec![Ok(answer(status)), Ok(answer(200))]).await;
        assert_eq!((result.unwrap().status().as_u16(), calls), (status, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn outage_does_not_multiply_traffic() {
    // Without pauses, so that no time passes in which the budget grows.
    let config = Config {
        backoff: Duration::ZERO,
        ..Config::default()
    };
    let retry = Retry::new(config, Metrics::default());
    let (inner, calls) = testing::scripted((0..2000).map(|_| Ok(answer(503))).collect());
    let stack = with(retry).layer(inner);

    for _ in 0..500 {
        let request = testing::request(&Method::GET, "/v1/teams/demo/groups");
        assert!(stack.clone().oneshot(request).await.is_ok());
    }

    let calls = calls.load(std::sync::atomic::Ordering::SeqCst);
    assert!(calls <= 500 + 50 + 40, "{calls}");
}
