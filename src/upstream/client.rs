//! The bottom of the stack: one attempt at one request.

use std::task::{Context, Poll};

use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, StatusCode};
use tokio::time::Instant;
use tower::Service;

use super::{Upstreams, receive};
use crate::error::{Error, Fault, Kind};
use crate::exchange::{Reply, Request, Response};
use crate::metrics::Metrics;

/// Sends requests to the upstream of their principal's team.
#[derive(Clone, Debug)]
pub struct Client {
    upstreams: Upstreams,
    metrics: Metrics,
}

impl Client {
    /// A client for all teams.
    pub fn new(upstreams: Upstreams, metrics: Metrics) -> Self {
        Self { upstreams, metrics }
    }

    async fn attempt(self, request: Request) -> Result<Response, Error> {
        let started = Instant::now();
        let result = self.exchange(&request).await;
        let took = started.elapsed();
        let status = result
            .as_ref()
            .ok()
            .map(|response| response.status().as_u16());
        request.trail.attempted(took, status);
        self.metrics
            .upstream_called(&request.principal, request.purpose, word(&result), took);
        self.metrics.caller_spent(&request.terms.caller.name);
        result
    }

    async fn exchange(&self, request: &Request) -> Result<Response, Error> {
        let upstream = self.upstreams.of(request.principal.team_index);
        let mut message = http::Request::new(request.body.clone());
        *message.method_mut() = request.operation.method.clone();
        *message.uri_mut() = upstream.uri(&request.target)?;
        *message.headers_mut() = request.headers.clone();
        message.headers_mut().insert(USER_AGENT, AGENT);
        if request.body.is_empty() {
            message.headers_mut().remove(CONTENT_TYPE);
        }
        let response = upstream.send(message, request.key.is_none()).await?;
        let is_json_due = !request.operation.endpoint.route.is_empty()
            && request.operation.method != Method::HEAD
            && !request.operation.endpoint.name.ends_with(".download");
        if is_json_due {
            receive::understand(response, request.operation.method == Method::DELETE)
        } else {
            Ok(response)
        }
    }
}

impl Service<Request> for Client {
    type Response = Response;
    type Error = Error;
    type Future = Reply;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        // The pool has no readiness of its own; how much is under way is `shape`'s to bound.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Reply {
        Box::pin(self.clone().attempt(request))
    }
}

/// The metric label of a result.
fn word(result: &Result<Response, Error>) -> &'static str {
    match result {
        Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS => "429",
        Ok(response) if response.status().is_server_error() => "5xx",
        Ok(response) if response.status().is_client_error() => "4xx",
        Ok(response) if response.status().is_redirection() => "3xx",
        Ok(_) => "2xx",
        Err(error) if error.kind() == Kind::UpstreamTimeout => "timeout",
        Err(error) if error.kind() == (Kind::Unreachable { sent: false }) => "connect",
        Err(error) if error.kind().fault() == Fault::Connection => "reset",
        Err(_) => "malformed",
    }
}

const AGENT: HeaderValue = HeaderValue::from_static(concat!("opagate/", env!("CARGO_PKG_VERSION")));
