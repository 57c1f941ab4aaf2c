//! One request as Okta's side sees it: what it shows, and what is told about links and times.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Map, Value, json};

use super::super::MAX_BODY;
use super::super::ask::Ask;
use super::super::clock::Time;
use super::config::Config;
use super::form::stamp;
use super::hidden::Hidden;
use super::problem::Problem;

/// One request.
#[derive(Debug)]
pub(super) struct Visit<'a> {
    pub(super) ask: &'a Ask,
    pub(super) now: Time,
    /// Scheme and host that were asked.
    pub(super) origin: String,
    pub(super) documented_shape: bool,
    skew: i64,
}

impl<'a> Visit<'a> {
    /// `ask`, at `now` as a clock shows it that is `skew` seconds off.
    pub(super) fn new(ask: &'a Ask, config: &Config, now: Time, skew: i64) -> Self {
        let url = ask.url();
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", &url));
        let host = rest.split('/').next().unwrap_or_default();
        Self {
            ask,
            now,
            origin: format!("{scheme}://{host}"),
            documented_shape: config.documented_shape,
            skew,
        }
    }

    /// A moment as it is told.
    pub(super) fn told(&self, time: Time) -> String {
        stamp(time.skewed(self.skew))
    }

    /// The link to a step of a login, below `/api/v1/authn/`.
    pub(super) fn post(&self, step: &str) -> Value {
        let href = format!("{}/api/v1/authn/{step}", self.origin);
        json!({ "href": href, "hints": { "allow": ["POST"] } })
    }

    /// The same with a name.
    pub(super) fn named(&self, name: &str, step: &str) -> Value {
        let href = format!("{}/api/v1/authn/{step}", self.origin);
        json!({ "name": name, "href": href, "hints": { "allow": ["POST"] } })
    }

    /// The body, which must be a JSON object.
    pub(super) fn body(&self) -> Result<Map<String, Value>, Problem> {
        if self.ask.body().len() > MAX_BODY {
            return Err(Problem::malformed().with(http::StatusCode::PAYLOAD_TOO_LARGE));
        }
        let media = self
            .ask
            .headers
            .get(CONTENT_TYPE)
            .map(http::HeaderValue::as_bytes);
        let media = media.and_then(|value| value.split(|byte| *byte == b';').next());
        let media = media.unwrap_or_default().trim_ascii();
        if !media.eq_ignore_ascii_case(b"application/json") {
            return Err(Problem::media());
        }
        serde_json::from_slice(self.ask.body()).map_err(|_| Problem::malformed())
    }

    /// What is shown as an API token: nothing, or something that may be it.
    pub(super) fn shown(&self) -> Option<Hidden> {
        let value = self.ask.headers.get(AUTHORIZATION)?;
        let token = value.to_str().ok().and_then(|value| value.split_once(' '));
        let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("ssws"));
        Some(Hidden::new(token.map_or("", |(_, token)| token)))
    }
}

/// A text of a body; what is none is as good as absent.
pub(super) fn text<'a>(body: &'a Map<String, Value>, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or_default()
}
