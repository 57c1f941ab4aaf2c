//! Answers kept in memory.

use std::num::NonZeroU64;
use std::time::Duration;

use crate::operation::Class;

/// How much is kept, and for how long.
#[derive(Clone, Debug, Eq, PartialEq)]
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
    /// Times of each class, in the order of [`Class::ALL`].
    pub freshness: [Freshness; Class::ALL.len()],
}

/// How long answers of one class are good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Freshness {
    /// Served without asking the upstream; zero: only shared between those who ask at once.
    pub fresh_for: Duration,
    /// How long after that still served while the upstream fails; zero: never.
    pub stale_for: Duration,
    /// Whether an upstream's `Cache-Control: no-store` is disregarded.
    pub override_no_store: bool,
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
        let times = |fresh, stale| Freshness {
            fresh_for: Duration::from_secs(fresh),
            stale_for: Duration::from_secs(stale),
            override_no_store: false,
        };
        Self {
            capacity_bytes: 256 * 1024 * 1024,
            entry_bytes: NonZeroU64::new(16 * 1024 * 1024).expect("not zero"),
            settle_for: Duration::from_secs(2),
            unknown_settle_for: Duration::from_secs(60),
            linger: Duration::from_secs(300),
            flights: 10_000,
            freshness: [
                times(30, 300),
                times(5, 0),
                times(0, 0),
                times(60, 300),
                times(5, 0),
            ],
        }
    }
}
