//! A proxy that keeps a fixed time between requests.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

use crate::simulate::scenario::Spacing;
use crate::simulate::upstream::Upstream;
use crate::simulate::way::Reply;

/// The proxy.
#[derive(Debug)]
pub(in crate::simulate) struct Spaced {
    spacing: Spacing,
    gap: Duration,
    next: Mutex<Instant>,
    under_way: Semaphore,
    upstream: Arc<Upstream>,
}

impl Spaced {
    pub(super) fn new(spacing: Spacing, gap: Duration, upstream: Arc<Upstream>) -> Self {
        Self {
            spacing,
            gap,
            next: Mutex::new(Instant::now()),
            under_way: Semaphore::new(spacing.at_once.get().min(Semaphore::MAX_PERMITS)),
            upstream,
        }
    }

    /// A client that gives up is not noticed: its request is sent when its time has come.
    pub(super) async fn ask(self: &Arc<Self>) -> Reply {
        let proxy = Arc::clone(self);
        let sent = tokio::spawn(async move { proxy.send().await });
        sent.await.unwrap_or(Reply::Failed)
    }

    async fn send(&self) -> Reply {
        sleep_until(self.place()).await;
        let _permit = self.under_way.acquire().await;
        Reply::of(&self.upstream.ask().await)
    }

    /// The next time that is free; whoever is at the longest wait takes none.
    fn place(&self) -> Instant {
        let now = Instant::now();
        let latest = now + self.spacing.longest;
        let mut next = self.next.lock();
        let at = (*next).max(now);
        if at >= latest {
            return latest;
        }
        *next = at + self.gap;
        at
    }
}
