//! Who fetches an entry anew: one at a time, and not at once again when that came to nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Entry;

/// When an answer may be fetched anew: its age in milliseconds, or [`UNDER_WAY`].
///
/// Its plain entry and the one with a gzip form share it: a claim on the one is a claim on both.
#[derive(Clone, Debug, Default)]
pub(super) struct Turn(Arc<AtomicU64>);

impl Turn {
    /// Whether both are of one answer.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The right to fetch an entry anew; whatever becomes of it, it is given back.
///
/// A fetch that succeeds puts another entry in the place of this one, whose turn no longer counts.
#[derive(Debug)]
pub struct Claim {
    entry: Arc<Entry>,
}

impl Claim {
    /// Takes the right, unless another has it or had it in vain just now.
    pub fn on(entry: &Arc<Entry>, age: Duration) -> Option<Self> {
        let turn = &entry.turn.0;
        let from = turn.load(Ordering::Acquire);
        if from > millis(age) {
            return None;
        }
        let taken = turn.compare_exchange(from, UNDER_WAY, Ordering::AcqRel, Ordering::Acquire);
        taken.ok().map(|_| Self {
            entry: Arc::clone(entry),
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let next = millis(self.entry.age() + PAUSE);
        self.entry.turn.0.store(next, Ordering::Release);
    }
}

fn millis(age: Duration) -> u64 {
    u64::try_from(age.as_millis()).unwrap_or(UNDER_WAY - 1)
}

const UNDER_WAY: u64 = u64::MAX;

/// A failing upstream is asked for one entry no more often, however many callers it has.
const PAUSE: Duration = Duration::from_secs(5);
