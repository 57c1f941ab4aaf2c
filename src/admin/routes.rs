//! Which path is answered how.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::{Service, ServiceBuilder};
use tower_http::body::UnsyncBoxBody;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::answer::{Refusal, json_response, panicked, text_response};
use super::guard::{check_change, check_host};
use super::question::{Filter, Since};
use super::{Purge, Search, Sources, Why, dashboard, keys, requests};
use crate::exchange::{Body, BoxError};
use crate::record::Outcome;

/// The largest body that is read, in bytes.
const LARGEST_BODY: usize = 64 * 1024;
/// How long a body may take to arrive.
const SLOWEST_BODY: Duration = Duration::from_secs(10);
/// What Prometheus asks the text to be called.
const METRICS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// An answer of the admin listener.
pub type Answer = Response<UnsyncBoxBody<Bytes, BoxError>>;

/// All that there is.
const PATHS: [&str; 13] = [
    "/",
    "/health/live",
    "/health/ready",
    "/health/startup",
    "/metrics",
    "/api/state",
    "/api/version",
    "/api/requests",
    "/api/cache",
    "/api/cache/purge",
    keys::PATH,
    "/api/config",
    "/api/why",
];

/// Requests that a page gets when it is opened.
const OF_PAGE: usize = 100;
/// And at most from one look to the next.
const SINCE: usize = 250;

const NOT_FOUND: Refusal = Refusal::new(
    StatusCode::NOT_FOUND,
    "resource_does_not_exist",
    "there is nothing at this path; see `paths`",
);
pub(super) const METHOD: Refusal = Refusal::new(
    StatusCode::METHOD_NOT_ALLOWED,
    "method_not_allowed",
    "this path does not take this method; see the header `Allow`",
);
const UNCLEAR: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    "malformed_request",
    "it cannot be told what would happen",
);
const TOO_LARGE: Refusal = Refusal::new(
    StatusCode::PAYLOAD_TOO_LARGE,
    "body_too_large",
    "the body is larger than 64 KiB",
);
const TOO_SLOW: Refusal = Refusal::new(
    StatusCode::REQUEST_TIMEOUT,
    "body_too_slow",
    "the body did not arrive in time",
);
const BROKEN: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    "malformed_request",
    "the body broke off",
);

/// Makes the service behind the admin listener.
pub fn service<B>(
    sources: Sources,
) -> impl Service<Request<B>, Response = Answer, Error = Infallible, Future: Send> + Clone + Send
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let started = format!("{:.0}", Timestamp::now());
    let version = Arc::new(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "revision": option_env!("OPAGATE_REVISION").unwrap_or("unknown"),
        "started": started,
    }));
    let no_store = HeaderValue::from_static("no-store");
    ServiceBuilder::new()
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, no_store))
        .layer(CatchPanicLayer::custom(panicked))
        .service_fn(move |request| {
            let sources = sources.clone();
            let version = Arc::clone(&version);
            async move { Ok(answer(&sources, &version, request).await) }
        })
}

async fn answer<B>(sources: &Sources, version: &Value, request: Request<B>) -> Response<Body>
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>>,
{
    let (head, body) = request.into_parts();
    if let Err(refusal) = check_host(&head) {
        return refusal.to_response();
    }
    let path = head.uri.path();
    let is_below = |below: &str| below.is_empty() || below.starts_with('/');
    if path.strip_prefix(keys::PATH).is_some_and(is_below) {
        let answered = keys::answer(sources.keys.as_ref(), &head, body).await;
        return answered.unwrap_or_else(Refusal::to_response);
    }
    if path == "/api/cache/purge" {
        if head.method != Method::POST {
            return METHOD.with_allow("POST");
        }
        if let Err(refusal) = check_change(&head.headers) {
            return refusal.to_response();
        }
        return purge(sources, body)
            .await
            .unwrap_or_else(Refusal::to_response);
    }
    if !PATHS.contains(&path) {
        return NOT_FOUND.with_paths(&PATHS);
    }
    if head.method != Method::GET && head.method != Method::HEAD {
        return METHOD.with_allow("GET, HEAD");
    }
    read(sources, version, &head.uri).unwrap_or_else(Refusal::to_response)
}

fn read(sources: &Sources, version: &Value, uri: &Uri) -> Result<Response<Body>, Refusal> {
    let good = |body: Value| json_response(StatusCode::OK, &body);
    let health = |(is_well, body): (bool, Value)| {
        let status = if is_well {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        json_response(status, &body)
    };
    Ok(match uri.path() {
        "/" => dashboard::response(),
        // That this is answered is the proof.
        "/health/live" => health((true, json!({"status": "live"}))),
        "/health/ready" => health(sources.readiness.ready()),
        "/health/startup" => health(sources.readiness.startup()),
        "/metrics" => text_response(StatusCode::OK, METRICS_TEXT, (sources.metrics)()),
        "/api/state" => good(state(sources, Since::read(uri)?)),
        "/api/version" => good(version.clone()),
        "/api/requests" => good(requests(sources, &Filter::read(uri)?)),
        "/api/cache" => good((sources.search)(&Search::read(uri)?)),
        "/api/config" => good(json!({"toml": (sources.config)()})),
        "/api/why" => why(sources, &Why::read(uri)?),
        _ => NOT_FOUND.with_paths(&PATHS),
    })
}

/// The picture of the moment, and what a page that stays open has not seen yet.
fn state(sources: &Sources, since: Since) -> Value {
    let mut state = (sources.state)();
    if let (Some(state), Some(number)) = (state.as_object_mut(), since.points) {
        let outcomes = Outcome::ALL.map(Outcome::as_str);
        let points = sources.history.points_after(number);
        let history = json!({"step_seconds": 5, "outcomes": outcomes, "points": points});
        state.insert("history".to_owned(), history);
    }
    if let (Some(state), Some(number)) = (state.as_object_mut(), since.requests) {
        sources.recent.watch();
        let most = if number == 0 { OF_PAGE } else { SINCE };
        let seen = sources.recent.after(number, most);
        let seen = seen.iter().map(|seen| requests::to_json(seen)).collect();
        state.insert("requests".to_owned(), seen);
    }
    state
}

/// The last of the requests that are wanted, oldest first.
fn requests(sources: &Sources, filter: &Filter) -> Value {
    sources.recent.watch();
    let seen = sources.recent.after(filter.after, usize::MAX);
    let mut wanted: Vec<_> = seen.iter().filter(|seen| filter.wants(seen)).collect();
    let surplus = wanted.len().saturating_sub(filter.limit);
    let wanted = wanted.split_off(surplus);
    let list = wanted.into_iter().map(|seen| requests::to_json(seen));
    let list: Vec<_> = list.collect();
    json!({"requests": list})
}

fn why(sources: &Sources, asked: &Why) -> Response<Body> {
    match (sources.why)(asked) {
        Ok(told) => json_response(StatusCode::OK, &told),
        Err(said) => UNCLEAR.with_message(&said),
    }
}

async fn purge<B>(sources: &Sources, body: B) -> Result<Response<Body>, Refusal>
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>>,
{
    let body = read_whole(body).await?;
    let purge = Purge::parse(&body)?;
    let what = format!("{purge:?}");
    let dropped = (sources.purge)(purge);
    tracing::info!(
        event = "admin",
        action = "cache.purge",
        what,
        dropped,
        "cache purged"
    );
    Ok(json_response(StatusCode::OK, &json!({"dropped": dropped})))
}

pub(super) async fn read_whole<B>(body: B) -> Result<Bytes, Refusal>
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>>,
{
    let whole = Limited::new(body, LARGEST_BODY).collect();
    match tokio::time::timeout(SLOWEST_BODY, whole).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(TOO_LARGE),
        Ok(Err(_)) => Err(BROKEN),
        Err(_) => Err(TOO_SLOW),
    }
}
