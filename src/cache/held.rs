//! What is held, counted by what bounds it: bytes of each principal, variants of each path, 404s.
//!
//! moka bounds bytes and entries by letting the least used go. These bounds refuse instead: what one
//! principal or one path has too much of must not cost others what they use.

use std::collections::HashMap;
use std::iter;
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Config, Entry, Store};
use crate::exchange::Request;

impl Config {
    /// What one principal's answers may take, in bytes.
    fn share(&self) -> u64 {
        self.capacity_bytes / 100 * u64::from(self.principal_percent)
    }

    /// What an entry weighs at least, so that no more than `entries` fit.
    pub(super) fn least_weight(&self) -> u64 {
        let entries = u64::try_from(self.entries.get()).unwrap_or(u64::MAX);
        self.capacity_bytes.div_ceil(entries)
    }
}

impl Store {
    /// Finds `entry` its place, if the bounds leave one.
    pub(super) fn place(
        &self,
        request: &Request,
        key: &[u8],
        entry: Entry,
    ) -> Result<Entry, &'static str> {
        let base = super::key(&request.principal, &request.operation, iter::empty());
        let place = Place {
            principal: request.principal.index,
            base: self.hasher.hash_one(base),
            is_absent: entry.is_absent(),
        };
        let entry = entry.at(place);
        let replaces = self.entries.contains_key(key);
        let weight = entry.weight(key);
        self.held.admit(&self.config, place, weight, replaces)?;
        Ok(entry)
    }
}

/// A handle on the counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    counts: Arc<Mutex<Counts>>,
}

/// Nothing in here outgrows what is held: a count that falls to zero goes.
#[derive(Debug, Default)]
struct Counts {
    bytes: HashMap<usize, u64, ahash::RandomState>,
    variants: HashMap<u64, usize, ahash::RandomState>,
    absent: usize,
}

/// Where something counts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Place {
    /// Whose answer it is.
    pub(super) principal: usize,
    /// The hash of its key without headers: what it is a variant of.
    pub(super) base: u64,
    /// Whether it says that there is nothing.
    pub(super) is_absent: bool,
}

impl Held {
    /// Counts what is about to be held, or says which bound is in the way.
    ///
    /// What `replaces` something of its own key makes no more variants, nor 404s.
    pub(super) fn admit(
        &self,
        config: &Config,
        place: Place,
        weight: u64,
        replaces: bool,
    ) -> Result<(), &'static str> {
        let mut counts = self.counts.lock();
        let bytes = counts.bytes.get(&place.principal).copied().unwrap_or(0);
        let variants = counts.variants.get(&place.base).copied().unwrap_or(0);
        // A hundred percent is no bound but the whole's, and that makes room by itself.
        if config.principal_percent < 100 && bytes + weight > config.share() {
            return Err("share");
        }
        if !replaces && variants >= config.variants.get() {
            return Err("variants");
        }
        if !replaces && place.is_absent && counts.absent >= config.negative_entries {
            return Err("negative");
        }
        counts.add(place, weight);
        Ok(())
    }

    /// Counts what is held in any case.
    pub(super) fn add(&self, place: Place, weight: u64) {
        self.counts.lock().add(place, weight);
    }

    /// Something is no longer held.
    pub(super) fn remove(&self, place: Place, weight: u64) {
        let mut counts = self.counts.lock();
        counts.absent = counts.absent.saturating_sub(usize::from(place.is_absent));
        if let Some(bytes) = counts.bytes.get_mut(&place.principal) {
            *bytes = bytes.saturating_sub(weight);
        }
        if let Some(variants) = counts.variants.get_mut(&place.base) {
            *variants = variants.saturating_sub(1);
            if *variants == 0 {
                counts.variants.remove(&place.base);
            }
        }
    }
}

impl Counts {
    fn add(&mut self, place: Place, weight: u64) {
        *self.bytes.entry(place.principal).or_default() += weight;
        *self.variants.entry(place.base).or_default() += 1;
        self.absent += usize::from(place.is_absent);
    }
}

#[cfg(test)]
mod tests;
