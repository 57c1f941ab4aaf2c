//! How long answers are good: the times of a class, and what they come to for one answer.

use std::time::Duration;

use http::StatusCode;

/// How long answers of one class are good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Freshness {
    /// Served without asking the upstream; zero: only shared between those who ask at once.
    pub fresh_for: Duration,
    /// How long after that still served at once while it is fetched anew, or instead of that where
    /// the upstream's limit is nearly spent; zero: never.
    pub stale_for: Duration,
    /// How long after it was fresh still served where the upstream fails; zero: never.
    pub stale_if_error: Duration,
    /// How long a 404 is believed: somebody may create it past the gateway. Zero: not kept.
    pub negative_for: Duration,
    /// Whether an upstream's `Cache-Control: no-store` is disregarded.
    pub override_no_store: bool,
}

impl Freshness {
    /// These times in seconds, the upstream's `no-store` obeyed; as stale on error as otherwise.
    pub(crate) const fn seconds(fresh: u64, stale: u64, negative: u64) -> Self {
        Self {
            fresh_for: Duration::from_secs(fresh),
            stale_for: Duration::from_secs(stale),
            stale_if_error: Duration::from_secs(stale),
            negative_for: Duration::from_secs(negative),
            override_no_store: false,
        }
    }

    /// The same for an answer with this status; `None` if none with it is kept.
    ///
    /// That something is not there is never stretched.
    pub(super) fn of_status(self, status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::OK => Some(self),
            StatusCode::NOT_FOUND => Some(Self {
                fresh_for: self.negative_for,
                stale_for: Duration::ZERO,
                stale_if_error: Duration::ZERO,
                ..self
            }),
            _ => None,
        }
    }

    /// Whether nothing is kept by it.
    pub(super) fn is_nothing(self) -> bool {
        self.fresh_for.is_zero() && self.negative_for.is_zero()
    }

    /// How long any answer can be of use.
    pub(super) fn longest(self) -> Duration {
        let found = self.fresh_for + self.stale_for.max(self.stale_if_error);
        found.max(self.negative_for)
    }

    /// How long after `fresh_for` an answer counts as fresh where `free` of the limit's slots are
    /// left (1 for all): not at all down to `scarce_below`, then longer in proportion, up to
    /// `stale_for` where there is none.
    pub(super) fn stretch(self, free: f64, scarce_below: f64) -> Duration {
        if free <= 0.0 {
            return self.stale_for;
        }
        if free >= scarce_below {
            return Duration::ZERO;
        }
        self.stale_for.mul_f64(1.0 - free / scarce_below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_stretches_in_proportion_as_the_limit_empties() {
        let times = Freshness::seconds(30, 300, 2);
        let stretch = |free| times.stretch(free, 0.2).as_secs_f64().round();

        assert_eq!(stretch(1.0), 0.0);
        assert_eq!(stretch(0.2), 0.0);
        assert_eq!(stretch(0.15), 75.0);
        assert_eq!(stretch(0.1), 150.0);
        assert_eq!(stretch(0.0), 300.0);
        assert_eq!(times.stretch(0.01, 0.0), Duration::ZERO);
        assert_eq!(times.stretch(0.0, 0.0), Duration::from_secs(300));
    }

    #[test]
    fn absence_is_never_stretched() {
        let times = Freshness::seconds(30, 300, 2);

        let absent = times.of_status(StatusCode::NOT_FOUND).unwrap();

        assert_eq!(absent.fresh_for, Duration::from_secs(2));
        assert_eq!(absent.longest(), Duration::from_secs(2));
        assert_eq!(times.of_status(StatusCode::FORBIDDEN), None);
    }
}
