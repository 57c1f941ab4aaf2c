//! Who has spent a limit in the last minutes, and on what.
//!
//! Counted in slots of time that are forgotten as a whole, so that nothing is kept of single
//! requests. Names come from the configuration and from the table of operations, and are bounded.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

/// How long one slot of time is.
const SLOT: Duration = Duration::from_secs(30);

/// How many are remembered: five minutes in all.
const SLOTS: usize = 10;

/// As many names of a kind have a count of their own as in the metrics; all others share one.
const NAMED: usize = 64;

/// The name of those that have no count of their own.
const OTHER: &str = "other";

type Counts<K> = HashMap<K, u64, ahash::RandomState>;

/// What was spent in the last minutes.
#[derive(Debug, Default)]
pub(super) struct Shares {
    slots: VecDeque<Slot>,
}

#[derive(Debug)]
struct Slot {
    since: Instant,
    callers: Counts<Arc<str>>,
    operations: Counts<&'static str>,
    outside: u64,
}

/// How the spending of the last minutes is shared, largest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spending {
    /// Over how long it was counted, at most.
    pub over: Duration,
    /// Slots that went for each caller.
    pub callers: Vec<(Arc<str>, u64)>,
    /// Slots that went for each operation.
    pub operations: Vec<(&'static str, u64)>,
    /// Slots that others took, past the gateway.
    pub outside: u64,
}

impl Spending {
    /// All slots together.
    pub fn whole(&self) -> u64 {
        self.callers.iter().map(|(_, slots)| slots).sum::<u64>() + self.outside
    }
}

impl Shares {
    /// A slot of the limit was spent for `caller` on `operation`.
    pub(super) fn spent(&mut self, caller: &Arc<str>, operation: &'static str, now: Instant) {
        let Some(slot) = self.slot(now) else {
            return;
        };
        count(&mut slot.callers, caller, || OTHER.into());
        count(&mut slot.operations, &operation, || OTHER);
    }

    /// Others have taken so many slots.
    pub(super) fn lost(&mut self, slots: u64, now: Instant) {
        if let Some(slot) = self.slot(now) {
            slot.outside += slots;
        }
    }

    /// How it is shared at `now`.
    pub(super) fn shown(&self, now: Instant) -> Spending {
        let mut callers = Counts::default();
        let mut operations = Counts::default();
        let mut shown = Spending::default();
        for slot in self.slots.iter().filter(|slot| slot.is_recent(now)) {
            let since = now.saturating_duration_since(slot.since);
            shown.over = shown.over.max(since);
            shown.outside += slot.outside;
            for (name, slots) in &slot.callers {
                *callers.entry(Arc::clone(name)).or_default() += slots;
            }
            for (name, slots) in &slot.operations {
                *operations.entry(*name).or_default() += slots;
            }
        }
        shown.callers = largest_first(callers);
        shown.operations = largest_first(operations);
        shown
    }

    fn slot(&mut self, now: Instant) -> Option<&mut Slot> {
        let is_over = self
            .slots
            .back()
            .is_none_or(|slot| now.saturating_duration_since(slot.since) >= SLOT);
        if is_over {
            if self.slots.len() >= SLOTS {
                self.slots.pop_front();
            }
            self.slots.push_back(Slot {
                since: now,
                callers: Counts::default(),
                operations: Counts::default(),
                outside: 0,
            });
        }
        self.slots.back_mut()
    }
}

impl Slot {
    fn is_recent(&self, now: Instant) -> bool {
        let slots = u32::try_from(SLOTS).unwrap_or(u32::MAX);
        now.saturating_duration_since(self.since) < SLOT * slots
    }
}

fn count<K: Clone + Eq + Hash>(counts: &mut Counts<K>, name: &K, other: impl FnOnce() -> K) {
    if let Some(count) = counts.get_mut(name) {
        *count += 1;
        return;
    }
    let name = if counts.len() < NAMED {
        name.clone()
    } else {
        other()
    };
    *counts.entry(name).or_default() += 1;
}

fn largest_first<K: Clone + Ord>(counts: Counts<K>) -> Vec<(K, u64)> {
    let mut list: Vec<_> = counts.into_iter().collect();
    list.sort_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn who_spends_most_comes_first_and_others_are_counted_apart() {
        let now = Instant::now();
        let mut shares = Shares::default();
        let (tool, job): (Arc<str>, Arc<str>) = ("tool".into(), "job".into());

        shares.spent(&tool, "groups.list", now);
        shares.spent(&job, "groups.list", now + after(40));
        shares.spent(&job, "users.list", now + after(41));
        shares.lost(2, now + after(42));

        let shown = shares.shown(now + after(60));
        assert_eq!(shown.callers, [(job, 2), (tool, 1)]);
        assert_eq!(shown.operations, [("groups.list", 2), ("users.list", 1)]);
        assert_eq!((shown.outside, shown.whole()), (2, 5));
        assert_eq!(shown.over, after(60));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_long_ago_is_forgotten() {
        let now = Instant::now();
        let mut shares = Shares::default();
        let tool: Arc<str> = "tool".into();
        for minute in 0..20 {
            shares.spent(&tool, "groups.list", now + after(minute * 60));
        }

        assert_eq!(shares.shown(now + after(1_141)).whole(), 5);
        assert_eq!(shares.shown(now + after(2_000)), Spending::default());
        assert_eq!(shares.slots.len(), SLOTS);
    }

    #[tokio::test(start_paused = true)]
    async fn names_are_bounded() {
        let now = Instant::now();
        let mut shares = Shares::default();

        for number in 0..1_000 {
            shares.spent(&format!("caller-{number}").into(), "groups.list", now);
        }

        let shown = shares.shown(now);
        assert_eq!(shown.callers.len(), NAMED + 1);
        assert_eq!(shown.callers[0], (OTHER.into(), 936));
    }
}
