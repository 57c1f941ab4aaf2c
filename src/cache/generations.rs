//! When was what an answer stands on last changed?
//!
//! A fixed table of counters. Each [tag](super::tags) hashes to a slot; a write bumps the slots of
//! what it touches. Two tags in one slot cost a miss, never a stale answer.
//!
//! A stamp is the *sum* of the counters of an answer's slots. Counters only grow, so equal sums mean
//! that none of them has moved, also when they were not read at one moment.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;

// Atomics and clock are the parent's, so that `tests/interleavings.rs` can put its own in their place.
use super::Instant;
use super::atomic::{AtomicU32, AtomicU64, Ordering};
use super::tags::Tag;

/// Places in the table of generations.
pub type Slots = SmallVec<[u16; 12]>;

/// What the generations were when something was let go to the upstream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stamp {
    /// Sum of the counters.
    pub sum: u64,
    /// When.
    pub at: Instant,
}

/// A handle on the table; all parts that must agree share one.
#[derive(Clone)]
pub struct Generations {
    shared: Arc<Shared>,
}

struct Shared {
    slots: Box<[Slot]>,
    hasher: ahash::RandomState,
    start: Instant,
    #[cfg(test)]
    left_out: Option<Check>,
}

/// Where generations are compared; tests leave one out to see that they notice.
#[cfg(test)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Check {
    /// Before an answer is kept.
    Store,
    /// Before a kept answer is given.
    Hit,
    /// Before a fetch under way is joined.
    Flight,
}

#[derive(Default)]
struct Slot {
    generation: AtomicU64,
    /// Writes that were let go and have no outcome yet.
    open: AtomicU32,
    /// Until when answers are not kept, in milliseconds since the start.
    quiet_until: AtomicU64,
}

/// Every answer depends on the order of these accesses, and none of them is hot enough to weaken.
const ORDER: Ordering = Ordering::SeqCst;

const ALMOST_A_MILLISECOND: Duration = Duration::from_nanos(999_999);

// The seeds are fixed, so that the same paths meet in one slot in each process: with random ones,
// whether a write costs an unrelated reader a miss changed from start to start. Who crafts paths that
// meet gains nothing: it takes the right to write, and costs others a miss.

/// As many as a `u16` can name; at 24 bytes each the table takes 1.5 MiB.
///
/// A read stands on about eight tags and a write bumps about ten, so that an unrelated pair meets by
/// chance in about one of 800; with 4,096 places it was one of 51.
pub(super) const SLOTS: usize = 1 << 16;

impl Generations {
    /// All at zero.
    pub fn new() -> Self {
        Self::with_places(SLOTS)
    }

    /// All at zero, with so many places.
    pub(super) fn with_places(places: usize) -> Self {
        let slots = (0..places).map(|_| Slot::default()).collect();
        let shared = Shared {
            slots,
            hasher: ahash::RandomState::with_seeds(1, 2, 3, 4),
            start: Instant::now(),
            #[cfg(test)]
            left_out: None,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// All at zero, and one comparison is left out.
    #[cfg(test)]
    pub(crate) fn without(check: impl Into<Option<Check>>) -> Self {
        let mut generations = Self::new();
        if let Some(shared) = Arc::get_mut(&mut generations.shared) {
            shared.left_out = check.into();
        }
        generations
    }

    /// Whether this comparison is left out.
    #[cfg(test)]
    pub(crate) fn leaves_out(&self, check: Check) -> bool {
        self.shared.left_out == Some(check)
    }

    /// The place of `tag`.
    pub fn slot(&self, tag: &Tag) -> u16 {
        let hash = self.shared.hasher.hash_one(tag);
        u16::try_from(hash % (SLOTS as u64)).unwrap_or_default()
    }

    /// The places of `tags`.
    pub fn slots(&self, tags: impl Iterator<Item = Tag>) -> Slots {
        tags.map(|tag| self.slot(&tag)).collect()
    }

    /// The sum of the counters now.
    pub fn sum(&self, slots: &Slots) -> u64 {
        self.of(slots)
            .fold(0, |sum, slot| sum.wrapping_add(slot.generation.load(ORDER)))
    }

    /// The stamp of what is let go now.
    pub fn stamp(&self, slots: &Slots) -> Stamp {
        Stamp {
            at: Instant::now(),
            sum: self.sum(slots),
        }
    }

    /// Whether what was let go at `since` can have read nothing half changed: no write is under way,
    /// and the last one had settled by then.
    pub fn is_quiet(&self, slots: &Slots, since: Instant) -> bool {
        let since = self.millis(since);
        self.of(slots)
            .all(|slot| slot.open.load(ORDER) == 0 && slot.quiet_until.load(ORDER) <= since)
    }

    /// Whether what was let go with `stamp` has read what is still true: nothing was touched since, and
    /// it was quiet then.
    ///
    /// Only then is it kept, or shared with who comes after it was let go. While a write settles, the
    /// upstream may answer with what was and what is by turns; who has seen the new must not share a
    /// read that began before he asked.
    pub fn vouch_for(&self, slots: &Slots, stamp: &Stamp) -> bool {
        self.sum(slots) == stamp.sum && self.is_quiet(slots, stamp.at)
    }

    /// Makes everything that stands on `slots` stale.
    pub fn bump(&self, slots: &Slots) {
        for slot in self.of(slots) {
            slot.generation.fetch_add(1, ORDER);
        }
    }

    /// A write is let go: what it touches is stale, and nothing read from now on is kept.
    pub(super) fn open(&self, slots: &Slots) {
        for slot in self.of(slots) {
            slot.open.fetch_add(1, ORDER);
            slot.generation.fetch_add(1, ORDER);
        }
    }

    /// A write has its outcome; what it touched is kept again once it has settled.
    pub(super) fn close(&self, slots: &Slots, settle: Duration) {
        // Rounded up, while the moment of a read is rounded down: it settles for no less.
        let until = self.millis(Instant::now() + settle + ALMOST_A_MILLISECOND);
        for slot in self.of(slots) {
            slot.quiet_until.fetch_max(until, ORDER);
            slot.generation.fetch_add(1, ORDER);
            slot.open.fetch_sub(1, ORDER);
        }
    }

    fn of<'a>(&'a self, slots: &'a Slots) -> impl Iterator<Item = &'a Slot> {
        slots
            .iter()
            .filter_map(|place| self.shared.slots.get(usize::from(*place)))
    }

    fn millis(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.shared.start);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Default for Generations {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Generations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generations").finish_non_exhaustive()
    }
}
