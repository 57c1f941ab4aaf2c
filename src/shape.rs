//! Releases requests so that the upstream never has to say 429.
//!
//! Each service user has a limit of its own. What is known of it is learned from the answers alone:
//! how many slots there are, how fast they come back, what the upstream's clock shows. Requests for
//! which there is no slot wait in a bounded, fair queue, or are refused at once when they could not
//! be sent within their deadline.
//!
//! Nothing here retries, and nothing spawns: the application runs [`Buckets::run`]. What is known
//! is kept in memory and lost with it; then a few requests find it out again.

mod bucket;
mod clock;
mod crowd;
mod forecast;
mod learn;
mod level;
mod middleware;
mod model;
mod pace;
mod permit;
mod place;
mod queue;
mod rate;
mod room;
mod shares;
mod signal;
mod state;
#[cfg(test)]
mod tests;
mod window;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use self::middleware::Shape;
pub use self::shares::Spending;
pub use self::state::State;

use self::bucket::Bucket;
use crate::allowance::Allowance;
use crate::caller::Principal;
use crate::error::{Error, Kind};
use crate::metrics::Metrics;

/// The limits of all service users; cheap to clone.
#[derive(Clone, Debug)]
pub struct Buckets {
    buckets: Arc<[Arc<Bucket>]>,
    metrics: Metrics,
}

impl Buckets {
    /// One for each of `principals`, which stand in the order of their indices.
    pub fn new(config: Config, principals: &[Arc<Principal>], metrics: Metrics) -> Self {
        let bucket = |principal: &Arc<Principal>| {
            Arc::new(Bucket::new(config, Arc::clone(principal), metrics.clone()))
        };
        Self {
            buckets: principals.iter().map(bucket).collect(),
            metrics,
        }
    }

    /// Lets waiting requests go until `stop`; stop it only when none is left.
    pub async fn run(self, stop: CancellationToken) {
        let loops = self.buckets.iter().map(|bucket| Arc::clone(bucket).run());
        tokio::select! {
            _ = join_all(loops) => {}
            () = stop.cancelled() => {}
        }
    }

    /// What is known and who waits, for each service user.
    pub fn snapshot(&self) -> Vec<State> {
        self.buckets.iter().map(|bucket| bucket.state()).collect()
    }

    /// The share of slots of `principal`'s limit that could be spent now: 1 for all, or if it is not
    /// known; 0 if one more request would wait. Takes no lock.
    pub fn free(&self, principal: &Principal) -> f64 {
        self.buckets
            .get(principal.index)
            .map_or(1.0, |bucket| bucket.free())
    }

    /// What one more request in the name of `principal` would find; `None` if that is not known.
    pub fn allowance(&self, principal: &Principal, now: Instant) -> Option<Allowance> {
        self.buckets.get(principal.index)?.allowance(now)
    }

    fn of(&self, principal: &Principal) -> Result<&Arc<Bucket>, Error> {
        // A principal that is not in the list was not made from this configuration.
        self.buckets
            .get(principal.index)
            .ok_or_else(|| Kind::Internal.into())
    }

    fn metrics(&self) -> &Metrics {
        &self.metrics
    }
}

/// How the upstream's limit is spent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// Share of the limit that is left to others who use the same service user, in percent.
    pub reserve_percent: u32,
    /// How many requests may wait for one principal.
    pub queue: NonZeroUsize,
    /// How many of these may be one caller's.
    pub queue_per_caller: NonZeroUsize,
    /// For how long a class that waits is passed over at most by more urgent ones.
    pub age_after: Duration,
    /// How many requests are let go before an answer has told the limit, or tells it again after
    /// a silence; one more follows for each second without an answer.
    pub initial: NonZeroU32,
    /// How many requests of one principal may be under way at once.
    pub in_flight: NonZeroU32,
    /// How long a wait is foreseen at most where the upstream's own times are out of reason.
    pub longest_wait: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            reserve_percent: 0,
            queue: NonZeroUsize::new(10_000).expect("not zero"),
            queue_per_caller: NonZeroUsize::new(2_000).expect("not zero"),
            age_after: Duration::from_secs(10),
            initial: NonZeroU32::MIN,
            in_flight: NonZeroU32::new(64).expect("not zero"),
            longest_wait: Duration::from_secs(300),
        }
    }
}
