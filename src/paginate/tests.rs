//! Merging over a scripted upstream.

use std::sync::atomic::Ordering;

use http::{HeaderValue, Method};
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt, service_fn};

use super::*;
use crate::exchange::BoxError;
use crate::middleware::with;
use crate::testing;
use crate::upstream::{Limits, Upstream};

const GROUPS: &str = "/v1/teams/demo/groups";

fn upstreams() -> Upstreams {
    let nobody = service_fn(|_: http::Request<_>| async { Err(BoxError::from("not used")) });
    let origin = "https://opa.test".parse().unwrap();
    Upstreams::new(vec![Upstream::new(
        origin,
        BoxCloneSyncService::new(nobody),
        Limits::default(),
    )])
}

fn page(elements: &str, link: Option<&str>) -> Result<Response, Error> {
    let mut response = testing::answer(200);
    *response.body_mut() = Body::from(Bytes::from(format!(r#"{{"list":[{elements}]}}"#)));
    if let Some(link) = link {
        response
            .headers_mut()
            .insert(LINK, HeaderValue::from_str(link).unwrap());
    }
    Ok(response)
}

fn next(offset: u32) -> String {
    format!("<https://opa.test{GROUPS}?offset={offset}>; rel=\"next\"")
}

async fn ask(
    config: Config,
    target: &str,
    pages: Vec<Result<Response, Error>>,
) -> (Result<Response, Error>, usize) {
    let (inner, calls) = testing::scripted(pages);
    let paginate = Paginate::new(config, upstreams(), Metrics::default());
    let mut request = testing::request(&Method::GET, target);
    request.key = Some(Arc::from(b"key".as_slice()));
    let result = with(paginate).layer(inner).oneshot(request).await;
    (result, calls.load(Ordering::SeqCst))
}

fn body(response: &Response) -> Bytes {
    response.body().whole().unwrap()
}

#[tokio::test]
async fn list_is_answered_whole_and_without_link() {
    let pages = vec![
        page("1,2", Some(&next(2))),
        page("3,4", Some(&next(4))),
        page("5", None),
    ];

    let (response, _) = ask(Config::default(), GROUPS, pages).await;

    let response = response.unwrap();
    assert_eq!(body(&response), r#"{"list":[1,2,3,4,5]}"#);
    assert!(!response.headers().contains_key(LINK));
}

#[tokio::test]
async fn caller_that_pages_gets_its_page_and_a_local_link() {
    let (response, calls) = ask(
        Config::default(),
        "/v1/teams/demo/groups?count=2",
        vec![page("1,2", Some(&next(2)))],
    )
    .await;

    let response = response.unwrap();
    assert_eq!(calls, 1);
    assert_eq!(
        response.headers()[LINK],
        "</v1/teams/demo/groups?offset=2>; rel=\"next\""
    );
}

#[tokio::test]
async fn loop_is_an_error_not_a_short_list() {
    let to_itself = format!("<{GROUPS}>; rel=next");
    for pages in [
        vec![page("1", Some(&to_itself))],
        vec![page("1", Some(&next(1))), page("2", Some(&next(1)))],
        vec![
            page("1", Some(&next(1))),
            page("2", Some(&next(2))),
            page("3", Some(&next(1))),
        ],
    ] {
        let (result, _) = ask(Config::default(), GROUPS, pages).await;
        assert_eq!(result.unwrap_err().kind(), Kind::LinkRefused);
    }
}

#[tokio::test]
async fn page_elsewhere_is_never_asked_for() {
    let elsewhere = "<https://evil.test/v1/teams/demo/groups?offset=2>; rel=next";

    let (result, calls) = ask(Config::default(), GROUPS, vec![page("1", Some(elsewhere))]).await;

    assert_eq!(result.unwrap_err().kind(), Kind::LinkRefused);
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn broken_or_refused_page_is_never_a_short_list() {
    let mut not_a_list = testing::answer(200);
    *not_a_list.body_mut() = Body::from(Bytes::from_static(b"{\"list\":null}"));
    let (broken, _) = ask(
        Config::default(),
        GROUPS,
        vec![page("1", Some(&next(1))), Ok(not_a_list)],
    )
    .await;
    let refusal = || [page("1", Some(&next(1))), Ok(testing::answer(404))];
    let (refused, calls) = ask(
        Config::default(),
        GROUPS,
        refusal().into_iter().chain(refusal()).collect(),
    )
    .await;
    let (empty, _) = ask(
        Config::default(),
        GROUPS,
        vec![page("1", Some(&next(1))), Ok(testing::answer(204))],
    )
    .await;

    assert_eq!(broken.unwrap_err().kind(), Kind::UpstreamMalformed);
    assert_eq!(refused.unwrap_err().kind(), Kind::UpstreamMalformed);
    assert_eq!(calls, 4, "read again once");
    assert_eq!(empty.unwrap_err().kind(), Kind::UpstreamMalformed);
}

#[tokio::test]
async fn list_over_the_limit_is_an_error_or_the_first_page_as_configured() {
    let pages = || vec![page("1", Some(&next(1))), page("2", Some(&next(2)))];
    let config = Config {
        pages: NonZeroU32::new(2).unwrap(),
        ..Config::default()
    };
    let lenient = Config {
        on_limit: OnLimit::Page,
        ..config
    };

    let (error, _) = ask(config, GROUPS, pages()).await;
    let (first, _) = ask(lenient, GROUPS, pages()).await;

    assert_eq!(error.unwrap_err().kind(), Kind::ListTooLong);
    let first = first.unwrap();
    assert_eq!(body(&first), r#"{"list":[1]}"#);
    assert_eq!(
        first.headers()[LINK],
        "</v1/teams/demo/groups?offset=1>; rel=\"next\""
    );
}

#[tokio::test]
async fn list_as_long_as_the_limit_is_whole() {
    let config = Config {
        pages: NonZeroU32::new(2).unwrap(),
        ..Config::default()
    };

    let (result, _) = ask(
        config,
        GROUPS,
        vec![page("1", Some(&next(1))), page("2", None)],
    )
    .await;

    assert_eq!(body(&result.unwrap()), r#"{"list":[1,2]}"#);
}

/// Holds only from the given release on, as if a write had come between before.
#[derive(Debug)]
struct ChangesUntil(std::sync::atomic::AtomicU32, u32);

impl crate::exchange::Observer for ChangesUntil {
    fn released(&self) {}

    fn holds(&self) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst) >= self.1
    }
}

async fn ask_changing(readings: u32) -> (Response, Request) {
    let pages = |_| [page("1", Some(&next(1))), page("2", None)];
    let (inner, _) = testing::scripted((0..2).flat_map(pages).collect());
    let paginate = Paginate::new(Config::default(), upstreams(), Metrics::default());
    let mut request = testing::request(&Method::GET, GROUPS);
    request.key = Some(Arc::from(b"key".as_slice()));
    request.observer = Some(Arc::new(ChangesUntil(0.into(), readings)));
    let response = with(paginate)
        .layer(inner)
        .oneshot(request.clone())
        .await
        .unwrap();
    (response, request)
}

#[tokio::test]
async fn list_that_changes_while_it_is_read_is_read_again_once() {
    let (response, request) = ask_changing(1).await;
    assert_eq!(body(&response), r#"{"list":[1,2]}"#);
    assert!(!request.trail.is_changed());

    let (response, request) = ask_changing(9).await;
    assert_eq!(body(&response), r#"{"list":[1,2]}"#);
    assert!(request.trail.is_changed());
}
