//! What a connection is doing, told by both ends of it: the socket and the requests.
//!
//! A connection that is asked again and again tells of it several times for each request, so the clock
//! is only read where somebody may come to wait.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::Limits;
use crate::exchange::{Body, BoxError};

/// What a connection is doing.
#[derive(Debug)]
pub(super) struct Pace {
    phase: Mutex<Phase>,
    head_timeout: Duration,
    idle_timeout: Duration,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Nothing has arrived on it yet.
    New(Instant),
    /// A request has just been answered.
    Answered,
    /// Between two requests.
    Idle(Instant),
    /// Some of a request has just arrived: the whole head, as a rule.
    Arrived,
    /// The head of a request is arriving.
    Head(Instant),
    /// A request is being answered; its own deadlines hold.
    Busy,
    /// HTTP/2 with this many streams being answered, and when the last one was.
    Multiplexed(usize, Instant),
}

impl Phase {
    /// How many are being answered on HTTP/2.
    fn streams(&self) -> Option<usize> {
        if let Self::Multiplexed(streams, _) = self {
            Some(*streams)
        } else {
            None
        }
    }
}

impl Pace {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            phase: Mutex::new(Phase::New(Instant::now())),
            head_timeout: limits.head_timeout,
            idle_timeout: limits.idle_timeout,
        }
    }

    /// A request is being answered until the guard is dropped.
    pub(super) fn busy(pace: &Arc<Self>) -> Busy {
        *pace.phase.lock() = Phase::Busy;
        Busy(Arc::clone(pace))
    }

    /// The same on a connection that carries several requests at once.
    ///
    /// Until the first of them a head is arriving, so that a bare preface is not enough to stay.
    pub(super) fn busy_stream(pace: &Arc<Self>) -> Busy {
        let mut phase = pace.phase.lock();
        let streams = phase.streams().unwrap_or(0);
        *phase = Phase::Multiplexed(streams + 1, Instant::now());
        drop(phase);
        Busy(Arc::clone(pace))
    }

    /// The peer has taken some of an answer, so it is not idle.
    pub(super) fn has_written(&self) {
        let mut phase = self.phase.lock();
        if let Phase::Idle(since) | Phase::Multiplexed(_, since) = &mut *phase {
            *since = Instant::now();
        }
    }

    /// The peer has sent something; whether that may be a part of what it sends too slowly.
    pub(super) fn has_read(&self) -> bool {
        let mut phase = self.phase.lock();
        match *phase {
            Phase::New(_) | Phase::Answered | Phase::Idle(_) => {
                *phase = Phase::Arrived;
                false
            }
            Phase::Busy | Phase::Multiplexed(..) => false,
            Phase::Arrived | Phase::Head(_) => true,
        }
    }

    /// How long the peer may be silent, from the moment when it was first asked for more.
    pub(super) fn until(&self) -> Option<Instant> {
        let mut phase = self.phase.lock();
        if let Phase::Answered = *phase {
            *phase = Phase::Idle(Instant::now());
        } else if let Phase::Arrived = *phase {
            *phase = Phase::Head(Instant::now());
        }
        match *phase {
            Phase::New(since) | Phase::Head(since) => Some(since + self.head_timeout),
            Phase::Idle(since) | Phase::Multiplexed(0, since) => Some(since + self.idle_timeout),
            Phase::Answered | Phase::Arrived | Phase::Busy | Phase::Multiplexed(..) => None,
        }
    }
}

/// A request under way.
#[derive(Debug)]
pub(super) struct Busy(Arc<Pace>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut phase = self.0.phase.lock();
        *phase = match phase.streams() {
            Some(streams) => Phase::Multiplexed(streams.saturating_sub(1), Instant::now()),
            None => Phase::Answered,
        };
    }
}

/// A body that keeps its request under way until it was handed out.
#[derive(Debug)]
pub(super) struct Guarded {
    body: Body,
    _busy: Option<Busy>,
}

impl Guarded {
    pub(super) fn new(body: Body, busy: Option<Busy>) -> Self {
        Self { body, _busy: busy }
    }
}

impl http_body::Body for Guarded {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
