//! The end of every request: the response gets its last headers, and the record is written.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use http::header::{CACHE_CONTROL, HeaderMap, LINK, LOCATION, VARY};
use http::{HeaderName, HeaderValue, StatusCode, request};
use http_body::Body as _;
use tracing::Span;

use super::{Questions, forward};
use crate::answer::{Form, answer};
use crate::cache::is_not_modified;
use crate::classify;
use crate::error::Error;
use crate::exchange::{Body, Response};
use crate::record::{Bypass, Cache, Miss, Record};
use crate::trace;

/// One request under way; dropped without an end, it was canceled.
#[derive(Debug)]
pub(super) struct Ending {
    questions: Arc<Questions>,
    pub(super) record: Record,
    span: Option<Span>,
    is_over: bool,
}

impl Ending {
    pub(super) fn new(questions: Arc<Questions>, record: Record, span: Option<Span>) -> Self {
        questions.metrics.in_flight(1);
        Self {
            questions,
            record,
            span,
            is_over: false,
        }
    }

    /// Makes the response and writes the record.
    pub(super) fn finish(
        mut self,
        head: &request::Parts,
        result: Result<Response, Error>,
    ) -> Response {
        let mut response = match result {
            Ok(response) => self.dress(head, response),
            Err(error) => {
                let form = form(&self.record);
                let response = answer(&error, form, &self.record.id);
                self.record.error = Some(error);
                response
            }
        };
        if let Ok(id) = HeaderValue::from_str(&self.record.id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        self.record.status = Some(response.status());
        self.record.bytes_out = response.body().size_hint().lower();
        self.write();
        response
    }

    fn dress(&self, head: &request::Parts, mut response: Response) -> Response {
        let status = response.status();
        let headers = response.headers_mut();
        localise(headers, classify::host(&head.uri, &head.headers));
        match self.record.cache {
            _ if status == StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(RETRY_AT, future(headers.get(RETRY_AT)));
            }
            // Kept without them.
            Cache::Hit { .. } | Cache::Stale { .. } => {}
            Cache::None | Cache::Miss(_) | Cache::Bypass(_) => {
                for name in [LIMIT, REMAINING, RESET, RETRY_AT] {
                    headers.remove(name);
                }
            }
        }
        if let Some(status) = cache_status(&self.record) {
            headers.insert(CACHE_STATUS, status);
            // Only this cache hears of writes, and only it knows who may see what.
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
            headers.remove(VARY);
        }
        if status == StatusCode::OK
            && head.method.is_safe()
            && is_not_modified(&head.headers, headers)
        {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = Body::empty();
        }
        response
    }

    fn write(&mut self) {
        self.is_over = true;
        self.record.took = self.record.started.elapsed();
        let questions = &self.questions;
        questions.metrics.in_flight(-1);
        questions.metrics.request(&self.record);
        trace::line(&self.record);
        if self
            .record
            .operation
            .as_ref()
            .is_some_and(|op| forward::acts_outside(op))
        {
            questions.journal.outcome(&self.record);
        }
        if let Some(span) = self.span.take() {
            questions.sampler.finish(&span, &self.record);
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if !self.is_over {
            self.write();
        }
    }
}

fn form(record: &Record) -> Form {
    let is_vault = record
        .operation
        .as_ref()
        .is_some_and(|op| op.endpoint.name == "vault");
    if is_vault { Form::Vault } else { Form::Opa }
}

/// Makes relative links absolute at the host that the caller asked.
fn localise(headers: &mut HeaderMap, host: Option<&str>) {
    let Some(host) = host else { return };
    if let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok())
        && location.starts_with('/')
        && let Ok(location) = HeaderValue::from_str(&format!("http://{host}{location}"))
    {
        headers.insert(LOCATION, location);
    }
    if let Some(link) = headers.get(LINK).and_then(|value| value.to_str().ok())
        && let Ok(link) = HeaderValue::from_str(&absolute(link, host))
    {
        headers.insert(LINK, link);
    }
}

/// `Link` with `http://host` before each target that has none.
fn absolute(link: &str, host: &str) -> String {
    let mut text = String::with_capacity(link.len() + 2 * (host.len() + 7));
    for (index, part) in link.split('<').enumerate() {
        if index > 0 {
            text.push('<');
            if part.starts_with('/') {
                text.extend(["http://", host]);
            }
        }
        text.push_str(part);
    }
    text
}

/// A time that is not past: OPA's clients take a past one for an hour-long pause.
fn future(said: Option<&HeaderValue>) -> HeaderValue {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let said = said.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    HeaderValue::from(said.unwrap_or(0).max(now + 2))
}

/// `Cache-Status` (RFC 9211).
fn cache_status(record: &Record) -> Option<HeaderValue> {
    let mut text = String::new();
    match record.cache {
        Cache::None => return None,
        Cache::Hit { .. } => return Some(HeaderValue::from_static("opagate; hit")),
        Cache::Stale { age } => {
            write!(text, "; hit; detail=stale; age={}", age.as_secs()).ok()?;
        }
        Cache::Miss(miss) => text.push_str(match miss {
            Miss::Absent => "; fwd=miss",
            Miss::Invalidated => "; fwd=miss; detail=invalidated",
            Miss::Expired => "; fwd=stale",
            Miss::Refused => "; fwd=request",
        }),
        Cache::Bypass(bypass) => text.push_str(match bypass {
            Bypass::Method => "; fwd=method",
            Bypass::Secret => "; fwd=bypass; detail=secret",
        }),
    }
    if let (Some(trail), Cache::Miss(_)) = (&record.trail, record.cache) {
        let marks = [
            (trail.is_stored(), "; stored"),
            (trail.is_shared(), "; collapsed"),
            (trail.is_changed(), "; detail=changed"),
        ];
        text.extend(
            marks
                .into_iter()
                .filter(|(is, _)| *is)
                .map(|(_, mark)| mark),
        );
    }
    HeaderValue::from_str(&format!("opagate{text}")).ok()
}

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const RETRY_AT: HeaderName = HeaderName::from_static("x-ratelimit-retry-at");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_relative_links_get_the_host_that_was_asked() {
        let link = r#"</v1/a?offset=1>; rel="next", <https://x.test/v1/b>; rel="prev""#;

        assert_eq!(
            absolute(link, "gw:8080"),
            r#"<http://gw:8080/v1/a?offset=1>; rel="next", <https://x.test/v1/b>; rel="prev""#
        );
    }
}
