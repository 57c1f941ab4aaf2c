//! Every metric, in one place.
//!
//! What happens is counted when it happens, by the methods below. What merely is (a token's end,
//! the cache's size) is set by the methods in `gauges`, just before somebody looks. Labels are closed
//! words and names from the configuration; nothing that a caller sends becomes one.
//!
//! `docs/metrics.md` lists them all; a test compares it with what is here.

mod callers;
mod errors;
mod families;
mod gauges;
mod lookups;
mod maker;
mod process;
mod requests;
mod responses;
#[cfg(test)]
mod tests;
mod view;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use prometheus::{Registry, TextEncoder};

pub use self::gauges::{BucketGauges, OUTSIDE, TokenGauges};
pub use self::view::{BOUNDS, OfLimit, OfOperation, Saved, Traffic};

use self::families::{Back, CIRCUIT, Cache, Limits, Tokens, Whole};
use self::maker::Maker;
use self::process::Process;
use self::requests::Requests;
use crate::caller::{Principal, Priority};
use crate::exchange::Purpose;
use crate::record::Record;

/// A handle on the registry; cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    shared: Arc<Shared>,
}

/// Sums over everything since the start.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// Requests answered.
    pub answered: u64,
    /// Calls to the upstream that were not needed.
    pub saved: u64,
    /// Looks into the cache that found something, and that did not.
    pub looks: (u64, u64),
    /// Requests being worked on.
    pub in_flight: u64,
}

struct Shared {
    registry: Registry,
    requests: Requests,
    whole: Whole,
    back: Back,
    limits: Limits,
    tokens: Tokens,
    cache: Cache,
    process: Process,
}

impl Metrics {
    /// Makes all series whose labels are known: those of `principals`, and those of the first 64
    /// of `callers`, both in the order of the configuration.
    pub fn new(principals: &[Arc<Principal>], callers: &[Arc<str>]) -> Self {
        let registry = Registry::new();
        let make = Maker {
            registry: &registry,
            principals,
        };
        let mut teams: Vec<&str> = principals.iter().map(|of| &*of.team).collect();
        teams.dedup();
        let shared = Shared {
            requests: Requests::new(&make, callers),
            whole: Whole::new(&make),
            back: Back::new(&make, &teams),
            limits: Limits::new(&make),
            tokens: Tokens::new(&make),
            cache: Cache::new(&make),
            process: Process::new(&make),
            registry,
        };
        let this = Self {
            shared: Arc::new(shared),
        };
        for team in teams {
            this.show_breaker(team, "closed");
        }
        this
    }

    /// All series as Prometheus text.
    pub fn encode(&self) -> String {
        self.shared.process.update();
        let families = self.shared.registry.gather();
        TextEncoder::new()
            .encode_to_string(&families)
            .unwrap_or_else(|error| {
                tracing::error!(%error, "the metrics cannot be written as text");
                String::new()
            })
    }

    /// A few sums, for people.
    pub fn totals(&self) -> Totals {
        let (answered, saved, looks) = self.shared.requests.totals();
        let in_flight = self.shared.whole.in_flight.get();
        let in_flight = u64::try_from(in_flight).unwrap_or_default();
        Totals {
            answered,
            saved,
            looks,
            in_flight,
        }
    }

    /// One request has ended.
    pub fn request(&self, record: &Record) {
        self.shared.requests.count(record);
    }

    /// One request was sent to the upstream; `result` is `2xx`, `3xx`, `4xx`, `429`, `5xx`,
    /// `connect`, `timeout`, `reset` or `malformed`.
    pub fn upstream_called(
        &self,
        principal: &Principal,
        purpose: Purpose,
        result: &'static str,
        took: Duration,
    ) {
        let back = &self.shared.back;
        let labels = [&principal.team, &principal.name, purpose.as_str(), result];
        back.requests.with_label_values(&labels).inc();
        back.duration
            .with_label_values(&[purpose.as_str()])
            .observe(took.as_secs_f64());
    }

    /// A caller's request caused a call to the upstream.
    pub fn caller_spent(&self, caller: &str) {
        self.shared.requests.callers.spent(caller);
    }

    /// The upstream said 429; `cause` is `budget`, `concurrency`, `outside` or `unknown`.
    pub fn upstream_limited(&self, principal: &Principal, cause: &'static str) {
        let labels = [&principal.team, &principal.name, cause];
        self.shared.back.limited.with_label_values(&labels).inc();
    }

    /// Slots of the upstream's limit were used, `by` `self` or `outside`.
    pub fn limit_spent(&self, principal: &Principal, by: &'static str, slots: u64) {
        let labels = [&principal.team, &principal.name, "all", by];
        let family = &self.shared.back.spent;
        family.with_label_values(&labels).inc_by(slots);
    }

    /// The model of the limit was wrong; `cause` is `limit_changed`, `window`, `clock` or
    /// `contradiction`.
    pub fn model_reset(&self, principal: &Principal, cause: &'static str) {
        let labels = [&principal.team, &principal.name, cause];
        let family = &self.shared.back.model_resets;
        family.with_label_values(&labels).inc();
    }

    /// A wait for the limit ended; `outcome` is `sent`, `refused`, `expired` or `canceled`.
    pub fn queue_waited(&self, priority: Priority, outcome: &'static str, waited: Duration) {
        let labels = [priority.as_str(), outcome];
        let family = &self.shared.back.queue_wait;
        family
            .with_label_values(&labels)
            .observe(waited.as_secs_f64());
    }

    /// The caller's own quota refused a request; `reason` is `rate` or `concurrency`.
    pub fn quota_refused(&self, caller: &str, reason: &'static str) {
        self.shared.requests.callers.refused(caller, reason);
    }

    /// Sent again; `reason` is `connect`, `status`, `unauthorized` or `limited`.
    pub fn retried(&self, reason: &'static str) {
        self.shared.back.retries.with_label_values(&[reason]).inc();
    }

    /// Not sent again; `reason` is `budget`, `deadline`, `write` or `breaker`.
    pub fn retry_skipped(&self, reason: &'static str) {
        let family = &self.shared.back.retries_skipped;
        family.with_label_values(&[reason]).inc();
    }

    /// The breaker of a team is now `closed`, `half_open` or `open`.
    pub fn breaker_moved(&self, team: &str, to: &'static str) {
        let family = &self.shared.back.breaker_transitions;
        family.with_label_values(&[team, to]).inc();
        self.show_breaker(team, to);
    }

    fn show_breaker(&self, team: &str, present: &str) {
        let family = &self.shared.back.breaker;
        for state in CIRCUIT {
            let is_present = i64::from(state == present);
            family.with_label_values(&[team, state]).set(is_present);
        }
    }

    /// This many pages were joined.
    pub fn merged(&self, pages: u32) {
        self.shared.back.pages.inc_by(u64::from(pages));
    }

    /// A list was refused rather than cut; `reason` is `loop`, `origin`, `malformed`, `limit` or
    /// `upstream`.
    pub fn merge_failed(&self, reason: &'static str) {
        let family = &self.shared.back.merge_failures;
        family.with_label_values(&[reason]).inc();
    }

    /// A token was asked for; `trigger` is `first`, `scheduled`, `unauthorized` or `manual`,
    /// `result` is `ok`, `refused`, `limited`, `5xx`, `connect`, `timeout` or `malformed`.
    pub fn token_refreshed(
        &self,
        principal: &Principal,
        trigger: &'static str,
        result: &'static str,
    ) {
        let labels = [&principal.team, &principal.name, trigger, result];
        let family = &self.shared.tokens.refreshes;
        family.with_label_values(&labels).inc();
    }

    /// An answer was fetched but not kept; `reason` is `generation`, `secret`, `size`, `status`,
    /// `personal`, `no_store`, `vary`, `not_json` or `incomplete`.
    pub fn cache_skipped(&self, reason: &'static str) {
        self.shared.cache.skipped.with_label_values(&[reason]).inc();
    }

    /// Generations were bumped; `cause` is `write`, `unknown_outcome`, `origin` or `purge`.
    pub fn cache_invalidated(&self, cause: &'static str) {
        let family = &self.shared.cache.invalidations;
        family.with_label_values(&[cause]).inc();
    }

    /// An entry left the cache; `reason` is `size`, `expired`, `invalidated` or `purged`.
    pub fn cache_evicted(&self, reason: &'static str) {
        let family = &self.shared.cache.evictions;
        family.with_label_values(&[reason]).inc();
    }

    /// A kept answer was fetched anew in the background; `result` is `kept`, `not_kept` or `failed`.
    pub fn cache_refreshed(&self, result: &'static str) {
        let family = &self.shared.cache.refreshes;
        family.with_label_values(&[result]).inc();
    }

    /// What is to be kept at hand was fetched; `result` is `kept`, `not_kept` or `failed`.
    pub fn cache_warmed(&self, result: &'static str) {
        let family = &self.shared.cache.warmups;
        family.with_label_values(&[result]).inc();
    }

    /// An answer from memory was fetched again; `result` is `same`, `changed`, `touched` or `failed`.
    pub fn cache_audited(&self, operation: &'static str, result: &'static str) {
        let family = &self.shared.cache.audits;
        family.with_label_values(&[operation, result]).inc();
    }

    /// Files with certificates were replaced; whether the new ones are in use.
    pub fn certificates(&self, applied: bool) {
        let result = if applied { "applied" } else { "refused" };
        let family = &self.shared.whole.certificates;
        family.with_label_values(&[result]).inc();
    }

    /// A connection ended before it began or was taken; `result` is `accepted`, `over_limit`,
    /// `tls_failed`, `proxy_protocol` or `timeout`.
    pub fn connection(&self, listener: &str, result: &'static str) {
        let family = &self.shared.whole.connections_total;
        family.with_label_values(&[listener, result]).inc();
    }

    /// Connections open on a listener.
    pub fn connections_open(&self, listener: &str, open: i64) {
        let family = &self.shared.whole.connections;
        family.with_label_values(&[listener]).set(open);
    }

    /// Refused before it was a request; `reason` is one of the closed set of
    /// `opagate_http_rejections_total`.
    pub fn http_rejected(&self, reason: &'static str) {
        let family = &self.shared.whole.http_rejections;
        family.with_label_values(&[reason]).inc();
    }

    /// An audit record's fate: `written`, `failed` or `dropped`.
    pub fn audited(&self, result: &'static str) {
        let family = &self.shared.whole.audit_records;
        family.with_label_values(&["file", result]).inc();
    }

    /// Requests cut off at the end of the grace period.
    pub fn drain_cut(&self, requests: u64) {
        self.shared.whole.drain_cut.inc_by(requests);
    }

    /// A panic was caught.
    pub fn panicked(&self) {
        self.shared.whole.panics.inc();
    }

    /// Requests being worked on; call with 1 and -1.
    pub fn in_flight(&self, change: i64) {
        self.shared.whole.in_flight.add(change);
    }
}

impl Default for Metrics {
    /// Without principals and callers, for tests.
    fn default() -> Self {
        Self::new(&[], &[])
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}
