//! Answers kept in memory, and when they may still be given.
//!
//! moka holds the entries and bounds their bytes; freshness and invalidation are ours. Each answer
//! is stamped with the generations of its [tags], a write bumps those that it touches, and
//! every hit compares again: an answer that was read before a write is never given after it.

mod ask;
mod browse;
mod claim;
mod config;
mod directives;
mod entry;
mod fetched;
mod freshness;
mod generations;
mod gzip;
mod held;
mod invalidate;
mod key;
mod overrides;
mod purge;
mod puts;
mod skipped;
mod tags;

use std::sync::{Arc, atomic};

use http::StatusCode;
use http::header::CACHE_CONTROL;
use moka::notification::RemovalCause;
use moka::sync::Cache;
use tokio::time::Instant;

pub(crate) use self::ask::is_not_modified;
pub use self::ask::{Ask, Found, Memo};
pub use self::browse::{Browsed, Shown};
pub use self::claim::Claim;
pub use self::config::{Config, Warm};
pub use self::directives::Directives;
pub use self::entry::Entry;
pub use self::fetched::Fetched;
pub(crate) use self::fetched::dress_as_gzip;
pub use self::freshness::Freshness;
#[cfg(test)]
pub(crate) use self::generations::Check;
pub use self::generations::{Generations, Slots, Stamp};
pub use self::gzip::Gzips;
pub use self::invalidate::Invalidate;
pub use self::key::key;
pub use self::overrides::PathTimes;
pub use self::puts::Seen;
pub use self::skipped::Skip;
pub use self::tags::{Tag, read_tags, write_tags};

use self::held::Held;
use self::puts::Puts;
use self::skipped::Skipped;
use crate::exchange::Request;
use crate::metrics::Metrics;

/// A handle on what is kept.
#[derive(Clone, Debug)]
pub struct Store {
    entries: Cache<Arc<[u8]>, Arc<Entry>, ahash::RandomState>,
    generations: Generations,
    held: Held,
    puts: Puts,
    skipped: Skipped,
    /// Hashes keys without headers.
    hasher: ahash::RandomState,
    config: Arc<Config>,
    metrics: Metrics,
}

/// What the store has under a key.
#[derive(Debug)]
pub enum Kept {
    /// Nothing.
    Nothing,
    /// Something that a write has touched since.
    Touched,
    /// Something that is true as far as is known, however old.
    Entry(Arc<Entry>),
}

impl Store {
    /// An empty store.
    pub fn new(config: Config, generations: Generations, metrics: Metrics) -> Self {
        let (counted, held) = (metrics.clone(), Held::default());
        let (least, holding) = (config.least_weight(), held.clone());
        let entries = Cache::builder()
            .max_capacity(config.capacity_bytes)
            .weigher(move |key: &Arc<[u8]>, entry: &Arc<Entry>| {
                u32::try_from(entry.weight(key).max(least)).unwrap_or(u32::MAX)
            })
            .eviction_listener(move |key: Arc<Arc<[u8]>>, entry: Arc<Entry>, cause| {
                holding.remove(entry.place, entry.weight(&key));
                match cause {
                    RemovalCause::Size => counted.cache_evicted("size"),
                    RemovalCause::Expired => counted.cache_evicted("expired"),
                    RemovalCause::Explicit | RemovalCause::Replaced => {}
                }
            })
            .time_to_live(config.longest())
            .build_with_hasher(ahash::RandomState::new());
        Self {
            entries,
            generations,
            held,
            puts: Puts::new(),
            skipped: Skipped::default(),
            hasher: ahash::RandomState::new(),
            config: Arc::new(config),
            metrics,
        }
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The generations that entries are compared with.
    pub fn generations(&self) -> &Generations {
        &self.generations
    }

    /// What is kept under `key`, compared with the generations of now.
    pub fn find(&self, key: &[u8]) -> Kept {
        let Some(entry) = self.entries.get(key) else {
            return Kept::Nothing;
        };
        if self.is_true(&entry) {
            return Kept::Entry(entry);
        }
        self.entries.invalidate(key);
        self.metrics.cache_evicted("invalidated");
        Kept::Touched
    }

    /// Whether `entry` may be given as far as writes are concerned.
    fn is_true(&self, entry: &Entry) -> bool {
        #[cfg(test)]
        if self.generations.leaves_out(Check::Hit) {
            return true;
        }
        self.is_untouched(entry)
    }

    /// Whether nothing has touched what `entry` stands on since it was fetched.
    pub fn is_untouched(&self, entry: &Entry) -> bool {
        self.generations.sum(&entry.slots) == entry.sum
    }

    /// Keeps what was fetched for `request` with this stamp, if it may be kept.
    pub fn offer(
        &self,
        request: &Request,
        fetched: &Fetched,
        slots: &Slots,
        stamp: &Stamp,
    ) -> bool {
        let Some(key) = &request.key else {
            return false;
        };
        let judged = self.judge(request, fetched, slots, stamp);
        match judged.and_then(|entry| self.place(request, key, entry)) {
            Ok(entry) => {
                self.put(key, Some(entry));
                true
            }
            Err(reason @ ("" | CLASS | WISH)) => {
                if !reason.is_empty() {
                    self.skipped.note(request, reason);
                }
                false
            }
            Err(reason) => {
                self.skipped.note(request, reason);
                if contradicts(reason, fetched.status) {
                    self.put(key, None);
                }
                self.metrics.cache_skipped(reason);
                false
            }
        }
    }

    fn judge(
        &self,
        request: &Request,
        fetched: &Fetched,
        slots: &Slots,
        stamp: &Stamp,
    ) -> Result<Entry, &'static str> {
        let freshness = self.config.times(&request.operation);
        if self.config.capacity_bytes == 0 {
            return Err("");
        }
        if freshness.is_nothing() {
            return Err(CLASS);
        }
        if !request.may_store {
            return Err(WISH);
        }
        let freshness = freshness.of_status(fetched.status).ok_or("status")?;
        if freshness.fresh_for.is_zero() {
            return Err("");
        }
        let is_forbidden = Directives::parse(&fetched.headers.get_all(CACHE_CONTROL)).no_store;
        if is_forbidden && !freshness.override_no_store {
            return Err("no_store");
        }
        if key::varies_by_anything(&fetched.headers) {
            return Err("vary");
        }
        let size = u64::try_from(fetched.body.len()).unwrap_or(u64::MAX);
        if size > self.config.entry_bytes.get() {
            return Err("size");
        }
        let is_true = self.generations.vouch_for(slots, stamp) && request.holds();
        #[cfg(test)]
        let is_true = is_true || self.generations.leaves_out(Check::Store);
        if !is_true {
            return Err("generation");
        }
        Ok(Entry::new(fetched, slots.clone(), stamp, freshness))
    }

    /// Bytes and entries held.
    pub fn size(&self) -> (u64, u64) {
        self.entries.run_pending_tasks();
        (self.entries.weighted_size(), self.entries.entry_count())
    }
}

/// Answers of its class are never kept; nothing to be counted.
const CLASS: &str = "class";

/// Its caller wanted that it is not kept.
const WISH: &str = "wish";

/// Whether an answer that is not kept, for this reason, says that what was kept is so no more: it may
/// no longer be read, or no longer be kept. A failure says nothing.
fn contradicts(reason: &str, status: StatusCode) -> bool {
    match reason {
        "status" => status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS,
        "no_store" | "vary" | "size" => true,
        _ => false,
    }
}

/// The present time of the cache.
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod protocol;
#[cfg(test)]
mod tests;
