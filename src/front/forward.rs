//! The way of a request that memory cannot answer: its body, its audit intent, the back half, and
//! what is kept for the case of need.

use std::iter;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH,
};
use http::request::Parts;
use http::{HeaderValue, Method};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::IgnoredAny;
use tokio::time::{timeout, timeout_at};
use tokio_util::task::AbortOnDropHandle;
use tower::ServiceExt;

use super::{Asked, Ending, Front, Questions};
use crate::cache::{Directives, Entry};
use crate::coding::{Accepted, GZIP, IDENTITY, plain_tags};
use crate::deadline::PREFERENCE_APPLIED;
use crate::error::{Error, Fault, Kind};
use crate::exchange::{Body, BoxError, Purpose, Request, Response, Terms};
use crate::operation::{Action, Operation};

/// What the upstream must be asked.
#[derive(Debug)]
pub(super) struct Forward {
    pub(super) request: Request,
    /// A kept answer that is too old, for the case that the upstream fails.
    pub(super) stale: Option<Arc<Entry>>,
    /// In which codings the caller takes the answer.
    pub(super) accepted: Accepted,
    /// What the caller says about such.
    pub(super) wanted: Directives,
    /// Which of the caller's preferences was followed.
    pub(super) applied: Option<HeaderValue>,
}

impl Front {
    /// Asks the upstream.
    pub(super) async fn forward(
        &self,
        forward: Forward,
        body: Body,
        ending: &mut Ending,
    ) -> Result<Response, Error> {
        let Forward {
            mut request,
            stale,
            accepted,
            wanted,
            applied,
        } = forward;
        let deadline = request.terms.deadline();
        request.body = self.read(body, self.questions.body.0).await?;
        // It would be no part of the key.
        if request.key.is_some() && !request.body.is_empty() {
            return Err(Kind::MalformedRequest.into());
        }
        check_json(&request)?;
        self.questions.authorize.ask_body(
            &request.terms.caller,
            &request.operation,
            &request.body,
        )?;
        if acts_outside(&request.operation) {
            let intent = self.questions.journal.intent(&ending.record);
            let recorded = timeout_at(deadline, intent).await;
            recorded.map_err(|late| Kind::AuditUnavailable.because(late))??;
        }
        let key = request.key.clone();
        let asking = self.back.clone().oneshot(request);
        // On the runtime of everything that waits, where the connections are; dropped with the caller.
        let asking = AbortOnDropHandle::new(self.questions.work.spawn(asking));
        let result = match timeout_at(deadline, asking).await {
            Ok(asked) => asked.unwrap_or_else(|panic| Err(Kind::Internal.because(panic))),
            Err(late) => Err(Kind::DeadlineExceeded.because(late)),
        };
        if result
            .as_ref()
            .is_err_and(|error| error.kind() == Kind::Internal)
        {
            self.questions.metrics.panicked();
        }
        let mut response = if let (Some(key), Some(entry), true) = (key, stale, is_failure(&result))
            && let Some((age, cache)) = self.questions.cache.in_need(&key, &entry, wanted)
        {
            ending.record.cache = cache;
            entry.to_response(age, accepted.gzip)
        } else {
            result?
        };
        let applied = applied.map(|applied| (PREFERENCE_APPLIED, applied));
        response.headers_mut().extend(applied);
        if accepted.plain {
            Ok(response)
        } else {
            self.encode(response).await
        }
    }

    /// Reads a request body whole, up to `limit` bytes.
    pub(super) async fn read(&self, body: Body, limit: u64) -> Result<Bytes, Error> {
        if let Some(whole) = body.whole() {
            return Ok(whole);
        }
        let (_, time) = self.questions.body;
        let body = Limited::new(body, usize::try_from(limit).unwrap_or(usize::MAX));
        let read = timeout(time, body.collect())
            .await
            .map_err(|e| Kind::BodyTooSlow.because(e))?;
        let read = read.map_err(|error: BoxError| {
            if error.is::<LengthLimitError>() {
                Kind::BodyTooLarge.into()
            } else {
                Kind::MalformedRequest.because(error)
            }
        })?;
        Ok(read.to_bytes())
    }
}

impl Questions {
    /// What the upstream is asked for a request with this head, as yet without body and key.
    pub(super) fn to_ask(&self, head: &Parts, asked: &Asked, terms: Terms) -> Request {
        let operation = Arc::clone(&asked.operation);
        let takes_gzip = self.takes_gzip(&operation, asked.accepted);
        Request {
            target: operation.target().into(),
            headers: headers(&operation, &head.headers, takes_gzip),
            operation,
            principal: Arc::clone(&asked.principal),
            body: Bytes::new(),
            terms: Arc::new(terms),
            trail: Arc::default(),
            key: None,
            may_store: true,
            observer: None,
            purpose: Purpose::Call,
        }
    }
}

/// What is recorded before it happens: changes, and answers with secrets.
pub(super) fn acts_outside(operation: &Operation) -> bool {
    match operation.endpoint.action {
        Action::Write(_) | Action::SecretRead | Action::Reveal => true,
        Action::Read => false,
        // Logins, and whatever is changed of tokens and policies.
        Action::Local => {
            let changes = [Method::POST, Method::PUT, Method::DELETE].contains(&operation.method);
            changes && operation.endpoint.name != "none"
        }
    }
}

/// Whether the upstream failed in a way that a kept answer may stand in for.
fn is_failure(result: &Result<Response, Error>) -> bool {
    match result {
        Ok(response) => response.status().is_server_error() || response.status() == 429,
        Err(error) => match error.kind().fault() {
            Fault::Connection | Fault::Answer | Fault::Breaker | Fault::Wait => true,
            Fault::Caller | Fault::Size | Fault::Gateway => false,
        },
    }
}

/// Whatever a known endpoint takes is JSON.
fn check_json(request: &Request) -> Result<(), Error> {
    if request.body.is_empty() || request.operation.endpoint.route.is_empty() {
        return Ok(());
    }
    let kind = request
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let essence = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default()
        .trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Kind::NotJson.into());
    }
    let parsed = serde_json::from_slice::<IgnoredAny>(&request.body);
    parsed
        .map(|_| ())
        .map_err(|e| Kind::MalformedRequest.because(e))
}

/// The headers that go upstream: an allow-list.
///
/// On a read that may be kept, all of these are part of the key.
pub(super) fn allowed<'a>(
    operation: &Operation,
    headers: &'a HeaderMap,
) -> impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)> {
    let accept = headers.get(&ACCEPTED).filter(|accept| !is_plain(accept));
    let accept = iter::once((&ACCEPTED, accept.unwrap_or(&JSON)));
    let features = headers.get_all(&CLIENT_FEATURES).iter();
    let features = features.map(|value| (&CLIENT_FEATURES, value));
    let others: &[HeaderName] = if operation.is_shareable() {
        &[]
    } else {
        &UNSHARED
    };
    let others = others
        .iter()
        .filter_map(|name| Some((name, headers.get(name)?)));
    accept.chain(features).chain(others)
}

/// What goes upstream: these headers, validators as the upstream knows them, and the coding that is
/// wanted. What is shared is made plain here, so its coding is no matter of the caller's.
pub(super) fn headers(operation: &Operation, asked: &HeaderMap, takes_gzip: bool) -> HeaderMap {
    let mut map = HeaderMap::with_capacity(4);
    for (name, value) in allowed(operation, asked) {
        let is_validator = name == IF_MATCH || name == IF_NONE_MATCH;
        map.append(
            name,
            if is_validator {
                plain_tags(value)
            } else {
                value.clone()
            },
        );
    }
    map.insert(ACCEPT_ENCODING, if takes_gzip { GZIP } else { IDENTITY });
    map
}

/// What clients send who want what OPA gives anyway; one spelling of it, so that they share answers.
fn is_plain(accept: &HeaderValue) -> bool {
    accept == "*/*" || accept == "application/json" || accept.is_empty()
}

static JSON: HeaderValue = HeaderValue::from_static("application/json");

static ACCEPTED: HeaderName = ACCEPT;

/// Can change answers (OPA's SDK).
static CLIENT_FEATURES: HeaderName = HeaderName::from_static("x-okta-opa-client-features");

/// Mean something only where an answer is not shared.
static UNSHARED: [HeaderName; 3] = [CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH];
