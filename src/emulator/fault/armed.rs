//! The faults that may still act, in the order in which they came.

use fastrand::Rng;
use serde::Serialize;

use super::super::ask::Ask;
use super::super::plan::Plan;
use super::{Effect, Fault};

/// The faults that may still act.
#[derive(Debug)]
pub(in crate::emulator) struct Faults {
    armed: Vec<Armed>,
    seed: u64,
    dice: Rng,
}

/// A fault and what it has done so far.
#[derive(Clone, Debug, Serialize)]
pub(in crate::emulator) struct Armed {
    #[serde(flatten)]
    fault: Fault,
    /// Requests that matched, hit or not.
    matched: u32,
    /// Requests that were hit.
    hits: u32,
    /// Its own, so that which requests it hits does not hang on the other faults.
    #[serde(skip)]
    dice: Rng,
}

impl Armed {
    fn is_spent(&self) -> bool {
        self.fault.times.is_some_and(|times| self.hits >= times)
    }

    /// Whether a request that matches is hit; throws the dice.
    fn hits(&mut self) -> bool {
        self.matched = self.matched.saturating_add(1);
        if self.matched <= self.fault.skip || self.is_spent() {
            return false;
        }
        let probability = self.fault.probability;
        probability.is_none_or(|probability| self.dice.f64() < probability)
    }
}

impl Faults {
    /// None yet; equal seeds throw equal dice.
    pub(in crate::emulator) fn new(seed: u64) -> Self {
        Self {
            armed: Vec::new(),
            seed,
            dice: Rng::with_seed(seed),
        }
    }

    /// Adds all or none, which act after those that are there; says whether there was room.
    ///
    /// Those that will never act again make room.
    pub(in crate::emulator) fn add(&mut self, faults: Vec<Fault>) -> bool {
        if self.armed.len().saturating_add(faults.len()) > MOST {
            self.armed.retain(|armed| !armed.is_spent());
        }
        if self.armed.len().saturating_add(faults.len()) > MOST {
            return false;
        }
        for fault in faults {
            self.armed.push(Armed {
                fault,
                matched: 0,
                hits: 0,
                dice: self.dice.fork(),
            });
        }
        true
    }

    /// Forgets all; those that come then throw the same dice as the first.
    pub(in crate::emulator) fn clear(&mut self) {
        *self = Self::new(self.seed);
    }

    /// All, with what they have done.
    pub(in crate::emulator) fn list(&self) -> &[Armed] {
        &self.armed
    }

    /// Whether a read may still be answered from the past.
    pub(in crate::emulator) fn may_lag(&self) -> bool {
        let mut alive = self.armed.iter().filter(|armed| !armed.is_spent());
        alive.any(|armed| matches!(armed.fault.effect, Effect::Lag(_)))
    }

    /// Decides what happens to a request, and counts it.
    pub(in crate::emulator) fn plan(&mut self, ask: &Ask) -> Plan {
        let mut plan = Plan::default();
        if self.armed.is_empty() {
            return plan;
        }
        let path = ask.canonical();
        for armed in &mut self.armed {
            if armed.fault.matches(ask, &path) && armed.hits() && plan.take(&armed.fault.effect) {
                armed.hits = armed.hits.saturating_add(1);
            }
        }
        plan
    }
}

/// Faults that may be armed at once: each is looked at for each request.
pub(in crate::emulator) const MOST: usize = 1000;
