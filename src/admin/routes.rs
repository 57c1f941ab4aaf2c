//! Which path is answered how.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::{Service, ServiceBuilder};
use tower_http::body::UnsyncBoxBody;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::answer::{Refusal, json_response, panicked, text_response};
use super::guard::{check_change, check_host};
use super::{Purge, Sources, keys};
use crate::exchange::{Body, BoxError};

/// The largest body that is read, in bytes.
const LARGEST_BODY: usize = 64 * 1024;
/// How long a body may take to arrive.
const SLOWEST_BODY: Duration = Duration::from_secs(10);
/// What Prometheus asks the text to be called.
const METRICS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// An answer of the admin listener.
pub type Answer = Response<UnsyncBoxBody<Bytes, BoxError>>;

/// All that there is.
const PATHS: [&str; 8] = [
    "/health/live",
    "/health/ready",
    "/health/startup",
    "/metrics",
    "/api/state",
    "/api/version",
    "/api/cache/purge",
    keys::PATH,
];

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
    read(sources, version, path)
}

fn read(sources: &Sources, version: &Value, path: &str) -> Response<Body> {
    let health = |(is_well, body): (bool, Value)| {
        let status = if is_well {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        json_response(status, &body)
    };
    match path {
        // That this is answered is the proof.
        "/health/live" => health((true, json!({"status": "live"}))),
        "/health/ready" => health(sources.readiness.ready()),
        "/health/startup" => health(sources.readiness.startup()),
        "/metrics" => text_response(StatusCode::OK, METRICS_TEXT, (sources.metrics)()),
        "/api/state" => json_response(StatusCode::OK, &(sources.state)()),
        "/api/version" => json_response(StatusCode::OK, version),
        _ => NOT_FOUND.with_paths(&PATHS),
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
