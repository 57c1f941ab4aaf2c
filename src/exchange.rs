//! What goes through the house: requests on their way down, responses on their way up.
//!
//! The front half sees HTTP as it came ([`Inbound`]). The back half sees [`Request`]: what the
//! gateway wants to know from the upstream, with everything already decided that can be.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use parking_lot::Mutex;
use tokio::time::Instant;
use tower::Service;

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
    /// The breaker's question whether the upstream is back.
    Probe,
    /// A bearer token.
    Token,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Call,
        Self::Page,
        Self::Retry,
        Self::Probe,
        Self::Token,
    ];

    /// The label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Page => "page",
            Self::Retry => "retry",
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

/// What becomes known of a request below the cache: counted on the way, read once at the end.
#[derive(Debug, Default)]
pub struct Trail {
    attempts: AtomicU32,
    pages: AtomicU32,
    waited_us: AtomicU64,
    upstream_us: AtomicU64,
    upstream_status: AtomicU16,
    shared: AtomicBool,
    stored: AtomicBool,
    changed: AtomicBool,
}

/// One flag or count of a [`Trail`] is independent of the others, so no order is needed.
const RELAXED: Ordering = Ordering::Relaxed;

impl Trail {
    /// One more request went to the upstream and took `took`, with this status if it had one.
    pub fn attempted(&self, took: Duration, status: Option<u16>) {
        self.attempts.fetch_add(1, RELAXED);
        self.upstream_us.fetch_add(micros(took), RELAXED);
        if let Some(status) = status {
            self.upstream_status.store(status, RELAXED);
        }
    }

    /// Waited this long for the upstream's limit.
    pub fn waited(&self, took: Duration) {
        self.waited_us.fetch_add(micros(took), RELAXED);
    }

    /// The answer was joined from this many pages.
    pub fn merged(&self, pages: u32) {
        self.pages.store(pages, RELAXED);
    }

    /// The answer was fetched for somebody else.
    pub fn was_shared(&self) {
        self.shared.store(true, RELAXED);
    }

    /// The answer is in the cache now.
    pub fn was_stored(&self) {
        self.stored.store(true, RELAXED);
    }

    /// The list changed while its pages were read.
    pub fn has_changed(&self) {
        self.changed.store(true, RELAXED);
    }

    /// Takes over what became known of a shared fetch.
    pub fn copy_from(&self, other: &Self) {
        self.attempts.store(other.attempts.load(RELAXED), RELAXED);
        self.pages.store(other.pages.load(RELAXED), RELAXED);
        self.waited_us.store(other.waited_us.load(RELAXED), RELAXED);
        self.upstream_us
            .store(other.upstream_us.load(RELAXED), RELAXED);
        self.upstream_status
            .store(other.upstream_status.load(RELAXED), RELAXED);
        self.stored.store(other.stored.load(RELAXED), RELAXED);
        self.changed.store(other.changed.load(RELAXED), RELAXED);
    }

    /// Requests sent to the upstream.
    pub fn attempts(&self) -> u32 {
        self.attempts.load(RELAXED)
    }

    /// Pages joined; 0 if the answer is not a merged list.
    pub fn pages(&self) -> u32 {
        self.pages.load(RELAXED)
    }

    /// Time in the queue.
    pub fn queue_time(&self) -> Duration {
        Duration::from_micros(self.waited_us.load(RELAXED))
    }

    /// Time the upstream took, all attempts together.
    pub fn upstream_time(&self) -> Duration {
        Duration::from_micros(self.upstream_us.load(RELAXED))
    }

    /// The last status that the upstream gave.
    pub fn upstream_status(&self) -> Option<u16> {
        Some(self.upstream_status.load(RELAXED)).filter(|status| *status != 0)
    }

    /// Whether it was fetched for somebody else.
    pub fn is_shared(&self) -> bool {
        self.shared.load(RELAXED)
    }

    /// Whether it was put into the cache.
    pub fn is_stored(&self) -> bool {
        self.stored.load(RELAXED)
    }

    /// Whether the list changed while its pages were read.
    pub fn is_changed(&self) -> bool {
        self.changed.load(RELAXED)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A body: whole in memory, or still arriving.
#[derive(Debug)]
pub enum Body {
    /// Whole; `None` once it was handed out.
    Whole(Option<Bytes>),
    /// Still arriving.
    Stream(UnsyncBoxBody<Bytes, BoxError>),
}

impl Body {
    /// No bytes.
    pub fn empty() -> Self {
        Self::Whole(None)
    }

    /// A body that arrives.
    pub fn stream<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        use http_body_util::BodyExt;
        Self::Stream(body.map_err(Into::into).boxed_unsync())
    }

    /// The bytes, if they are all there.
    pub fn whole(&self) -> Option<Bytes> {
        match self {
            Self::Whole(bytes) => Some(bytes.clone().unwrap_or_default()),
            Self::Stream(_) => None,
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Stream(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Self::Stream(body) => body.size_hint(),
        }
    }
}
