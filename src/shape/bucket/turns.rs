//! The loop that lets go those who wait.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::shape::bucket::{Bucket, refuse};
use crate::shape::model::Ready;
use crate::shape::permit::Permit;

/// How often those who wait are looked through for changed terms.
const LOOK_THROUGH: Duration = Duration::from_millis(250);

impl Bucket {
    /// Lets go those who wait, each when there is a slot; never ends.
    pub(in crate::shape) async fn run(self: Arc<Self>) {
        let mut look_at = Instant::now();
        loop {
            let changed = self.changed.notified();
            let now = Instant::now();
            if look_at <= now {
                self.look_through(now);
                look_at = now + LOOK_THROUGH;
            }
            match self.let_go(now) {
                // Nobody waits.
                None => changed.await,
                Some(at) => {
                    tokio::select! {
                        () = changed => {}
                        () = sleep_until(at.min(look_at)) => {}
                    }
                }
            }
        }
    }

    /// Lets go whoever may; says when to come back for those who still wait.
    fn let_go(self: &Arc<Self>, now: Instant) -> Option<Instant> {
        loop {
            let mut inner = self.inner.lock();
            if inner.queue.is_empty() {
                return None;
            }
            match inner.model.ready(now) {
                Ready::Now => {}
                Ready::At(at) => return Some(at),
                Ready::Later => return Some(now + LOOK_THROUGH),
            }
            let waiter = inner.queue.pop(now)?;
            let ticket = inner.model.release(now);
            inner.show(&self.level, now);
            drop(inner);
            // Whoever has left meanwhile drops the permit here, outside of the lock.
            drop(waiter.tell.send(Ok(Permit::new(Arc::clone(self), ticket))));
        }
    }

    /// Heeds what has changed for those who wait: a better class, or no hope within the deadline.
    fn look_through(&self, now: Instant) {
        let mut inner = self.inner.lock();
        if inner.queue.is_empty() {
            return;
        }
        inner.queue.regrade(now);
        let soonest = inner.model.foresee(0, now);
        let hopeless = inner.queue.due_before(soonest.earliest);
        let refused = hopeless.into_iter().enumerate().map(|(before, waiter)| {
            let refusal = inner.refusal(&waiter.terms, before, now);
            (waiter, refusal)
        });
        let refused: Vec<_> = refused.collect();
        inner.show(&self.level, now);
        drop(inner);
        for (waiter, refusal) in refused {
            refuse(waiter, refusal);
        }
    }
}
