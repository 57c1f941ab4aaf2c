//! Faults: how the emulator is told to misbehave, in tests and through `/_emulator/faults`.
//!
//! Says which request a fault hits and how often. What an effect does to it stands in `plan`.

mod armed;
pub(super) mod form;

use std::time::Duration;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

pub(super) use self::armed::{Faults, MOST};

use super::answer::type_of;
use super::ask::{Ask, matches_path};

/// One way in which requests go wrong.
///
/// Of the faults that a request matches, all act that only colour the answer (delay, clock, headers),
/// but only the first of those that decide it; the others wait, with what they still have to do.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The method that is hit; `None` for all.
    #[serde(default, with = "form::method")]
    pub method: Option<Method>,
    /// The path that is hit, in any spelling, without query; a `*` at the end stands for any rest.
    #[serde(default)]
    pub path: Option<String>,
    /// What the query must contain, as it was sent.
    #[serde(default)]
    pub query_contains: Option<String>,
    /// How many requests that match pass unharmed at first.
    #[serde(default)]
    pub skip: u32,
    /// How many requests are hit; `None` for no end.
    #[serde(default)]
    pub times: Option<u32>,
    /// How likely a request that matches is hit, from 0 to 1; `None` for surely.
    ///
    /// Equal seeds throw equal dice; a request that is not hit is not counted in `times`.
    #[serde(default, deserialize_with = "form::share::deserialize")]
    pub probability: Option<f64>,
    /// What happens to them.
    pub effect: Effect,
}

impl Fault {
    /// A fault that hits every request.
    pub fn new(effect: Effect) -> Self {
        Self {
            method: None,
            path: None,
            query_contains: None,
            skip: 0,
            times: None,
            probability: None,
            effect,
        }
    }

    /// Hits requests with this method only.
    #[must_use]
    pub fn on(self, method: Method) -> Self {
        Self {
            method: Some(method),
            ..self
        }
    }

    /// Hits this path only; a `*` at the end stands for any rest.
    #[must_use]
    pub fn at(self, path: impl Into<String>) -> Self {
        Self {
            path: Some(path.into()),
            ..self
        }
    }

    /// Lets this many requests pass unharmed at first.
    #[must_use]
    pub fn after(self, skip: u32) -> Self {
        Self { skip, ..self }
    }

    /// Hits this many requests only.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// Hits each of its requests with this probability, from 0 to 1.
    #[must_use]
    pub fn with_probability(self, probability: f64) -> Self {
        Self {
            probability: Some(probability),
            ..self
        }
    }

    /// Whether it may hit `ask`, whose path is `path` in its canonical spelling.
    fn matches(&self, ask: &Ask, path: &str) -> bool {
        let wanted = self.path.as_deref();
        let wanted = wanted.is_none_or(|wanted| matches_path(path, wanted));
        let query = self.query_contains.as_deref();
        wanted
            && self.method.as_ref().is_none_or(|m| *m == ask.method)
            && query.is_none_or(|part| ask.raw_query().contains(part))
            && self.effect.concerns(ask)
    }
}

/// What happens to a request that is hit.
///
/// Times are written as text: `{"delay": "1s 500ms"}`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// It is looked at only after this time.
    Delay(#[serde(with = "form::span")] Duration),
    /// It is answered with an error in OPA's form; see [`Effect::status`].
    Status {
        /// The status.
        #[serde(with = "form::status")]
        status: StatusCode,
        /// The error's `type`; if empty, the first that the specification has for the status.
        #[serde(rename = "type", default)]
        code: String,
    },
    /// The connection is reset before the request was looked at.
    Reset,
    /// The request is carried out, and the connection is reset before it is answered.
    ResetAfter,
    /// The request is carried out, and the connection is reset half way through the body.
    ResetBody,
    /// The body breaks off half way and the connection is closed; the length told is the whole's.
    Truncate,
    /// The body ends as if whole, but is shorter than `Content-Length`.
    WrongLength,
    /// 200 with a page of HTML, as a proxy in between would answer.
    Html,
    /// 200 without a body.
    EmptyOk,
    /// 200 that says it is JSON and is not.
    Garbage,
    /// 200 with a list that is none: `{"list": null}`.
    NotAList,
    /// It is never answered.
    Hang,
    /// 429 although there may be slots; takes none.
    Limited {
        /// Whether the rate limit headers are there; then they say: again in a second.
        with_headers: bool,
    },
    /// The next page of a list is the page itself.
    LinkLoop,
    /// The next page of a list is on another host.
    LinkElsewhere,
    /// The link to the next page of a list cannot be read.
    LinkMalformed,
    /// The rate limit headers name moments a minute ago.
    RetryAtPast,
    /// The rate limit headers are not there.
    NoRateHeaders,
    /// A token call is answered with 200 and nothing that could be used.
    TokenGarbage,
    /// The body takes this time to arrive, in pieces.
    SlowBody(#[serde(with = "form::span")] Duration),
    /// A write is answered with 504 and applied this much later nevertheless.
    ApplyLate(#[serde(with = "form::span")] Duration),
    /// A read is answered from what was there this long ago, though not before this was ordered.
    Lag(#[serde(with = "form::span")] Duration),
    /// The answer says `Cache-Control: no-cache, no-store`.
    NoStore,
    /// All that the answer says about time is this many seconds ahead, or behind if negative.
    ClockSkew(i64),
}

impl Effect {
    /// An error with the `type` that the specification has first for this status.
    pub fn status(status: StatusCode) -> Self {
        let code = type_of(status).to_owned();
        Self::Status { status, code }
    }

    /// Whether it only colours an answer that is decided elsewhere.
    pub(super) fn is_tint(&self) -> bool {
        matches!(
            self,
            Self::Delay(_)
                | Self::RetryAtPast
                | Self::NoRateHeaders
                | Self::NoStore
                | Self::Lag(_)
                | Self::ClockSkew(_)
        )
    }

    /// Whether it can happen to a request like this one.
    fn concerns(&self, ask: &Ask) -> bool {
        let token = ask.is_token_call();
        if matches!(self, Self::TokenGarbage) {
            return token;
        }
        if matches!(self, Self::ApplyLate(_)) {
            return !token && !ask.is_read();
        }
        if matches!(self, Self::Lag(_)) {
            return ask.is_read();
        }
        if matches!(self, Self::Limited { .. } | Self::RetryAtPast) {
            return !token;
        }
        let list_only = matches!(
            self,
            Self::LinkLoop | Self::LinkElsewhere | Self::LinkMalformed | Self::NotAList
        );
        !list_only || ask.is_read()
    }
}
