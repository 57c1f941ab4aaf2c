//! A request's place in the queue, as a guard.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::sleep_until;

use crate::exchange::Terms;
use crate::shape::bucket::Bucket;
use crate::shape::permit::Permit;

/// What a waiter is told: its turn, or how long to stay away.
pub(super) type Word = Result<Permit, Refusal>;

/// Why there is no use in waiting on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Refusal {
    /// It may come back after that long.
    pub(super) retry_after: Duration,
    /// How many wait that would be let go before it; `None` if it was not looked at.
    pub(super) ahead: Option<usize>,
}

/// A request's place in the queue; whoever drops it has left.
#[derive(Debug)]
pub(super) struct Place {
    bucket: Arc<Bucket>,
    terms: Arc<Terms>,
    number: u64,
    word: oneshot::Receiver<Word>,
}

/// How a wait has ended without a permit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Vain {
    /// Refused: no slot is foreseen in time.
    Refused(Refusal),
    /// The deadline passed.
    Expired(Refusal),
}

impl Place {
    /// The place that `bucket` gave.
    pub(super) fn new(
        bucket: Arc<Bucket>,
        terms: Arc<Terms>,
        number: u64,
        word: oneshot::Receiver<Word>,
    ) -> Self {
        Self {
            bucket,
            terms,
            number,
            word,
        }
    }

    /// Waits for a permit, no longer than the latest deadline of those who wait for the answer.
    ///
    /// # Cancel safety
    ///
    /// Whoever stops waiting leaves the queue, and a permit that was on its way goes back.
    pub(super) async fn wait(mut self) -> Result<Permit, Vain> {
        loop {
            let deadline = self.terms.deadline();
            tokio::select! {
                biased;
                word = &mut self.word => return match word {
                    Ok(word) => word.map_err(Vain::Refused),
                    // Nobody lets go any more: the gateway stops.
                    Err(_) => Err(Vain::Expired(Refusal {
                        retry_after: Duration::from_secs(1),
                        ahead: None,
                    })),
                },
                () = sleep_until(deadline) => {
                    if self.terms.deadline() <= deadline {
                        return Err(Vain::Expired(self.bucket.expired(&self.terms)));
                    }
                }
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A permit that is on its way drops with the receiver, after this.
        self.bucket.leave(self.number);
    }
}
