//! Two small measures of what has happened lately; both fade instead of keeping samples.

use std::time::Duration;

use tokio::time::Instant;

/// After so long a rate has forgotten two thirds of what was: about a minute in all.
const WINDOW: f64 = 30.0;

/// In so long a fading value halves.
const HALVES: f64 = 60.0;

/// How often something has happened in the last minute or so.
#[derive(Debug)]
pub(super) struct Rate {
    count: f64,
    at: Instant,
}

impl Rate {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            count: 0.0,
            at: now,
        }
    }

    pub(super) fn add(&mut self, count: f64, now: Instant) {
        self.count = self.faded(now) + count;
        self.at = now;
    }

    pub(super) fn per_second(&self, now: Instant) -> f64 {
        self.faded(now) / WINDOW
    }

    fn faded(&self, now: Instant) -> f64 {
        self.count * (-passed(self.at, now) / WINDOW).exp()
    }
}

/// The largest value of late.
#[derive(Debug)]
pub(super) struct Fading {
    value: f64,
    at: Instant,
}

impl Fading {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            value: 0.0,
            at: now,
        }
    }

    /// Takes in one value.
    pub(super) fn raise(&mut self, value: f64, now: Instant) {
        self.value = self.value(now).max(value);
        self.at = now;
    }

    /// The largest, less with every moment since; in the end none.
    pub(super) fn value(&self, now: Instant) -> f64 {
        if self.value == 0.0 {
            return 0.0; // the usual case, on the way of every request
        }
        let value = self.value * (-passed(self.at, now) / HALVES).exp2();
        if value < 0.05 { 0.0 } else { value }
    }
}

fn passed(from: Instant, to: Instant) -> f64 {
    let passed: Duration = to.saturating_duration_since(from);
    passed.as_secs_f64()
}
