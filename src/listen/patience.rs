//! How long a peer may be silent, by what the connection is doing.
//!
//! hyper has one time-out for the head, which is also that for idle connections, and none for a
//! reader that does not read. This stands around the socket and knows which of these it is.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::Limits;
use crate::exchange::{Body, BoxError};

/// What a connection is doing, told by both ends of it.
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
    /// Between two requests.
    Idle(Instant),
    /// The head of a request is arriving.
    Head(Instant),
    /// A request is being answered; its own deadlines hold.
    Busy,
    /// HTTP/2 with this many streams being answered, and when the last one was.
    Multiplexed(usize, Instant),
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
        let streams = match *phase {
            Phase::Multiplexed(streams, _) => streams,
            Phase::New(_) | Phase::Idle(_) | Phase::Head(_) | Phase::Busy => 0,
        };
        *phase = Phase::Multiplexed(streams + 1, Instant::now());
        drop(phase);
        Busy(Arc::clone(pace))
    }

    /// The peer has taken some of an answer, so it is not idle.
    fn has_written(&self) {
        let mut phase = self.phase.lock();
        if let Phase::Idle(since) | Phase::Multiplexed(_, since) = &mut *phase {
            *since = Instant::now();
        }
    }

    fn has_read(&self) {
        let mut phase = self.phase.lock();
        if matches!(*phase, Phase::New(_) | Phase::Idle(_)) {
            *phase = Phase::Head(Instant::now());
        }
    }

    fn until(&self) -> Option<Instant> {
        match *self.phase.lock() {
            Phase::New(since) | Phase::Head(since) => Some(since + self.head_timeout),
            Phase::Idle(since) | Phase::Multiplexed(0, since) => Some(since + self.idle_timeout),
            Phase::Busy | Phase::Multiplexed(..) => None,
        }
    }
}

/// A request under way.
#[derive(Debug)]
pub(super) struct Busy(Arc<Pace>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut phase = self.0.phase.lock();
        let now = Instant::now();
        *phase = match *phase {
            Phase::Multiplexed(streams, _) => Phase::Multiplexed(streams.saturating_sub(1), now),
            Phase::New(_) | Phase::Idle(_) | Phase::Head(_) | Phase::Busy => Phase::Idle(now),
        };
    }
}

/// A body that keeps its request under way until it was handed out.
#[derive(Debug)]
pub(super) struct Guarded {
    pub(super) body: Body,
    pub(super) _busy: Busy,
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

/// A socket that gives up on a peer that is silent for too long.
#[derive(Debug)]
pub(super) struct Patient<S> {
    inner: S,
    pace: Arc<Pace>,
    read_alarm: Pin<Box<Sleep>>,
    write_alarm: Pin<Box<Sleep>>,
    is_writing: bool,
}

impl<S> Patient<S> {
    pub(super) fn new(inner: S, pace: Arc<Pace>) -> Self {
        let now = Instant::now();
        Self {
            inner,
            pace,
            read_alarm: Box::pin(sleep_until(now)),
            write_alarm: Box::pin(sleep_until(now)),
            is_writing: false,
        }
    }

    /// Whether the peer has been silent for too long; arranges to be woken when it will have been.
    ///
    /// The alarm is only moved once it rings, so that a busy connection does not touch the timer.
    fn is_too_late(&mut self, cx: &mut Context<'_>) -> bool {
        while let Some(until) = self.pace.until() {
            if self.read_alarm.deadline() > until {
                self.read_alarm.as_mut().reset(until);
            }
            if self.read_alarm.as_mut().poll(cx).is_pending() {
                return false;
            }
            if until <= Instant::now() {
                return true;
            }
            self.read_alarm.as_mut().reset(until);
        }
        false
    }

    /// The same for a peer that does not read what it is sent.
    fn watch_write<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.is_writing = false;
            self.pace.has_written();
            return written;
        }
        if !self.is_writing {
            self.is_writing = true;
            self.write_alarm
                .as_mut()
                .reset(Instant::now() + WRITE_TIMEOUT);
        }
        if self.write_alarm.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

/// How long a peer may read nothing of what is being sent to it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if read.is_ready() {
            self.pace.has_read();
        }
        // Also checked after bytes: a head that drips would be in time with each of them.
        if self.is_too_late(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.watch_write(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        self.watch_write(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    fn patient() -> (
        Patient<tokio::io::DuplexStream>,
        tokio::io::DuplexStream,
        Arc<Pace>,
    ) {
        let (near, far) = duplex(64);
        let pace = Arc::new(Pace::new(&Limits::default()));
        (Patient::new(near, Arc::clone(&pace)), far, pace)
    }

    async fn silent_for(patient: &mut Patient<tokio::io::DuplexStream>) -> Duration {
        let started = Instant::now();
        let error = patient.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        started.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn peer_that_says_nothing_is_given_up_on() {
        let (mut patient, _far, _) = patient();

        assert_eq!(silent_for(&mut patient).await.as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn head_that_drips_is_given_up_on_although_bytes_arrive() {
        let (mut patient, mut far, _) = patient();
        let started = Instant::now();
        let dripping = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if far.write_u8(b'x').await.is_err() {
                    return;
                }
            }
        });

        while patient.read_u8().await.is_ok() {}

        assert!(
            (5..8).contains(&started.elapsed().as_secs()),
            "{:?}",
            started.elapsed()
        );
        dripping.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn connection_between_requests_may_rest() {
        let (mut patient, mut far, pace) = patient();
        far.write_u8(b'x').await.unwrap();
        patient.read_u8().await.unwrap();
        drop(Pace::busy(&pace));

        assert_eq!(silent_for(&mut patient).await.as_secs(), 75);
    }

    #[tokio::test(start_paused = true)]
    async fn peer_that_does_not_read_is_given_up_on() {
        let (mut patient, _far, pace) = patient();
        let _busy = Pace::busy(&pace);

        let error = patient.write_all(&[0; 1000]).await.unwrap_err();

        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
