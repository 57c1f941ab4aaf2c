//! Somebody else who takes from the same limit, at random, and before everybody else.

use std::time::Duration;

use fastrand::Rng;

use crate::emulator::Meter;
use crate::simulate::scenario::{EPOCH, Limit};

/// The other consumer: it wants slots at random times and takes each as soon as there is one.
#[derive(Debug)]
pub(super) struct Outside {
    rng: Rng,
    per_second: f64,
    next: Option<Duration>,
    owed: u32,
    taken: u32,
}

impl Outside {
    /// One who takes its share of what `limit` gives back; the same `seed`, the same times.
    pub(super) fn new(limit: &Limit, seed: u64) -> Self {
        let mut outside = Self {
            rng: Rng::with_seed(seed ^ OUTSIDE),
            per_second: limit.refill() * f64::from(limit.outside_percent) / 100.0,
            next: None,
            owed: 0,
            taken: 0,
        };
        outside.next = outside.after(Duration::ZERO);
        outside
    }

    /// Takes what it wanted until `now`, which is counted from the start.
    pub(super) fn take(&mut self, meter: &mut Meter, now: Duration) {
        while let Some(at) = self.next.filter(|at| *at <= now) {
            self.owed += 1;
            self.pay(meter, at);
            self.next = self.after(at);
        }
        self.pay(meter, now);
    }

    /// How many slots it has had.
    pub(super) fn taken(&self) -> u32 {
        self.taken
    }

    fn pay(&mut self, meter: &mut Meter, at: Duration) {
        while self.owed > 0 && meter.take(EPOCH + at).is_taken {
            self.owed -= 1;
            self.taken += 1;
        }
    }

    /// Times between two are spread as those of many who know nothing of each other.
    fn after(&mut self, at: Duration) -> Option<Duration> {
        let pause = -(1.0 - self.rng.f64()).ln() / self.per_second;
        Duration::try_from_secs_f64(pause)
            .ok()
            .and_then(|pause| at.checked_add(pause))
    }
}

/// Keeps its chance apart from that of others.
const OUTSIDE: u64 = 0x6f75_7473_6964_6500;
