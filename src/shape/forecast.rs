//! What is foreseen of a limit. Nothing is spent by it: it refuses hopeless waits and is shown.

use std::time::Duration;

use tokio::time::Instant;

use crate::shape::clock::later;
use crate::shape::model::{EPSILON, Gate, Model};

/// When one more may go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Forecast {
    /// Certainly not before.
    pub(super) earliest: Instant,
    /// Probably then.
    pub(super) likely: Instant,
}

impl Model {
    /// When one more may go after those `ahead`, as far as can be foreseen.
    pub(super) fn foresee(&mut self, ahead: usize, now: Instant) -> Forecast {
        self.settle(now);
        let start = match self.gate {
            Gate::Shut { until, .. } => until.max(now),
            Gate::Open => now,
        };
        let ahead = f64::from(u32::try_from(ahead).unwrap_or(u32::MAX));
        let missing = self.missing(now) + ahead;
        if missing <= EPSILON || self.limit.is_none() {
            return Forecast {
                earliest: start,
                likely: start,
            };
        }
        let Some(likely) = self.pace.likely() else {
            let refill_at = self.refill_at.unwrap_or(start).max(start);
            // An answer that is under way may still tell of more.
            let earliest = if self.in_flight() == 0 {
                refill_at
            } else {
                start
            };
            return Forecast {
                earliest,
                likely: refill_at,
            };
        };
        Forecast {
            earliest: start.max(later(now, missing * self.pace.fastest())),
            likely: start.max(later(now, missing * likely)),
        }
    }

    /// How long until no slot is left, if all goes on as in the last minute.
    pub(super) fn empty_in(&self, now: Instant) -> Option<Duration> {
        let back = self.pace.likely().map_or(0.0, |likely| 1.0 / likely);
        let gone = self.spent.per_second(now) + self.lost.per_second(now);
        let left = (self.level - self.reserved()).max(0.0);
        let net = gone - back;
        (self.limit.is_some() && net > EPSILON)
            .then(|| later(now, left / net).saturating_duration_since(now))
    }

    /// When all slots are there again, if nothing more is spent.
    pub(super) fn full_at(&self, now: Instant) -> Option<Instant> {
        let missing = f64::from(self.limit?) - self.level;
        match self.pace.likely() {
            Some(likely) => Some(later(now, missing * likely)),
            None => self.reset_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Config;
    use crate::shape::signal::{Signal, Slots};

    /// A limit of 100 of which 50 are left; one comes back every two seconds.
    fn half_full(now: Instant) -> Model {
        let mut model = Model::new(Config::default(), now);
        let ticket = model.release(now);
        let signal = Signal {
            slots: Some(Slots {
                limit: 100,
                remaining: 50,
            }),
            reset: Some(1_100.0),
            date: Some(1_000.0),
            ..Signal::default()
        };
        model.learn(ticket, &signal, now);
        model.end(ticket, now);
        model
    }

    #[tokio::test(start_paused = true)]
    async fn limit_that_fills_up_is_never_empty() {
        let now = Instant::now();
        let model = half_full(now);

        assert_eq!(model.empty_in(now), None);
        let full_in = model.full_at(now).unwrap() - now;
        assert!((98..103).contains(&full_in.as_secs()), "{full_in:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn limit_that_is_spent_faster_than_it_comes_back_is_empty_soon() {
        let now = Instant::now();
        let mut model = half_full(now);

        for _ in 0..30 {
            let ticket = model.release(now);
            model.end(ticket, now);
        }

        // 20 are left; one a second goes, one in two seconds comes back.
        let empty_in = model.empty_in(now).unwrap().as_secs();
        assert!((35..45).contains(&empty_in), "{empty_in}");
    }

    #[tokio::test(start_paused = true)]
    async fn those_ahead_are_reckoned_in() {
        let now = Instant::now();
        let mut model = half_full(now);

        let forecast = model.foresee(59, now);

        assert_eq!(model.foresee(49, now).earliest, now);
        let earliest = (forecast.earliest - now).as_secs();
        let likely = (forecast.likely - now).as_secs();
        assert!(
            (19..=20).contains(&earliest) && (20..21).contains(&likely),
            "{forecast:?}"
        );
    }
}
