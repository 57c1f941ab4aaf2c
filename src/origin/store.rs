//! What is kept of the origins' answers. moka holds and bounds it; what may be given is decided here.
//!
//! Under one key stand the answers to one target that differ by the caller's headers. The bounds are
//! those of `[cache]`, for a store of its own.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use moka::sync::Cache;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::freshness::Lifetime;
use super::vary::Selected;
use crate::cache::{self, Generations, Slots};

/// Under what an answer is kept: the mapping, and path and query at the origin.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Key {
    pub(super) mapping: usize,
    pub(super) target: Arc<str>,
}

/// One answer.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) selected: Selected,
    pub(super) lifetime: Lifetime,
    /// When it says that it was made.
    pub(super) made: SystemTime,
    /// How old it was when it arrived.
    pub(super) arrival_age: Duration,
    /// When it arrived.
    pub(super) at: Instant,
    pub(super) slots: Slots,
    /// The generations that it was read in.
    pub(super) sum: u64,
}

impl Kept {
    /// How old it is now.
    pub(super) fn age(&self) -> Duration {
        self.arrival_age + self.at.elapsed()
    }

    fn weight(&self) -> usize {
        let headers = self.headers.iter();
        let headers: usize = headers.map(|(n, v)| 64 + n.as_str().len() + v.len()).sum();
        OVERHEAD + headers + self.body.len() + self.selected.weight()
    }
}

/// What there is for a request.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// Only what other headers select.
    Others,
    /// Something that a change has touched since.
    Touched,
    /// The newest answer that the request selects.
    Kept(Arc<Kept>),
}

impl Found {
    /// What may be given or validated, if anything.
    pub(super) fn kept(&self) -> Option<&Arc<Kept>> {
        match self {
            Self::Kept(kept) => Some(kept),
            Self::Nothing | Self::Others | Self::Touched => None,
        }
    }
}

type Variants = Arc<[Arc<Kept>]>;

/// A handle on what is kept.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pages: Cache<Key, Variants, ahash::RandomState>,
    /// Held while the answers to one target are changed.
    turn: Arc<Mutex<()>>,
    generations: Generations,
    variants: usize,
    entry_bytes: usize,
    is_on: bool,
}

impl Store {
    /// An empty store with these bounds.
    pub(super) fn new(config: &cache::Config, generations: Generations) -> Self {
        let entries = u64::try_from(config.entries.get()).unwrap_or(u64::MAX);
        let least = config.capacity_bytes.div_ceil(entries);
        let weigher = move |key: &Key, variants: &Variants| {
            let weights = variants.iter().map(|kept| to_u64(kept.weight()).max(least));
            let whole = weights.sum::<u64>() + to_u64(key.target.len());
            u32::try_from(whole).unwrap_or(u32::MAX)
        };
        Self {
            pages: Cache::builder()
                .max_capacity(config.capacity_bytes)
                .weigher(weigher)
                .build_with_hasher(ahash::RandomState::new()),
            turn: Arc::default(),
            generations,
            variants: config.variants.get(),
            entry_bytes: usize::try_from(config.entry_bytes.get()).unwrap_or(usize::MAX),
            is_on: config.capacity_bytes > 0,
        }
    }

    /// The generations of the origins' paths.
    pub(super) fn generations(&self) -> &Generations {
        &self.generations
    }

    /// The largest body that is kept; nothing, if nothing is kept.
    pub(super) fn longest(&self) -> Option<usize> {
        self.is_on.then_some(self.entry_bytes)
    }

    /// What a request with these headers selects.
    pub(super) fn find(&self, key: &Key, request: &HeaderMap) -> Found {
        let Some(variants) = self.pages.get(key) else {
            return Found::Nothing;
        };
        let selected = variants.iter().filter(|kept| kept.selected.is_by(request));
        let Some(newest) = selected.max_by_key(|kept| (kept.made, kept.at)) else {
            return Found::Others;
        };
        if self.is_true(newest) {
            Found::Kept(Arc::clone(newest))
        } else {
            Found::Touched
        }
    }

    /// All that a request with these headers selects.
    pub(super) fn all(&self, key: &Key, request: &HeaderMap) -> Vec<Arc<Kept>> {
        let variants = self.pages.get(key);
        let variants = variants.iter().flat_map(|variants| variants.iter());
        let selected = variants.filter(|kept| kept.selected.is_by(request) && self.is_true(kept));
        selected.cloned().collect()
    }

    /// Keeps an answer, unless something was changed since it was asked for; tells whether it is kept.
    pub(super) fn put(&self, key: &Key, kept: Arc<Kept>) -> bool {
        if !self.is_on || !self.is_true(&kept) {
            return false;
        }
        self.change(key, |variants| {
            let is_like = |other: &Arc<Kept>| other.selected == kept.selected;
            let is_overtaken = variants
                .iter()
                .any(|other| is_like(other) && other.made > kept.made);
            if is_overtaken {
                return false;
            }
            variants.retain(|other| !is_like(other));
            while variants.len() >= self.variants {
                let oldest = variants
                    .iter()
                    .enumerate()
                    .min_by_key(|(_, other)| other.at);
                let Some((oldest, _)) = oldest else { break };
                variants.swap_remove(oldest);
            }
            variants.push(kept);
            true
        })
    }

    /// Keeps `new` in the place of `old`, or nothing.
    pub(super) fn replace(&self, key: &Key, old: &Arc<Kept>, new: Option<Arc<Kept>>) -> bool {
        let new = new.filter(|new| self.is_true(new));
        let is_kept = new.is_some();
        self.change(key, |variants| {
            variants.retain(|other| !Arc::ptr_eq(other, old));
            variants.extend(new);
            is_kept
        })
    }

    fn change(&self, key: &Key, change: impl FnOnce(&mut Vec<Arc<Kept>>) -> bool) -> bool {
        let _turn = self.turn.lock();
        let variants = self.pages.get(key);
        let variants = variants.iter().flat_map(|variants| variants.iter());
        let mut variants: Vec<_> = variants
            .filter(|kept| self.is_true(kept))
            .cloned()
            .collect();
        let result = change(&mut variants);
        if variants.is_empty() {
            self.pages.invalidate(key);
        } else {
            self.pages.insert(key.clone(), variants.into());
        }
        result
    }

    /// Whether nothing that it was read from has been changed through the gateway since.
    fn is_true(&self, kept: &Kept) -> bool {
        self.generations.sum(&kept.slots) == kept.sum
    }
}

fn to_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// What an answer takes beside its bytes.
const OVERHEAD: usize = 512;

#[cfg(test)]
mod tests;
