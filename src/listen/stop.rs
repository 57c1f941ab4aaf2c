//! Ends listeners and connections when the gateway stops.

use std::future::poll_fn;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use tokio_util::sync::CancellationToken;

/// Told once, to everybody who has a clone of it.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    token: CancellationToken,
    is_told: Arc<AtomicBool>,
}

impl Stop {
    /// Tells everybody.
    pub fn tell(&self) {
        self.is_told.store(true, Ordering::Release);
        self.token.cancel();
    }

    /// Runs `future` until it is over; `None` if this was told before.
    ///
    /// To be awaited in one task from the first poll on: it is that task which is woken. For the token
    /// is asked at the first poll only, and again when it has been told; to ask it each time would take
    /// locks that all connections share, for every request on any of them.
    ///
    /// Cancel safe if `future` is.
    pub async fn run_until_told<F: Future>(&self, mut future: Pin<&mut F>) -> Option<F::Output> {
        let mut told = pin!(self.token.cancelled());
        let mut is_first = true;
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            if mem::take(&mut is_first) || self.is_told.load(Ordering::Acquire) {
                return told.as_mut().poll(cx).map(|()| None);
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn future_that_was_polled_often_ends_when_it_is_told() {
        let stop = Stop::default();
        let own = stop.clone();
        let (wake, mut woken) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            let never = async {
                while woken.recv().await.is_some() {}
                std::future::pending::<()>().await;
            };
            own.run_until_told(pin!(never)).await
        });
        for _ in 0..3 {
            wake.send(()).await.unwrap();
            tokio::task::yield_now().await;
        }

        stop.tell();

        let ended: Option<()> = task.await.unwrap();
        assert_eq!(ended, None);
    }

    #[tokio::test(start_paused = true)]
    async fn future_ends_by_itself_or_at_once_if_it_was_told_before() {
        let stop = Stop::default();
        assert_eq!(stop.run_until_told(pin!(async { 1 })).await, Some(1));

        stop.tell();

        let never = std::future::pending::<()>();
        assert_eq!(stop.run_until_told(pin!(never)).await, None);
    }
}
