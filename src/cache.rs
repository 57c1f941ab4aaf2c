//! Answers kept in memory, and when they may still be given.
//!
//! moka holds the entries and bounds their bytes; freshness and invalidation are ours. Each answer
//! is stamped with the generations of its [tags], a write bumps those that it touches, and
//! every hit compares again: an answer that was read before a write is never given after it.

mod ask;
mod claim;
mod directives;
mod entry;
mod freshness;
mod generations;
mod gzip;
mod held;
mod invalidate;
mod key;
mod purge;
mod tags;

use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::CACHE_CONTROL;
use moka::notification::RemovalCause;
use moka::sync::Cache;
use tokio::time::Instant;

pub(crate) use self::ask::is_not_modified;
pub use self::ask::{Ask, Found};
pub use self::claim::Claim;
pub use self::directives::Directives;
pub(crate) use self::entry::dress_as_gzip;
pub use self::entry::{Entry, Fetched};
pub use self::freshness::Freshness;
#[cfg(test)]
pub(crate) use self::generations::Check;
pub use self::generations::{Generations, Slots, Stamp};
pub use self::gzip::Gzips;
pub use self::invalidate::Invalidate;
pub use self::key::key;
pub use self::tags::{Tag, read_tags, write_tags};

use self::held::Held;
use crate::exchange::Request;
use crate::metrics::Metrics;
use crate::operation::Class;

/// How much is kept, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Upper bound on all that is kept, in bytes; zero turns the cache off.
    pub capacity_bytes: u64,
    /// The largest body that is kept, in bytes.
    pub entry_bytes: NonZeroU64,
    /// How long after a write answers to what it touched are not kept.
    pub settle_for: Duration,
    /// The same after a write whose outcome is not known.
    pub unknown_settle_for: Duration,
    /// How long a fetch goes on after its last caller has gone.
    pub linger: Duration,
    /// How many fetches may be under way or waiting at once.
    pub flights: usize,
    /// How many answers are kept at most.
    pub entries: NonZeroUsize,
    /// How many of these may say that there is nothing.
    pub negative_entries: usize,
    /// How many answers to one path and query are kept that differ by the caller's headers.
    pub variants: NonZeroUsize,
    /// How much of the capacity one principal's answers may take, in percent.
    pub principal_percent: u32,
    /// Whether the upstream is asked for gzip, and callers who take it get it.
    pub gzip: bool,
    /// Share of a limit's slots, 0 to 1: with fewer left, answers count as fresh for longer.
    pub scarce_below: f64,
    /// Times of each class, in the order of [`Class::ALL`].
    pub freshness: [Freshness; Class::ALL.len()],
}

impl Config {
    /// The times of `class`.
    pub fn of(&self, class: Class) -> Freshness {
        let [directory, identity, live, settings, other] = self.freshness;
        match class {
            Class::Directory => directory,
            Class::Identity => identity,
            Class::Live => live,
            Class::Settings => settings,
            Class::Other => other,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            capacity_bytes: 256 * 1024 * 1024,
            entry_bytes: NonZeroU64::new(16 * 1024 * 1024).expect("not zero"),
            settle_for: Duration::from_secs(2),
            unknown_settle_for: Duration::from_secs(60),
            linger: Duration::from_secs(300),
            flights: 10_000,
            entries: NonZeroUsize::new(500_000).expect("not zero"),
            negative_entries: 10_000,
            variants: NonZeroUsize::new(8).expect("not zero"),
            principal_percent: 100,
            gzip: true,
            scarce_below: 0.2,
            freshness: [
                Freshness::seconds(30, 300, 2),
                Freshness::seconds(5, 0, 2),
                Freshness::seconds(0, 0, 0),
                Freshness::seconds(60, 300, 2),
                Freshness::seconds(5, 0, 2),
            ],
        }
    }
}

/// A handle on what is kept.
#[derive(Clone, Debug)]
pub struct Store {
    entries: Cache<Arc<[u8]>, Arc<Entry>, ahash::RandomState>,
    generations: Generations,
    held: Held,
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
            .time_to_live(longest(&config))
            .build_with_hasher(ahash::RandomState::new());
        Self {
            entries,
            generations,
            held,
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
        #[cfg(test)]
        if self.generations.leaves_out(Check::Hit) {
            return Kept::Entry(entry);
        }
        if self.generations.sum(&entry.slots) == entry.sum {
            return Kept::Entry(entry);
        }
        self.entries.invalidate(key);
        self.metrics.cache_evicted("invalidated");
        Kept::Touched
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
            Err("") => false,
            Err(reason) => {
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
        let freshness = self.config.of(request.operation.endpoint.class);
        if freshness.is_nothing() || !request.may_store || self.config.capacity_bytes == 0 {
            return Err("");
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

/// How long anything can be of use; beyond it moka may drop it.
fn longest(config: &Config) -> Duration {
    let all = config.freshness.iter().map(|times| times.longest());
    all.max().unwrap_or_default().max(Duration::from_secs(1))
}

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
