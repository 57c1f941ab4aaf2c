//! Tokens against a scripted token endpoint, under paused time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::StatusCode;
use parking_lot::Mutex;
use tower::service_fn;
use tower::util::BoxCloneSyncService;

use super::*;
use crate::error::Kind;
use crate::exchange::{Body, BoxError};
use crate::secret::Secret;
use crate::upstream::{Limits, Upstream};

/// What the endpoint answers, one after the other; the last goes on for ever.
#[derive(Clone)]
enum Answer {
    Token { life: u64 },
    Status(u16),
    Down,
}

struct Endpoint {
    calls: Arc<AtomicUsize>,
    tokens: Tokens,
    principal: Arc<Principal>,
}

fn endpoint(answers: Vec<Answer>, keys: usize) -> Endpoint {
    let calls = Arc::new(AtomicUsize::new(0));
    let script = Arc::new(Mutex::new(VecDeque::from(answers)));
    let counted = Arc::clone(&calls);
    let transport = service_fn(move |_: http::Request<_>| {
        let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
        let mut script = script.lock();
        let answer = script
            .pop_front()
            .expect("a script has an end that repeats");
        if script.is_empty() {
            script.push_back(answer.clone());
        }
        async move { reply(&answer, number) }
    });
    let origin = "https://opa.test".parse().unwrap();
    let upstream = Upstream::new(
        origin,
        BoxCloneSyncService::new(transport),
        Limits::default(),
    );
    let principal = Arc::new(Principal {
        index: 0,
        team_index: 0,
        team: "demo".into(),
        name: "tf".into(),
    });
    let key = |n: usize| Key {
        id: format!("key-{n}"),
        secret: Source::Value(Secret::new("s")),
    };
    let tokens = Tokens::new(
        &Config::default(),
        vec![(Arc::clone(&principal), (0..keys).map(key).collect())],
        &Upstreams::new(vec![upstream]),
        &Metrics::default(),
    );
    tokio::spawn(tokens.clone().run(CancellationToken::new()));
    Endpoint {
        calls,
        tokens,
        principal,
    }
}

fn reply(answer: &Answer, number: usize) -> Result<http::Response<Body>, BoxError> {
    let (status, body) = match answer {
        Answer::Down => return Err("connection refused".into()),
        Answer::Status(status) => (*status, String::new()),
        Answer::Token { life } => {
            let expires = jiff::Timestamp::now() + Duration::from_secs(*life);
            (
                200,
                format!(r#"{{"bearer_token":"token-{number:04}","expires_at":"{expires}"}}"#),
            )
        }
    };
    let mut response = http::Response::new(Body::from(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(status)?;
    Ok(response)
}

impl Endpoint {
    async fn current(&self) -> Result<Arc<Token>, Error> {
        self.tokens.current(&self.principal).await
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

#[tokio::test(start_paused = true)]
async fn any_number_of_first_callers_costs_one_token() {
    let endpoint = endpoint(vec![Answer::Token { life: 3600 }], 1);

    let all = join_all((0..1000).map(|_| endpoint.current())).await;

    assert!(
        all.iter()
            .all(|token| token.as_ref().unwrap().generation == 1)
    );
    assert_eq!(endpoint.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn any_number_of_refusals_of_one_token_costs_one_token() {
    let endpoint = endpoint(vec![Answer::Token { life: 3600 }], 1);
    let first = endpoint.current().await.unwrap();
    first.prove();

    for _ in 0..200 {
        endpoint.tokens.condemn(&endpoint.principal, &first);
    }
    let second = endpoint.current().await.unwrap();
    for _ in 0..200 {
        endpoint.tokens.condemn(&endpoint.principal, &first);
    }

    assert_eq!(second.generation, 2);
    assert_eq!(endpoint.current().await.unwrap().generation, 2);
    assert_eq!(endpoint.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn token_is_renewed_before_it_expires_and_nobody_waits() {
    let endpoint = endpoint(vec![Answer::Token { life: 1000 }], 1);
    endpoint.current().await.unwrap();

    tokio::time::advance(Duration::from_secs(790)).await;
    assert_eq!(endpoint.current().await.unwrap().generation, 1);
    tokio::time::sleep(Duration::from_secs(30)).await;

    assert_eq!(endpoint.current().await.unwrap().generation, 2);
}

#[tokio::test(start_paused = true)]
async fn old_token_serves_on_while_renewal_fails() {
    let endpoint = endpoint(vec![Answer::Token { life: 1000 }, Answer::Status(503)], 1);
    endpoint.current().await.unwrap();

    tokio::time::sleep(Duration::from_secs(900)).await;
    assert_eq!(endpoint.current().await.unwrap().generation, 1);
    assert!(endpoint.calls() > 2, "it is tried again and again");
    tokio::time::sleep(Duration::from_secs(200)).await;

    let kind = endpoint.current().await.unwrap_err().kind();
    assert!(matches!(kind, Kind::NoToken { .. }), "{kind:?}");
}

#[tokio::test(start_paused = true)]
async fn second_key_is_tried_when_the_first_is_refused() {
    let answers = vec![Answer::Status(401), Answer::Token { life: 3600 }];
    let endpoint = endpoint(answers, 2);

    assert_eq!(endpoint.current().await.unwrap().generation, 1);
    assert_eq!(endpoint.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn refused_key_is_told_and_tried_again_with_growing_pauses() {
    let endpoint = endpoint(vec![Answer::Status(401)], 1);

    let kind = endpoint.current().await.unwrap_err().kind();
    tokio::time::sleep(Duration::from_secs(120)).await;

    assert_eq!(kind, Kind::CredentialsRefused);
    assert!((5..16).contains(&endpoint.calls()), "{}", endpoint.calls());
    let health = endpoint.tokens.health();
    assert!(
        health[0]
            .detail
            .as_ref()
            .unwrap()
            .contains("key refused (401")
    );
    assert!(!health[0].can_be_had);
}

#[tokio::test(start_paused = true)]
async fn fresh_token_that_is_refused_does_not_cause_a_flood() {
    let endpoint = endpoint(vec![Answer::Token { life: 3600 }], 1);

    let token = endpoint.current().await.unwrap();
    endpoint.tokens.condemn(&endpoint.principal, &token);

    assert_eq!(
        endpoint.current().await.unwrap_err().kind(),
        Kind::CredentialsRefused
    );
    assert_eq!(endpoint.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn unreachable_endpoint_is_not_waited_for_twice() {
    let endpoint = endpoint(vec![Answer::Down, Answer::Token { life: 3600 }], 1);

    let kind = endpoint.current().await.unwrap_err().kind();
    tokio::time::sleep(Duration::from_secs(2)).await;

    assert!(matches!(kind, Kind::NoToken { .. }), "{kind:?}");
    assert_eq!(endpoint.current().await.unwrap().generation, 1);
}

#[tokio::test(start_paused = true)]
async fn want_of_roles_costs_one_token_in_five_minutes() {
    let endpoint = endpoint(vec![Answer::Token { life: 7200 }], 1);
    let principal = &endpoint.principal;
    let first = endpoint.current().await.unwrap();

    assert!(
        !endpoint.tokens.renew_for_roles(principal, &first).await,
        "it is new"
    );
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert!(endpoint.tokens.renew_for_roles(principal, &first).await);
    let second = endpoint.current().await.unwrap();
    tokio::time::sleep(Duration::from_secs(61)).await;

    assert!(
        !endpoint.tokens.renew_for_roles(principal, &second).await,
        "it was just done"
    );
    assert_eq!(endpoint.calls(), 2);
}
