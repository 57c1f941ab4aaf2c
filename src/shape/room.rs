//! What is kept back: slots that others may have taken, and how many are under way at once.

use std::time::Duration;

use tokio::time::Instant;

use crate::shape::model::{Model, SECOND};

/// After so long without an answer, others may have spent what is believed to be there.
const STALE: Duration = Duration::from_secs(10);

/// The same where others are known to spend.
const STALE_IF_SHARED: Duration = SECOND;

/// One slot is kept back for so many that are under way.
const UNTOLD: f64 = 4.0;

impl Model {
    /// Slots that are never spent: left to others by configuration, or because they take them.
    pub(super) fn floor(&self, now: Instant) -> f64 {
        let limit = f64::from(self.limit.unwrap_or(0));
        // At least one remains to be spent, or nothing would ever go.
        (self.reserved() + self.cushion(now))
            .min(limit - 1.0)
            .max(0.0)
    }

    /// Slots left to others by configuration.
    pub(super) fn reserved(&self) -> f64 {
        let percent = f64::from(self.config.reserve_percent.min(100));
        (f64::from(self.limit.unwrap_or(0)) * percent / 100.0).ceil()
    }

    /// Slots by which the level is too low to let one go; zero while there is no limit.
    pub(super) fn missing(&self, now: Instant) -> f64 {
        self.limit
            .map_or(0.0, |_| self.floor(now) + 1.0 - self.level)
    }

    /// What others could take before an answer shows it; and, should there be others of whom
    /// nothing is known yet, some for those whose answers may tell of them.
    fn cushion(&self, now: Instant) -> f64 {
        let taken = self.taken.value(now);
        let most = f64::from(self.limit.unwrap_or(0)) / 4.0;
        let known = if taken > 0.0 { 2.0 + 3.0 * taken } else { 0.0 };
        (known + f64::from(self.in_flight()) / UNTOLD).min(most)
    }

    /// How many may be under way at once.
    pub(super) fn room(&self, now: Instant) -> f64 {
        let most = self.crowd.most();
        let initial = f64::from(self.config.initial.get());
        let Some(answered_at) = self.answered_at else {
            return self.few(now).min(most);
        };
        if self.limit.is_none() {
            // Nobody tells a limit: each answer lets two more go.
            return (initial + f64::from(self.untold)).min(most);
        }
        let is_shared = self.taken.value(now) > 0.0;
        let stale = if is_shared { STALE_IF_SHARED } else { STALE };
        let silence = now.saturating_duration_since(answered_at);
        if silence <= stale.max(2 * self.round_trip) {
            most
        } else {
            self.few(now).min(most)
        }
    }

    /// Those who go first and see; one more for each second in which they are not answered, so
    /// that one slow answer does not hold everybody up.
    fn few(&self, now: Instant) -> f64 {
        let waited = self.asked_at.map(|at| now.saturating_duration_since(at));
        let more = waited.map_or(0.0, |waited| waited.as_secs_f64().floor());
        f64::from(self.config.initial.get()) + more
    }
}
