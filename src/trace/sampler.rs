//! Decides which requests have a span, and tells the span how they ended.
//!
//! A caller that sends `traceparent` has decided already; for the others a share is drawn.

use http::{HeaderMap, Method, StatusCode};
use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry::{Context, propagation::TextMapPropagator};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::told::legible;
use super::{Config, SPANS};
use crate::record::{Cache, Record};

/// Decides which requests are traced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampler {
    /// Share of requests without a parent; `None`: nothing is traced.
    ratio: Option<f64>,
}

impl Sampler {
    /// Decides as configured; nothing is traced without a receiver.
    pub fn new(config: &Config) -> Self {
        Self {
            ratio: config.otlp_endpoint.as_ref().map(|_| config.sample_ratio),
        }
    }

    /// Makes the span of a request with these headers if it is sampled.
    pub fn decide(self, headers: &HeaderMap) -> Option<Span> {
        let ratio = self.ratio?;
        let Some(parent) = parent(headers) else {
            return (fastrand::f64() < ratio).then(span);
        };
        if !parent.span().span_context().is_sampled() {
            return None;
        }
        let span = span();
        // Fails only if no receiver was set up, and then the span goes nowhere anyway.
        let _ = span.set_parent(parent);
        Some(span)
    }

    /// Tells `span` how its request ended.
    pub fn finish(self, span: &Span, record: &Record) {
        let route = record.operation.as_ref().map(|of| of.endpoint.route);
        let route = route.filter(|route| !route.is_empty());
        let method = match known(&record.method) {
            Some(method) => method,
            None => {
                span.set_attribute("http.request.method_original", record.method.to_string());
                "_OTHER"
            }
        };
        span.set_attribute("http.request.method", method);
        match route {
            Some(route) => {
                span.record("otel.name", format!("{method} {route}"));
                span.set_attribute("http.route", route);
            }
            None => drop(span.record("otel.name", method)),
        }
        span.set_attribute("url.path", legible(&record.path).into_owned());
        set_end(span, record);
        set_own(span, record);
    }
}

/// The caller's own trace, if it sent one that can be read.
fn parent(headers: &HeaderMap) -> Option<Context> {
    if !headers.contains_key("traceparent") {
        return None;
    }
    let propagator = TraceContextPropagator::new();
    let parent = propagator.extract_with_context(&Context::new(), &HeaderExtractor(headers));
    parent.span().span_context().is_valid().then_some(parent)
}

fn span() -> Span {
    tracing::info_span!(target: SPANS, parent: None, "request", otel.name = Empty, otel.kind = "server")
}

/// Methods that may stand in a span as they are; callers can send any word.
fn known(method: &Method) -> Option<&'static str> {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str())
}

fn set_end(span: &Span, record: &Record) {
    if let Some(status) = record.status {
        span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    }
    let is_server_error = record.status.is_some_and(|status| status.is_server_error());
    let error = record.error.as_ref().map(|error| error.kind().code());
    let error = error.or_else(|| {
        let status = record.status.as_ref().map(StatusCode::as_str);
        status.filter(|_| is_server_error)
    });
    if let Some(error) = error {
        span.set_attribute("error.type", error.to_owned());
    }
    if is_server_error {
        span.set_status(Status::error(""));
    }
}

fn set_own(span: &Span, record: &Record) {
    span.set_attribute("opagate.outcome", record.outcome().as_str());
    span.set_attribute("opagate.operation", record.operation_name());
    if let Some(caller) = &record.caller {
        span.set_attribute("opagate.caller", caller.name.to_string());
        span.set_attribute("opagate.priority", caller.priority.as_str());
    }
    if let Some(principal) = &record.principal {
        span.set_attribute("opagate.team", principal.team.to_string());
        span.set_attribute("opagate.principal", principal.name.to_string());
    }
    span.set_attribute("opagate.cache.status", record.cache.as_str());
    if let Some(reason) = record.cache.reason() {
        span.set_attribute("opagate.cache.reason", reason);
    }
    if let Cache::Hit { age, .. } | Cache::Stale { age, .. } = record.cache {
        span.set_attribute("opagate.cache.age_seconds", age.as_secs_f64());
    }
    let pages = record.trail.as_ref().map_or(0, |trail| trail.pages());
    if pages > 0 {
        span.set_attribute("opagate.pages", i64::from(pages));
    }
}
