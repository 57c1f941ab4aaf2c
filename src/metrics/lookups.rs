//! What the cache had, for each request that may be answered from it.

use prometheus::IntCounter;

use super::maker::Maker;
use crate::record::{Bypass, Cache, Miss, Stale};

/// Series by result and reason, looked up once: this is counted on every hit.
pub(super) struct Lookups {
    hit: IntCounter,
    stale: [IntCounter; 4],
    miss: [IntCounter; 5],
    bypass: [IntCounter; 2],
}

impl Lookups {
    pub(super) fn new(make: &Maker<'_>) -> Self {
        let family = make.counters(
            "opagate_cache_lookups_total",
            "What the cache had, and why it was no plain hit",
            &[("result", &[]), ("reason", &[])],
        );
        let of = |result, reason| family.with_label_values(&[result, reason]);
        Self {
            hit: of("hit", "fresh"),
            stale: [Stale::Refresh, Stale::Budget, Stale::Error, Stale::Wanted]
                .map(|why| of("stale", why.as_str())),
            miss: [
                Miss::Absent,
                Miss::Invalidated,
                Miss::Expired,
                Miss::Refused,
                Miss::Vary,
            ]
            .map(|miss| of("miss", miss.as_str())),
            bypass: [Bypass::Method, Bypass::Secret].map(|bypass| of("bypass", bypass.as_str())),
        }
    }

    pub(super) fn count(&self, cache: Cache) {
        let [refresh, budget, error, wanted] = &self.stale;
        let [absent, invalidated, expired, refused, vary] = &self.miss;
        let [method, secret] = &self.bypass;
        let series = match cache {
            Cache::None => return,
            Cache::Hit { .. } => &self.hit,
            Cache::Stale { why, .. } => match why {
                Stale::Refresh => refresh,
                Stale::Budget => budget,
                Stale::Error => error,
                Stale::Wanted => wanted,
            },
            Cache::Miss(miss) => match miss {
                Miss::Absent => absent,
                Miss::Invalidated => invalidated,
                Miss::Expired => expired,
                Miss::Refused => refused,
                Miss::Vary => vary,
            },
            Cache::Bypass(bypass) => match bypass {
                Bypass::Method => method,
                Bypass::Secret => secret,
            },
        };
        series.inc();
    }
}
