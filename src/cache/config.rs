//! How much is kept, and for how long.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use super::Freshness;
use super::overrides::{self, PathTimes};
use crate::operation::{Class, Operation};

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
    /// Share of hits, 0 to 1, that are fetched again and compared.
    pub audit_rate: f64,
    /// Times of each class, in the order of [`Class::ALL`].
    pub freshness: [Freshness; Class::ALL.len()],
    /// Times of single paths.
    pub paths: Vec<PathTimes>,
    /// What is kept before anybody asks.
    pub warm: Vec<Warm>,
}

/// A read that is fetched at the start and kept fresh.
#[derive(Clone, Debug, PartialEq)]
pub struct Warm {
    /// Path and query.
    pub target: String,
    /// The team that the path names.
    pub team: String,
    /// In whose name it is read.
    pub principal: String,
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

    /// The times of answers to `operation`.
    pub fn times(&self, operation: &Operation) -> Freshness {
        let class = self.of(operation.endpoint.class);
        overrides::times(&self.paths, operation.path.canonical(), class)
    }

    /// How long anything can be of use; beyond it moka may drop it.
    pub(super) fn longest(&self) -> Duration {
        let classes = self.freshness.iter().copied();
        let over = |of: &PathTimes| self.freshness.map(|class| of.over(class));
        let all = classes.chain(self.paths.iter().flat_map(over));
        let longest = all.map(Freshness::longest).max();
        longest.unwrap_or_default().max(Duration::from_secs(1))
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
            audit_rate: 0.0,
            paths: Vec::new(),
            warm: Vec::new(),
            freshness: [
                Freshness {
                    stale_if_error: Duration::from_secs(300),
                    ..Freshness::seconds(240, 60, 2)
                },
                Freshness::seconds(5, 0, 2),
                Freshness::seconds(0, 0, 0),
                Freshness::seconds(60, 300, 2),
                Freshness::seconds(5, 0, 2),
            ],
        }
    }
}
