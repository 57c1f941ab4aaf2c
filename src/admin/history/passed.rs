//! What has happened between two readings.

use super::Reading;
use crate::metrics::{BOUNDS, OfOperation};
use crate::record::Outcome;

/// From one reading to a later one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passed<'a> {
    from: &'a Reading,
    to: &'a Reading,
}

impl<'a> Passed<'a> {
    pub(super) fn new(from: &'a Reading, to: &'a Reading) -> Self {
        Self { from, to }
    }

    /// How many requests ended so.
    pub(super) fn of(self, outcome: Outcome) -> f64 {
        let count = |of: &Reading| of.traffic.outcomes.get(outcome as usize).copied();
        number(grown(count(self.from), count(self.to)))
    }

    /// All requests that ended.
    pub(super) fn requests(self) -> f64 {
        Outcome::ALL.map(|outcome| self.of(outcome)).iter().sum()
    }

    /// Slots that were spent here, of all limits.
    pub(super) fn spent(self) -> f64 {
        let all = |of: &Reading| Some(of.buckets.iter().map(|bucket| bucket.spent).sum());
        number(grown(all(self.from), all(self.to)))
    }

    /// Calls that were not needed.
    pub(super) fn saved(self) -> u64 {
        let all = |of: &Reading| Some(of.traffic.saved.whole());
        grown(all(self.from), all(self.to))
    }

    /// The share of reads that were answered from memory.
    pub(super) fn hit_ratio(self) -> Option<f64> {
        let hits = self.of(Outcome::Hit) + self.of(Outcome::Stale);
        let misses = self.of(Outcome::Coalesced) + self.of(Outcome::Forwarded);
        ratio(hits, hits + misses)
    }

    /// The share of calls that were not needed.
    pub(super) fn saved_ratio(self) -> Option<f64> {
        let saved = number(self.saved());
        ratio(saved, saved + self.spent())
    }

    /// The share of requests that failed, here or upstream.
    pub(super) fn error_ratio(self) -> Option<f64> {
        let all = |of: &Reading| Some(of.operations.iter().map(|of| of.failed).sum());
        ratio(number(grown(all(self.from), all(self.to))), self.requests())
    }

    /// Within which time this share of the requests was answered, in milliseconds.
    pub(super) fn took(self, share: f64) -> Option<f64> {
        quantile(&self.from.traffic.took, &self.to.traffic.took, share)
    }

    /// The same for the time spent here.
    pub(super) fn own(self, share: f64) -> Option<f64> {
        quantile(&self.from.traffic.own, &self.to.traffic.own, share)
    }
}

/// How much was added to an operation's counts since `before`.
pub(super) fn since(before: &OfOperation, now: &OfOperation) -> OfOperation {
    OfOperation {
        name: now.name,
        requests: now.requests.saturating_sub(before.requests),
        failed: now.failed.saturating_sub(before.failed),
        refused: now.refused.saturating_sub(before.refused),
        seconds: (now.seconds - before.seconds).max(0.0),
    }
}

pub(super) fn grown(from: Option<u64>, to: Option<u64>) -> u64 {
    to.unwrap_or(0).saturating_sub(from.unwrap_or(0))
}

pub(super) fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// Counts above 2^53, which would lose their last digit, do not occur.
#[expect(clippy::cast_precision_loss, reason = "a rate or a share for people")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}

/// The quantile of what was observed between two states of a histogram, in milliseconds, by the usual
/// straight line within a bucket; `None` if there was nothing.
fn quantile(from: &[u64], to: &[u64], share: f64) -> Option<f64> {
    let before = |place: usize| from.get(place).copied();
    let counts = to.iter().enumerate();
    let counts = counts.map(|(place, now)| number(grown(before(place), Some(*now))));
    let counts: Vec<f64> = counts.collect();
    let all = counts.last().copied().filter(|all| *all > 0.0)?;
    let wanted = all * share;
    let (mut below, mut bound_below) = (0.0, 0.0);
    for (count, bound) in counts.iter().zip(BOUNDS) {
        if *count >= wanted {
            let part = ratio(wanted - below, count - below).unwrap_or(1.0);
            return Some((bound_below + (bound - bound_below) * part) * 1_000.0);
        }
        (below, bound_below) = (*count, bound);
    }
    // Beyond the last bound nothing more is known.
    Some(bound_below * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_lies_in_the_bucket_that_holds_it() {
        let mut took = vec![0; BOUNDS.len() + 1];
        // 90 up to 0.1 ms, 9 more up to 1 ms, one that took longer than a minute.
        took[0..3].fill(90);
        took[3..18].fill(99);
        took[18] = 100;

        let half = quantile(&[], &took, 0.5).unwrap();
        let most = quantile(&[], &took, 0.95).unwrap();

        assert!((0.05..0.1).contains(&half), "{half}");
        assert!((0.5..1.0).contains(&most), "{most}");
        assert_eq!(quantile(&[], &took, 1.0), Some(60_000.0));
        assert_eq!(quantile(&took, &took, 0.5), None);
    }
}
