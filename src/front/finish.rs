//! The end of every request: the response gets its last headers, and the record is written.

use std::sync::Arc;

use http::header::{CACHE_CONTROL, CONNECTION, HeaderMap, LINK, LOCATION, VARY};
use http::{HeaderName, HeaderValue, StatusCode, Version, request};
use tracing::Span;

use super::code::spare;
use super::told::{cache_status, in_a_word, keeping};
use super::{Questions, forward};
use crate::answer::{Form, answer};
use crate::auth::Connection;
use crate::classify;
use crate::error::{Error, Kind};
use crate::exchange::Response;
use crate::operation::is_vaults;
use crate::record::{Cache, REQUEST_ID, Record};
use crate::trace;

/// One request under way; dropped without an end, it was canceled.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) questions: Arc<Questions>,
    pub(super) record: Record,
    span: Option<Span>,
    /// How callers reach the gateway, where that is not what they put into `Host`.
    origin: Option<Arc<str>>,
    /// The scheme of links to what they put into `Host`.
    scheme: &'static str,
    is_over: bool,
}

impl Ending {
    pub(super) fn new(
        questions: Arc<Questions>,
        connection: &Connection,
        record: Record,
        span: Option<Span>,
    ) -> Self {
        questions.metrics.in_flight(1);
        Self {
            questions,
            record,
            span,
            origin: connection.origin(),
            scheme: connection.scheme(),
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
                let mut response = answer(&error, form, self.record.id.as_str());
                if ends_connection(head, &error) {
                    let close = HeaderValue::from_static("close");
                    response.headers_mut().insert(CONNECTION, close);
                }
                self.record.error = Some(error);
                response
            }
        };
        self.tell_allowance(&mut response);
        self.close(&mut response);
        response
    }

    /// Gives a response that is ready its id, and writes the record.
    pub(super) fn close(&mut self, response: &mut Response) {
        put_id(response.headers_mut(), self.record.id.to_header());
        self.record.answered(response);
        self.write();
    }

    fn dress(&self, head: &request::Parts, mut response: Response) -> Response {
        if self.record.is_origin {
            // Nothing is altered; others may have told of their caches.
            if let Some(status) = cache_status(&self.record) {
                let headers = response.headers_mut();
                headers.append(CACHE_STATUS, status);
                let word = headers.entry(X_CACHE);
                word.or_insert_with(|| in_a_word(self.record.cache));
            }
            return response;
        }
        let status = response.status();
        let headers = response.headers_mut();
        if headers.contains_key(LINK) || headers.contains_key(LOCATION) {
            localise(headers, &self.origin_of(head));
        }
        if let Some(status) = cache_status(&self.record) {
            headers.insert(CACHE_STATUS, status);
            headers.insert(X_CACHE, in_a_word(self.record.cache));
            headers.insert(CACHE_CONTROL, keeping(self.record.cache));
            headers.remove(VARY);
            if self.questions.gzips.is_some() && head.method.is_safe() {
                headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
            }
        }
        if status == StatusCode::OK && head.method.is_safe() {
            // What is not shared was not coded here.
            let is_coded_here = !matches!(self.record.cache, Cache::None | Cache::Bypass(_));
            let is_coded_here = is_coded_here && self.questions.gzips.is_some();
            spare(&head.headers, is_coded_here, &mut response);
        }
        response
    }

    /// Where the caller reached the gateway; nothing, if it did not say, and links stay relative.
    fn origin_of(&self, head: &request::Parts) -> String {
        let host = classify::host(&head.uri, &head.headers);
        let named = host.map(|host| format!("{}://{host}", self.scheme));
        let known = self.origin.as_ref().map(ToString::to_string);
        known.or(named).unwrap_or_default()
    }

    fn write(&mut self) {
        self.is_over = true;
        self.record.took = self.record.started.elapsed();
        let questions = &self.questions;
        questions.metrics.in_flight(-1);
        questions.metrics.request(&self.record);
        trace::line(&self.record, self.span.as_ref());
        questions.recent.note(&self.record);
        if self
            .record
            .operation
            .as_ref()
            .is_some_and(|op| forward::acts_outside(op))
            || (self.record.is_origin && !self.record.method.is_safe())
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

/// Gives an answer its id. In one that was given before it comes first, and to find it there takes less
/// than by its hash.
fn put_id(headers: &mut HeaderMap, id: HeaderValue) {
    let first = headers.iter_mut().next();
    if let Some((_, place)) = first.filter(|(name, _)| **name == REQUEST_ID) {
        *place = id;
    } else {
        headers.insert(REQUEST_ID, id);
    }
}

fn form(record: &Record) -> Form {
    let is_vault = record
        .operation
        .as_ref()
        .map_or_else(|| is_vaults(&record.path), |op| op.endpoint.name == "vault");
    if is_vault { Form::Vault } else { Form::Opa }
}

/// Where a request ends that cannot be understood is doubtful (RFC 9112 §6.3): what follows it on the
/// connection could be a part of it.
fn ends_connection(head: &request::Parts, error: &Error) -> bool {
    head.version <= Version::HTTP_11 && error.kind() == Kind::MalformedRequest
}

/// Makes relative links absolute at the origin that the caller asked.
fn localise(headers: &mut HeaderMap, origin: &str) {
    if let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok())
        && location.starts_with('/')
        && let Ok(location) = HeaderValue::from_str(&format!("{origin}{location}"))
    {
        headers.insert(LOCATION, location);
    }
    if let Some(link) = headers.get(LINK).and_then(|value| value.to_str().ok())
        && let Ok(link) = HeaderValue::from_str(&link.replace("</", &format!("<{origin}/")))
    {
        headers.insert(LINK, link);
    }
}

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
const X_CACHE: HeaderName = HeaderName::from_static("x-cache");
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_without_host_lead_back_to_the_origin_that_was_asked() {
        let mut headers = HeaderMap::new();
        let both = "</v1/a?offset=1>; rel=\"next\", </v1/a>; rel=\"prev\"";
        headers.insert(LINK, HeaderValue::from_static(both));
        headers.insert(LOCATION, HeaderValue::from_static("/v1/b"));

        localise(&mut headers, "https://gw:8080");

        assert_eq!(
            headers[LINK],
            "<https://gw:8080/v1/a?offset=1>; rel=\"next\", <https://gw:8080/v1/a>; rel=\"prev\""
        );
        assert_eq!(headers[LOCATION], "https://gw:8080/v1/b");
    }
}
