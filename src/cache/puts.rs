//! May what was found under a key have been replaced since?
//!
//! Who has just found an answer need not look for it again while nothing is put under its key. A
//! table of counters tells: each key hashes to one, which counts the puts that have begun and holds
//! how many of them are under way. What was found while none was, and before the next one began, is
//! what everybody else still finds, so no caller goes back in time. Two keys on one counter cost a
//! look-up, never a wrong answer.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A handle on the counters.
#[derive(Clone)]
pub(super) struct Puts {
    counters: Arc<[AtomicU64]>,
    hasher: ahash::RandomState,
}

/// What a counter was before something was looked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Seen {
    place: usize,
    count: u64,
}

/// As many as meet seldom; they take 8 KiB.
const COUNTERS: u64 = 1024;

/// The lower half of a counter holds the puts that are under way.
const BEGUN: u64 = 1 << 32;
const UNDER_WAY: u64 = BEGUN - 1;

/// What is given depends on the order of these accesses.
const ORDER: Ordering = Ordering::SeqCst;

impl Puts {
    pub(super) fn new() -> Self {
        Self {
            counters: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect(),
            hasher: ahash::RandomState::new(),
        }
    }

    /// To be asked before `key` is looked for.
    pub(super) fn look(&self, key: &[u8]) -> Seen {
        let place = self.place(key);
        Seen {
            place,
            count: self.count(place),
        }
    }

    /// Whether what was found after `seen` is what is still found.
    pub(super) fn none_since(&self, seen: Seen) -> bool {
        seen.count & UNDER_WAY == 0 && self.count(seen.place) == seen.count
    }

    /// A put under `key` begins; it ends when this is dropped.
    pub(super) fn begin(&self, key: &[u8]) -> impl Drop + use<'_> {
        let counter = self.counters.get(self.place(key));
        if let Some(counter) = counter {
            counter.fetch_add(BEGUN + 1, ORDER);
        }
        Put(counter)
    }

    fn place(&self, key: &[u8]) -> usize {
        usize::try_from(self.hasher.hash_one(key) % COUNTERS).unwrap_or_default()
    }

    fn count(&self, place: usize) -> u64 {
        let counter = self.counters.get(place);
        // What has no counter never counts as unchanged.
        counter.map_or(UNDER_WAY, |counter| counter.load(ORDER))
    }
}

impl fmt::Debug for Puts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Puts").finish_non_exhaustive()
    }
}

struct Put<'p>(Option<&'p AtomicU64>);

impl Drop for Put<'_> {
    fn drop(&mut self) {
        if let Some(counter) = self.0 {
            counter.fetch_sub(1, ORDER);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_before_or_during_a_put_is_looked_for_again() {
        let puts = Puts::new();

        let before = puts.look(b"key");
        assert!(puts.none_since(before));
        let put = puts.begin(b"key");
        let during = puts.look(b"key");
        assert!(!puts.none_since(before));
        assert!(!puts.none_since(during));
        drop(put);

        assert!(!puts.none_since(before));
        assert!(!puts.none_since(during));
        assert!(puts.none_since(puts.look(b"key")));
    }

    #[test]
    fn put_of_many_ends_with_the_last() {
        let puts = Puts::new();
        let (one, other) = (puts.begin(b"key"), puts.begin(b"key"));

        drop(one);
        let during = puts.look(b"key");
        assert!(!puts.none_since(during));
        drop(other);

        assert!(!puts.none_since(during));
        assert!(puts.none_since(puts.look(b"key")));
    }
}
