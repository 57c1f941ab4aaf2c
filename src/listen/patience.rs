//! How long a peer may be silent, by what the connection is doing.
//!
//! hyper has one time-out for the head, which is also that for idle connections, and none for a
//! reader that does not read. This stands around the socket and knows which of these it is.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::pace::Pace;

/// A socket that gives up on a peer that is silent for too long.
#[derive(Debug)]
pub(super) struct Patient<S> {
    inner: S,
    pace: Arc<Pace>,
    read_alarm: Pin<Box<Sleep>>,
    /// Whom the alarm wakes, once that was told to it.
    to_be_woken: Option<Waker>,
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
            to_be_woken: None,
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
                self.to_be_woken = None;
            }
            if !self.has_rung(cx) {
                return false;
            }
            if until <= Instant::now() {
                return true;
            }
            self.read_alarm.as_mut().reset(until);
            self.to_be_woken = None;
        }
        false
    }

    /// Whether the alarm has rung; it will wake the task if it has not.
    fn has_rung(&mut self, cx: &mut Context<'_>) -> bool {
        let waker = self.to_be_woken.as_ref();
        let is_set = waker.is_some_and(|waker| waker.will_wake(cx.waker()));
        if is_set && !self.read_alarm.is_elapsed() {
            return false;
        }
        let has_rung = self.read_alarm.as_mut().poll(cx).is_ready();
        self.to_be_woken = (!has_rung).then(|| cx.waker().clone());
        has_rung
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
        // Also after bytes: a head that drips would be in time with each of them.
        let may_be_slow = read.is_pending() || self.pace.has_read();
        if may_be_slow && self.is_too_late(cx) {
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
    use crate::listen::Limits;

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
