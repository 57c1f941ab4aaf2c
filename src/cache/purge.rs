//! Drops on an operator's word.

use super::{Entry, Store, Tag};

impl Store {
    /// Makes everything under `tags` stale, at once and for good.
    ///
    /// Returns how many entries there were before.
    pub fn purge(&self, tags: impl Iterator<Item = Tag>) -> u64 {
        let slots = tags.map(|tag| self.generations.slot(&tag)).collect();
        let before = self.live();
        self.generations.bump(&slots);
        self.metrics.cache_invalidated("purge");
        before.saturating_sub(self.live())
    }

    /// How many entries could still be given.
    fn live(&self) -> u64 {
        let is_live = |entry: &Entry| self.generations.sum(&entry.slots) == entry.sum;
        let count = self
            .entries
            .iter()
            .filter(|(_, entry)| is_live(entry))
            .count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }
}
