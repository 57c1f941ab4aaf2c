//! Question: do we know it already?
//!
//! Answers from memory without waiting. What is too old it gives all the same where the class lets it:
//! while it is fetched anew, or because the upstream's limit is nearly spent. What it finds but may
//! not give now it hands on, for the case that the upstream fails.
//!
//! What a write has touched it never gives, however young.

use std::sync::{Arc, Weak};
use std::time::Duration;

use http::HeaderMap;
use http::header::{ETAG, IF_NONE_MATCH};
use tokio::time::Instant;

use super::{Claim, Directives, Entry, Kept, Seen, Store};
use crate::error::{Error, Kind};
use crate::record::{Cache, Miss, Stale};

/// Looks answers up; see the [module](self).
#[derive(Clone, Debug)]
pub struct Ask {
    store: Store,
}

/// What the cache has for a request.
#[derive(Debug)]
pub enum Found {
    /// An answer that may be given, its age, and since when it is what is found.
    Fresh(Arc<Entry>, Duration, Seen),
    /// One that is too old and may be given all the same, its age, and the right to fetch it anew if
    /// that is to be done now.
    Stale(Arc<Entry>, Duration, Option<Claim>),
    /// Nothing to be given now; perhaps one for the case of need.
    Nothing(Option<Arc<Entry>>),
}

/// What was found, for as long as it is what would be found again.
///
/// It keeps nothing alive.
#[derive(Debug)]
pub struct Memo {
    entry: Weak<Entry>,
    seen: Seen,
}

impl Memo {
    /// Of what was found.
    pub fn new(entry: &Arc<Entry>, seen: Seen) -> Self {
        let entry = Arc::downgrade(entry);
        Self { entry, seen }
    }
}

impl Ask {
    /// Looks into `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Looks for `key`; `wanted` is what the caller's `Cache-Control` says.
    ///
    /// `free` tells which share of the limit's slots is left: 1 for all, 0 if the caller would have to
    /// wait. It is asked only where it matters, never for what is fresh.
    ///
    /// # Errors
    ///
    /// Fails with [`Kind::NotCached`] if the caller wants nothing else.
    pub fn ask(
        &self,
        key: &[u8],
        wanted: Directives,
        free: impl FnOnce() -> f64,
    ) -> Result<(Found, Cache), Error> {
        let seen = self.store.puts.look(key);
        let (found, cache) = match self.store.find(key) {
            Kept::Nothing => (Found::Nothing(None), Cache::Miss(Miss::Absent)),
            Kept::Touched => (Found::Nothing(None), Cache::Miss(Miss::Invalidated)),
            Kept::Entry(entry) => {
                let age = entry.age();
                let left = entry.left(age);
                if !left.is_zero() && wanted.accept(age, left) {
                    let pages = entry.pages();
                    let cache = Cache::Hit { age, left, pages };
                    (Found::Fresh(entry, age, seen), cache)
                } else if let Some(why) = self.reason_to_give(&entry, age, wanted, free) {
                    let cache = stale(&entry, age, why);
                    let claim = self.claim(key, &entry, age, wanted, why);
                    (Found::Stale(entry, age, claim), cache)
                } else if left.is_zero() {
                    (Found::Nothing(Some(entry)), Cache::Miss(Miss::Expired))
                } else {
                    (Found::Nothing(Some(entry)), Cache::Miss(Miss::Refused))
                }
            }
        };
        match found {
            Found::Nothing(_) if wanted.only_if_cached => Err(Kind::NotCached.into()),
            Found::Nothing(_) | Found::Fresh(..) | Found::Stale(..) => Ok((found, cache)),
        }
    }

    /// Finds again what `memo` is of, if a look would find it and it is as fresh as is wanted `now`.
    pub fn again(
        &self,
        memo: &Memo,
        wanted: Directives,
        now: Instant,
    ) -> Option<(Arc<Entry>, Cache)> {
        let entry = memo.entry.upgrade()?;
        if !self.store.puts.none_since(memo.seen) || !self.store.is_true(&entry) {
            return None;
        }
        let age = entry.age_at(now);
        let left = entry.left(age);
        if left.is_zero() || !wanted.accept(age, left) {
            return None;
        }
        let pages = entry.pages();
        Some((entry, Cache::Hit { age, left, pages }))
    }

    /// Why an answer that is too old, or too old for this caller, is given all the same.
    fn reason_to_give(
        &self,
        entry: &Entry,
        age: Duration,
        wanted: Directives,
        free: impl FnOnce() -> f64,
    ) -> Option<Stale> {
        let times = entry.freshness;
        if wanted.insist() || times.stale_for.is_zero() || !entry.is_usable_meanwhile(age) {
            return None;
        }
        let free = free();
        // What is kept beats a wait, also for who would rather have it newer.
        if free <= 0.0 {
            return Some(Stale::Budget);
        }
        let over = entry.over(age);
        if !entry.left(age).is_zero() || !wanted.accept_stale(age, over) {
            return None;
        }
        let is_stretched = over < times.stretch(free, self.store.config().scarce_below);
        Some(if is_stretched {
            Stale::Budget
        } else {
            Stale::Refresh
        })
    }

    /// The right to fetch `entry` anew, if it is to be done for this caller.
    fn claim(
        &self,
        key: &[u8],
        entry: &Arc<Entry>,
        age: Duration,
        wanted: Directives,
        why: Stale,
    ) -> Option<Claim> {
        if why != Stale::Refresh || wanted.no_store || wanted.only_if_cached {
            return None;
        }
        let claim = Claim::on(entry, age)?;
        // Another may just have put a new one in its place.
        self.is_kept(key, entry).then_some(claim)
    }

    /// Whether what is kept under `key` stays fresh for longer than `time`.
    pub fn is_good_for(&self, key: &[u8], time: Duration) -> bool {
        let kept = self.store.find(key);
        matches!(kept, Kept::Entry(entry) if entry.left(entry.age()) > time)
    }

    /// Whether nothing has touched what `entry` stands on since it was fetched.
    pub fn is_untouched(&self, entry: &Entry) -> bool {
        self.store.is_untouched(entry)
    }

    /// Share of hits, 0 to 1, that are fetched again and compared.
    pub fn audit_rate(&self) -> f64 {
        self.store.config().audit_rate
    }

    /// With a smaller share of the limit left, nothing is to spare.
    pub fn scarce_below(&self) -> f64 {
        self.store.config().scarce_below
    }

    /// Gives `entry` in need, if it is not too old and nothing has touched it meanwhile.
    pub fn in_need(
        &self,
        key: &[u8],
        entry: &Arc<Entry>,
        wanted: Directives,
    ) -> Option<(Duration, Cache)> {
        let age = entry.age();
        let is_wanted = !wanted.insist()
            && wanted
                .max_stale
                .is_none_or(|limit| entry.over(age) <= limit);
        let is_given = is_wanted && entry.is_usable_in_need(age) && self.is_kept(key, entry);
        is_given.then(|| (age, stale(entry, age, Stale::Error)))
    }

    fn is_kept(&self, key: &[u8], entry: &Arc<Entry>) -> bool {
        matches!(self.store.find(key), Kept::Entry(kept) if kept.is(entry))
    }
}

fn stale(entry: &Entry, age: Duration, why: Stale) -> Cache {
    Cache::Stale {
        age,
        ttl: entry.ttl(age),
        pages: entry.pages(),
        why,
    }
}

/// Whether the caller already has what it asks for (RFC 9110 §13.1.2).
pub(crate) fn is_not_modified(request: &HeaderMap, answer: &HeaderMap) -> bool {
    let known = request.get_all(IF_NONE_MATCH);
    if known.iter().next().is_none() {
        return false;
    }
    let Some(tag) = answer.get(ETAG).and_then(|tag| tag.to_str().ok()) else {
        return false;
    };
    known
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|known| known.trim() == "*" || opaque(known) == opaque(tag))
}

/// A validator as the weak comparison sees it.
fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests;
