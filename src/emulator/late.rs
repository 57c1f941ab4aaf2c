//! Writes that were answered before they were applied.

use super::ask::Ask;
use super::clock::Time;
use super::token::Holder;

/// Those that are not applied yet.
#[derive(Debug, Default)]
pub(super) struct LateWrites {
    writes: Vec<LateWrite>,
    bytes: usize,
}

/// One of them.
#[derive(Debug)]
pub(super) struct LateWrite {
    pub(super) due: Time,
    pub(super) holder: Holder,
    pub(super) ask: Ask,
}

impl LateWrites {
    /// Keeps one until it is due; says whether there was room.
    pub(super) fn keep(&mut self, write: LateWrite) -> bool {
        let bytes = self.bytes.saturating_add(write.ask.body().len());
        if self.writes.len() >= WRITES || bytes > BYTES {
            return false;
        }
        self.bytes = bytes;
        self.writes.push(write);
        true
    }

    /// Takes those out that are due, in the order in which they are.
    pub(super) fn due(&mut self, now: Time) -> Vec<LateWrite> {
        if self.writes.iter().all(|write| now < write.due) {
            return Vec::new();
        }
        self.writes.sort_by_key(|write| write.due);
        let due = self.writes.partition_point(|write| write.due <= now);
        let due: Vec<_> = self.writes.drain(..due).collect();
        let bytes: usize = due.iter().map(|write| write.ask.body().len()).sum();
        self.bytes = self.bytes.saturating_sub(bytes);
        due
    }
}

/// Writes that may be late at once.
pub(super) const WRITES: usize = 10_000;

/// Bytes of their bodies together.
const BYTES: usize = 64 * 1024 * 1024;
