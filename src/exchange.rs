//! What goes through the house: requests on their way down, responses on their way up.
//!
//! The front half sees HTTP as it came ([`Inbound`]). The back half sees [`Request`]: what the
//! gateway wants to know from the upstream, with everything already decided that can be.

mod body;
mod trail;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use parking_lot::Mutex;
use tokio::time::Instant;
use tower::Service;

pub use self::body::Body;
pub use self::trail::Trail;

use crate::caller::{Caller, Principal, Priority};
use crate::error::Error;
use crate::operation::Operation;

/// Any error, as libraries hand it over.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A request as it came in.
pub type Inbound = http::Request<Body>;

/// A response on its way up.
pub type Response = http::Response<Body>;

/// The future of a handler that awaits.
pub type Reply<E = Error> = Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

/// A part of the back half; stands for the bounds that every file would repeat.
pub trait Handler:
    Service<Request, Response = Response, Error = Error, Future: Send + 'static>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Handler for S where
    S: Service<Request, Response = Response, Error = Error, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// What the gateway asks the upstream.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is asked.
    pub operation: Arc<Operation>,
    /// Path and query to send: the operation's own, or those of a later page.
    pub target: Arc<str>,
    /// In whose name.
    pub principal: Arc<Principal>,
    /// The headers to forward: an allow-list, no credentials.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// For whom, how urgently and until when.
    pub terms: Arc<Terms>,
    /// What becomes known on the way.
    pub trail: Arc<Trail>,
    /// The key under which the answer is kept or shared; `None` for what is neither.
    pub key: Option<Arc<[u8]>>,
    /// Whether an answer may be put into the cache (the caller may have said `no-store`).
    pub may_store: bool,
    /// Told when the request is let go to the upstream.
    pub observer: Option<Arc<dyn Observer>>,
    /// Why it is sent.
    pub purpose: Purpose,
}

impl Request {
    /// Says that the request goes to the upstream now: what is read or changed by it happens from
    /// here on.
    pub fn released(&self) {
        if let Some(observer) = &self.observer {
            observer.released();
        }
    }

    /// Whether nothing that the request reads has been changed since it was let go.
    pub fn holds(&self) -> bool {
        self.observer
            .as_ref()
            .is_none_or(|observer| observer.holds())
    }
}

/// Watches a request from above while it goes through the parts that wait.
pub trait Observer: fmt::Debug + Send + Sync {
    /// The request goes to the upstream now; may be told again with each attempt.
    fn released(&self);

    /// There is more to read, so that it may outlast those who wait for it.
    fn goes_on(&self) {}

    /// Whether nothing that the request reads has been changed since then.
    fn holds(&self) -> bool;
}

/// Why a request is sent to the upstream; a metric label.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// A caller's request.
    Call,
    /// A further page of a merged list.
    Page,
    /// Another attempt.
    Retry,
    /// A kept answer that is too old, fetched anew while callers get it as it is.
    Refresh,
    /// The breaker's question whether the upstream is back.
    Probe,
    /// A bearer token.
    Token,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Call,
        Self::Page,
        Self::Retry,
        Self::Refresh,
        Self::Probe,
        Self::Token,
    ];

    /// The label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Page => "page",
            Self::Retry => "retry",
            Self::Refresh => "refresh",
            Self::Probe => "probe",
            Self::Token => "token",
        }
    }
}

/// For whom something is asked, how urgently, and until when an answer is worth anything.
///
/// A fetch that several callers wait for has the best class and the latest deadline of them.
#[derive(Debug)]
pub struct Terms {
    /// Who pays: the caller that asked first.
    pub caller: Arc<Caller>,
    urgency: Mutex<(Priority, Instant)>,
}

impl Terms {
    /// Terms of one caller's request.
    pub fn new(caller: Arc<Caller>, deadline: Instant) -> Self {
        let urgency = Mutex::new((caller.priority, deadline));
        Self { caller, urgency }
    }

    /// The same in this class, where it is less urgent than the caller's own.
    #[must_use]
    pub fn yielding(self, priority: Option<Priority>) -> Self {
        if let Some(priority) = priority {
            let mut urgency = self.urgency.lock();
            urgency.0 = urgency.0.max(priority);
        }
        self
    }

    /// Terms of what is done for one caller while nobody waits for it.
    pub fn background(caller: Arc<Caller>, deadline: Instant) -> Self {
        let urgency = Mutex::new((Priority::Background, deadline));
        Self { caller, urgency }
    }

    /// The same terms, which further callers change by themselves.
    pub fn copy(&self) -> Self {
        Self {
            caller: Arc::clone(&self.caller),
            urgency: Mutex::new(*self.urgency.lock()),
        }
    }

    /// The best class of those who wait.
    pub fn priority(&self) -> Priority {
        self.urgency.lock().0
    }

    /// The latest deadline of those who wait.
    pub fn deadline(&self) -> Instant {
        self.urgency.lock().1
    }

    /// Takes in another who waits for the same.
    pub fn extend(&self, priority: Priority, deadline: Instant) {
        let mut urgency = self.urgency.lock();
        urgency.0 = urgency.0.min(priority);
        urgency.1 = urgency.1.max(deadline);
    }
}
