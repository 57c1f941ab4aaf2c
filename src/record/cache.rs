//! What the cache had, and why it was no plain hit.

use std::time::Duration;

/// What the cache had.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cache {
    /// It was not asked.
    None,
    /// A fresh answer.
    Hit {
        /// How old it was.
        age: Duration,
        /// How long it is still fresh.
        left: Duration,
        /// How many upstream calls it saved.
        pages: u32,
    },
    /// One that was too old, or too old for this caller, and given all the same.
    Stale {
        /// How old it was.
        age: Duration,
        /// How long it is still fresh in seconds; below zero if it was fresh until then.
        ttl: i64,
        /// How many upstream calls it took to fetch.
        pages: u32,
        /// Why it was given.
        why: Stale,
    },
    /// Nothing usable.
    Miss(Miss),
    /// It was passed by.
    Bypass(Bypass),
}

impl Cache {
    /// The word in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Hit { .. } => "hit",
            Self::Stale { .. } => "stale",
            Self::Miss(_) => "miss",
            Self::Bypass(_) => "bypass",
        }
    }

    /// Why it was no plain hit, in one word.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::None | Self::Hit { .. } => None,
            Self::Stale { why, .. } => Some(why.as_str()),
            Self::Miss(miss) => Some(miss.as_str()),
            Self::Bypass(bypass) => Some(bypass.as_str()),
        }
    }
}

/// Why an answer was given that was too old.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stale {
    /// The class lets it, while it is fetched anew.
    Refresh,
    /// The upstream's limit is nearly spent, or spent.
    Budget,
    /// The upstream failed.
    Error,
    /// The caller takes it (`max-stale`).
    Wanted,
}

impl Stale {
    /// The word in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::Budget => "budget",
            Self::Error => "error",
            Self::Wanted => "wanted",
        }
    }
}

/// Why nothing usable was there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Miss {
    /// Never seen, or evicted.
    Absent,
    /// A write has touched it since.
    Invalidated,
    /// Too old.
    Expired,
    /// The caller wanted a newer one.
    Refused,
    /// Only answers to other headers of the caller.
    Vary,
}

impl Miss {
    /// The word in logs and headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Invalidated => "invalidated",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Vary => "vary",
        }
    }
}

/// Why the cache was passed by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bypass {
    /// The method reads nothing that can be kept.
    Method,
    /// The answer is secret.
    Secret,
}

impl Bypass {
    /// The word in logs and headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Secret => "secret",
        }
    }
}
