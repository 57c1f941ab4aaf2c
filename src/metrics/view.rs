//! What has been counted, for those who show it to people.

use prometheus::core::Metric;
use prometheus::{Histogram, IntCounter};

use super::Metrics;
use super::families::FINE;
use crate::caller::Principal;
use crate::record::Outcome;

/// How many requests took at most how long: bounds in seconds, then everything.
pub const BOUNDS: [f64; FINE.len()] = FINE;

/// Sums since the start over all requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// Requests by how they ended, in the order of [`Outcome::ALL`].
    pub outcomes: [u64; Outcome::ALL.len()],
    /// Calls to the upstream that were not needed.
    pub saved: Saved,
    /// Requests that took at most as long as each of [`BOUNDS`].
    pub took: Vec<u64>,
    /// The same for the time spent here.
    pub own: Vec<u64>,
}

/// Calls to the upstream that were not needed, by how they were saved.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Saved {
    /// By an answer from memory.
    pub hit: u64,
    /// By a whole list from memory: all its pages.
    pub merged: u64,
    /// By an answer from memory that was too old.
    pub stale: u64,
    /// By an answer fetched for another.
    pub coalesced: u64,
}

impl Saved {
    /// All of them.
    pub fn whole(self) -> u64 {
        self.hit + self.merged + self.stale + self.coalesced
    }
}

/// Sums since the start over one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OfOperation {
    /// Its name.
    pub name: &'static str,
    /// Requests.
    pub requests: u64,
    /// Those that failed: answered 5xx, here or by the upstream.
    pub failed: u64,
    /// Those that were refused here: who are you, may you, too often.
    pub refused: u64,
    /// How long all of them took together, in seconds.
    pub seconds: f64,
}

/// Sums since the start over one principal's limit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct OfLimit {
    /// Slots that were spent here.
    pub spent: u64,
    /// Slots that others took.
    pub outside: u64,
    /// Answers 429 of the upstream.
    pub limited: u64,
}

impl Metrics {
    /// What became of all requests.
    pub fn traffic(&self) -> Traffic {
        self.shared.requests.traffic()
    }

    /// What became of the requests of each operation that was asked for.
    pub fn operations(&self) -> Vec<OfOperation> {
        self.shared.requests.operations()
    }

    /// What was spent of a principal's limit.
    pub fn of_limit(&self, principal: &Principal) -> OfLimit {
        let back = &self.shared.back;
        let by = |by| [&*principal.team, &*principal.name, "all", by];
        let spent = |who| back.spent.with_label_values(&by(who)).get();
        let limited = ["budget", "concurrency", "outside", "unknown"].map(|cause| {
            let labels = [&*principal.team, &*principal.name, cause];
            back.limited.with_label_values(&labels).get()
        });
        OfLimit {
            spent: spent("self"),
            outside: spent("outside"),
            limited: limited.into_iter().sum(),
        }
    }
}

/// How many of a histogram's observations were at most each bound, then all.
pub(super) fn cumulative(histogram: &Histogram) -> Vec<u64> {
    let metric = histogram.metric();
    let shown = metric.get_histogram();
    let buckets = shown.get_bucket().iter();
    let bounded = buckets.map(prometheus::proto::Bucket::cumulative_count);
    bounded.chain([shown.get_sample_count()]).collect()
}

/// Adds up what stands at equal places.
pub(super) fn add(sum: &mut Vec<u64>, more: &[u64]) {
    if sum.is_empty() {
        sum.resize(more.len(), 0);
    }
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += more;
    }
}

/// The sum of the counters that have been made.
pub(super) fn sum<'a>(counters: impl Iterator<Item = &'a IntCounter>) -> u64 {
    counters.map(IntCounter::get).sum()
}
