//! What becomes known of one request, and the closed words it is told in.
//!
//! A plain value: each field is set once, by the part that learns it, and read once, at the end,
//! by log, metrics and audit. So all three use the same words.

mod cache;
mod id;
mod told;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, Method, StatusCode};
use http_body::Body as _;
use tokio::time::Instant;

pub use self::cache::{Bypass, Cache, Miss, Stale};
pub use self::id::{Id, REQUEST_ID};
pub use self::told::Told;

use crate::allowance::Allowance;
use crate::caller::{Caller, Principal};
use crate::error::Error;
use crate::exchange::{Response, Trail};
use crate::operation::Operation;

/// One request's record.
#[derive(Debug)]
pub struct Record {
    /// The request's id: the caller's own, if it sent one that looks like an id.
    pub id: Id,
    /// When its head had arrived.
    pub started: Instant,
    /// The same as time since 1970.
    pub arrived: Duration,
    /// Its method.
    pub method: Method,
    /// Its path as it came, without query.
    pub path: Arc<str>,
    /// What was asked.
    pub operation: Option<Arc<Operation>>,
    /// Whether it belongs to an origin that is mapped, and not to OPA.
    pub is_origin: bool,
    /// Who asked.
    pub caller: Option<Arc<Caller>>,
    /// In whose name the upstream is asked.
    pub principal: Option<Arc<Principal>>,
    /// The rule of a policy that decided whether it may be asked, as `policy:path`.
    pub rule: Option<Arc<str>>,
    /// What the cache had.
    pub cache: Cache,
    /// What became known below the cache.
    pub trail: Option<Arc<Trail>>,
    /// What is left of the caller's own quota; `None` if it has none.
    pub left: Option<Allowance>,
    /// Why it was not answered.
    pub error: Option<Error>,
    /// The status of the answer.
    pub status: Option<StatusCode>,
    /// The size of the answer's body, in bytes, where it was known.
    pub bytes_out: u64,
    /// What its line says like those of earlier requests that were answered the same, ready to be written.
    pub told: Option<Told>,
    /// From the arrival of the head until the answer was handed to the connection.
    pub took: Duration,
}

impl Record {
    /// The record of a request that has just arrived with these headers.
    pub fn new(headers: &HeaderMap, method: Method, path: Arc<str>) -> Self {
        let arrived = SystemTime::now().duration_since(UNIX_EPOCH);
        let arrived = arrived.unwrap_or_default();
        Self {
            id: Id::of(headers, arrived),
            started: Instant::now(),
            arrived,
            method,
            path,
            operation: None,
            is_origin: false,
            caller: None,
            principal: None,
            rule: None,
            cache: Cache::None,
            trail: None,
            left: None,
            error: None,
            status: None,
            bytes_out: 0,
            told: None,
            took: Duration::ZERO,
        }
    }

    /// Takes down what is answered.
    pub fn answered(&mut self, response: &Response) {
        self.status = Some(response.status());
        self.bytes_out = response.body().size_hint().lower();
    }

    /// The name of the operation, `origin` for what belongs to another upstream, or `none` for what was
    /// not understood.
    pub fn operation_name(&self) -> &'static str {
        match &self.operation {
            Some(operation) => operation.endpoint.name,
            None if self.is_origin => "origin",
            None => "none",
        }
    }

    /// How the request ended.
    pub fn outcome(&self) -> Outcome {
        let Some(status) = self.status else {
            return Outcome::Canceled;
        };
        if let Some(error) = &self.error {
            return outcome_of(error);
        }
        match (self.cache, &self.trail) {
            (Cache::Hit { .. }, _) => Outcome::Hit,
            (Cache::Stale { .. }, _) => Outcome::Stale,
            (_, Some(trail)) if trail.is_shared() => Outcome::Coalesced,
            (_, Some(_)) => Outcome::Forwarded,
            (_, None) if status.is_server_error() => Outcome::Failed,
            (_, None) => Outcome::Local,
        }
    }

    /// The time that was spent here: all but waiting for the upstream and its limit.
    pub fn own_time(&self) -> Duration {
        let elsewhere = self.trail.as_ref().map_or(Duration::ZERO, |trail| {
            trail.queue_time() + trail.upstream_time()
        });
        self.took.saturating_sub(elsewhere)
    }
}

fn outcome_of(error: &Error) -> Outcome {
    match error.kind().status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Outcome::Denied,
        StatusCode::TOO_MANY_REQUESTS => Outcome::Limited,
        status if status.is_server_error() => Outcome::Failed,
        _ => Outcome::Rejected,
    }
}

/// How a request ended; a metric label.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// From memory, fresh.
    Hit,
    /// From memory, too old.
    Stale,
    /// Fetched for somebody else at the same time.
    Coalesced,
    /// Fetched.
    Forwarded,
    /// Answered by the gateway itself.
    Local,
    /// Who are you, may you.
    Denied,
    /// Not understood, too large, not found here.
    Rejected,
    /// Our own 429.
    Limited,
    /// Our own 5xx.
    Failed,
    /// The caller hung up.
    Canceled,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Hit,
        Self::Stale,
        Self::Coalesced,
        Self::Forwarded,
        Self::Local,
        Self::Denied,
        Self::Rejected,
        Self::Limited,
        Self::Failed,
        Self::Canceled,
    ];

    /// The label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Stale => "stale",
            Self::Coalesced => "coalesced",
            Self::Forwarded => "forwarded",
            Self::Local => "local",
            Self::Denied => "denied",
            Self::Rejected => "rejected",
            Self::Limited => "limited",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}
