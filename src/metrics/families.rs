//! The families that are not fed from a request's record: name, help, labels and their values.

use prometheus::{GaugeVec, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec};

use super::maker::Maker;

/// Of durations within the gateway, in seconds: a hit takes microseconds, a wait a minute.
pub(super) const FINE: [f64; 18] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0, 30.0, 60.0,
];
/// Of waits and calls, in seconds: they reach the deadline.
pub(super) const COARSE: [f64; 16] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 120.0,
];
/// Of bodies, in bytes.
pub(super) const SIZES: [f64; 10] = [
    256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0, 67108864.0,
];
/// Of the age of answers, in seconds.
pub(super) const AGES: [f64; 13] = [
    0.1, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0,
];

/// Why the upstream is called.
const PURPOSES: [&str; 6] = ["call", "page", "retry", "refresh", "probe", "token"];
pub(super) const PRIORITIES: [&str; 3] = ["interactive", "batch", "background"];
/// States of the gateway.
pub(super) const STATES: [&str; 5] = ["starting", "ready", "degraded", "not_ready", "draining"];
/// States of a breaker.
pub(super) const CIRCUIT: [&str; 3] = ["closed", "half_open", "open"];
/// Buckets of a principal: the first, and at most seven that were split off.
pub(super) const BUCKETS: [&str; 8] = ["all", "b1", "b2", "b3", "b4", "b5", "b6", "b7"];

/// The gateway itself.
pub(super) struct Whole {
    pub(super) state: IntGaugeVec,
    pub(super) ready: IntGauge,
    pub(super) config_hash: IntGauge,
    pub(super) in_flight: IntGauge,
    pub(super) connections: IntGaugeVec,
    pub(super) connections_total: IntCounterVec,
    pub(super) certificates: IntCounterVec,
    pub(super) certificate_expiry: IntGaugeVec,
    pub(super) http_rejections: IntCounterVec,
    pub(super) audit_records: IntCounterVec,
    pub(super) audit_queue: IntGaugeVec,
    pub(super) drain_cut: IntCounter,
    pub(super) panics: IntCounter,
}

impl Whole {
    #[rustfmt::skip]
    pub(super) fn new(make: &Maker<'_>) -> Self {
        let revision = option_env!("OPAGATE_REVISION").unwrap_or("unknown");
        make.gauges("opagate_build_info", "Always 1; tells version and revision", &[("version", &[env!("CARGO_PKG_VERSION")]), ("revision", &[revision])])
            .with_label_values(&[env!("CARGO_PKG_VERSION"), revision])
            .set(1);
        Self {
            state: make.gauges("opagate_state", "1 for the present state of the gateway", &[("state", &STATES)]),
            ready: make.gauge("opagate_ready", "What /health/ready says"),
            config_hash: make.gauge("opagate_config_hash", "First 48 bits of the effective configuration's hash, secrets left out; equal on equal replicas"),
            in_flight: make.gauge("opagate_inflight_requests", "Requests being worked on"),
            connections: make.gauges("opagate_connections", "Open connections", &[("listener", &[])]),
            certificates: make.counters("opagate_certificate_reloads_total", "Files with certificates that were replaced, and whether the new ones are in use", &[("result", &["applied", "refused"])]),
            certificate_expiry: make.gauges("opagate_certificate_expiry_timestamp_seconds", "When the first of the certificates in use ends, in seconds since 1970", &[("use", &["server", "client_ca"]), ("listener", &[])]),
            connections_total: make.counters("opagate_connections_total", "Connections, by how they were received", &[("listener", &[]), ("result", &["accepted", "over_limit", "tls_failed", "proxy_protocol", "timeout"])]),
            http_rejections: make.counters("opagate_http_rejections_total", "Refused before they were requests", &[("reason", &["head_size", "header_count", "uri", "body_size", "head_time", "body_time", "smuggling", "h2_flood", "method"])]),
            audit_records: make.counters("opagate_audit_records_total", "Audit records, by their fate", &[("sink", &["file"]), ("result", &["written", "failed", "dropped"])]),
            audit_queue: make.gauges("opagate_audit_queue_depth", "Audit records waiting to be written", &[("sink", &["file"])]),
            drain_cut: make.counter("opagate_drain_cut_requests_total", "Requests cut off at the end of the grace period"),
            panics: make.counter("opagate_panics_total", "Panics caught; each is a bug"),
        }
    }
}

/// The upstream, its limit, and what is kept of its answers.
pub(super) struct Back {
    pub(super) requests: IntCounterVec,
    pub(super) duration: HistogramVec,
    pub(super) limited: IntCounterVec,
    pub(super) clock_offset: GaugeVec,
    pub(super) spent: IntCounterVec,
    pub(super) model_resets: IntCounterVec,
    pub(super) retries: IntCounterVec,
    pub(super) retries_skipped: IntCounterVec,
    pub(super) breaker: IntGaugeVec,
    pub(super) breaker_transitions: IntCounterVec,
    pub(super) pages: IntCounter,
    pub(super) merge_failures: IntCounterVec,
    pub(super) queue_depth: IntGaugeVec,
    pub(super) queue_oldest: GaugeVec,
    pub(super) queue_wait: HistogramVec,
}

impl Back {
    #[rustfmt::skip]
    pub(super) fn new(make: &Maker<'_>, teams: &[&str]) -> Self {
        Self {
            requests: make.of_principals("opagate_upstream_requests_total", "Calls sent, each attempt and page", &[("purpose", &PURPOSES), ("result", &["2xx", "3xx", "4xx", "429", "5xx", "connect", "timeout", "reset", "malformed"])]),
            duration: make.histograms("opagate_upstream_duration_seconds", "From sending a call to the last byte read", &COARSE, &[("purpose", &PURPOSES)]),
            limited: make.of_principals("opagate_upstream_429_total", "Answers 429 of the upstream, by what the model takes for the cause", &[("cause", &["budget", "concurrency", "outside", "unknown"])]),
            clock_offset: make.levels("opagate_upstream_clock_offset_seconds", "The upstream's clock minus ours", &[("team", &[])]),
            spent: make.of_principals("opagate_ratelimit_spent_total", "Slots of the limit used; `outside` is inferred", &[("bucket", &["all"]), ("by", &["self", "outside"])]),
            model_resets: make.of_principals("opagate_ratelimit_model_resets_total", "The model of the limit was wrong and learned", &[("cause", &["limit_changed", "window", "clock", "contradiction"])]),
            retries: make.counters("opagate_retries_total", "Calls sent again", &[("reason", &["connect", "status", "unauthorized", "limited"])]),
            retries_skipped: make.counters("opagate_retries_skipped_total", "Failed calls not sent again", &[("reason", &["budget", "deadline", "write", "breaker"])]),
            breaker: make.gauges("opagate_breaker_state", "1 for the present state of the team's breaker", &[("team", teams), ("state", &CIRCUIT)]),
            breaker_transitions: make.counters("opagate_breaker_transitions_total", "Changes of a breaker's state", &[("team", teams), ("to", &CIRCUIT)]),
            pages: make.counter("opagate_pages_merged_total", "Pages joined to whole lists"),
            merge_failures: make.counters("opagate_merge_failures_total", "Lists refused rather than cut", &[("reason", &["loop", "origin", "malformed", "limit", "upstream"])]),
            queue_depth: make.gauges("opagate_queue_depth", "Requests waiting for the upstream's limit", &[("priority", &PRIORITIES)]),
            queue_oldest: make.levels("opagate_queue_oldest_seconds", "Longest wait of those waiting", &[("priority", &PRIORITIES)]),
            queue_wait: make.histograms("opagate_queue_wait_seconds", "How long a wait for the limit took, and how it ended", &COARSE, &[("priority", &PRIORITIES), ("outcome", &["sent", "refused", "expired", "canceled"])]),
        }
    }
}

/// What is known of each bucket's limit; series come with the first answer that tells it.
pub(super) struct Limits {
    pub(super) limit: GaugeVec,
    pub(super) remaining: GaugeVec,
    pub(super) reserved: GaugeVec,
    pub(super) reset: GaugeVec,
    pub(super) exhaustion: GaugeVec,
    pub(super) of_callers: GaugeVec,
    pub(super) of_operations: GaugeVec,
}

impl Limits {
    #[rustfmt::skip]
    pub(super) fn new(make: &Maker<'_>) -> Self {
        let gauges = |name, help| make.levels_of_principals(name, help, &[("bucket", &[])]);
        Self {
            limit: gauges("opagate_ratelimit_limit", "Slots of the limit, as learned"),
            remaining: gauges("opagate_ratelimit_remaining", "Slots left now, by the model"),
            reserved: gauges("opagate_ratelimit_reserved", "Slots kept for others"),
            reset: gauges("opagate_ratelimit_reset_timestamp_seconds", "When all slots are free again, by our clock"),
            exhaustion: gauges("opagate_ratelimit_exhaustion_seconds", "Until no slot is left at the present rate; +Inf is never"),
            of_callers: make.levels_of_principals("opagate_ratelimit_caller_share", "Share of the slots spent in the last five minutes that went for the caller, 0 to 1; `outside` is what others took", &[("caller", &[])]),
            of_operations: make.levels_of_principals("opagate_ratelimit_operation_share", "Share of the slots spent here in the last five minutes that went for the operation, 0 to 1", &[("operation", &[])]),
        }
    }
}

/// Bearer tokens.
pub(super) struct Tokens {
    pub(super) expiry: GaugeVec,
    pub(super) last_success: GaugeVec,
    pub(super) failures: GaugeVec,
    pub(super) refreshes: IntCounterVec,
}

impl Tokens {
    #[rustfmt::skip]
    pub(super) fn new(make: &Maker<'_>) -> Self {
        Self {
            expiry: make.levels_of_principals("opagate_token_expiry_timestamp_seconds", "When the held token ends; 0 if none is held", &[]),
            last_success: make.levels_of_principals("opagate_token_last_success_timestamp_seconds", "When a token was last had; 0 is never", &[]),
            failures: make.levels_of_principals("opagate_token_consecutive_failures", "Failed tries since a token was last had", &[]),
            refreshes: make.of_principals("opagate_token_refresh_total", "Tokens asked for, by why and with what result", &[("trigger", &["first", "scheduled", "unauthorized", "manual"]), ("result", &["ok", "refused", "limited", "5xx", "connect", "timeout", "malformed"])]),
        }
    }
}

/// The cache, but for what a record tells.
pub(super) struct Cache {
    pub(super) bytes: IntGauge,
    pub(super) entries: IntGauge,
    pub(super) capacity: IntGauge,
    pub(super) evictions: IntCounterVec,
    pub(super) invalidations: IntCounterVec,
    pub(super) skipped: IntCounterVec,
    pub(super) waiters: IntGauge,
    pub(super) refreshes: IntCounterVec,
    pub(super) warmups: IntCounterVec,
    pub(super) audits: IntCounterVec,
}

impl Cache {
    #[rustfmt::skip]
    pub(super) fn new(make: &Maker<'_>) -> Self {
        Self {
            bytes: make.gauge("opagate_cache_bytes", "Bytes kept"),
            entries: make.gauge("opagate_cache_entries", "Answers kept"),
            capacity: make.gauge("opagate_cache_capacity_bytes", "Bytes that may be kept, as configured"),
            evictions: make.counters("opagate_cache_evictions_total", "Answers dropped", &[("reason", &["size", "expired", "invalidated", "purged"])]),
            invalidations: make.counters("opagate_cache_invalidations_total", "Generations bumped", &[("cause", &["write", "unknown_outcome", "origin", "purge"])]),
            skipped: make.counters("opagate_cache_populate_skipped_total", "Answers fetched but not kept, and why", &[("reason", &["generation", "secret", "size", "status", "personal", "no_store", "vary", "not_json", "incomplete", "negative", "share", "variants"])]),
            waiters: make.gauge("opagate_coalesced_waiters", "Callers waiting for another's fetch"),
            refreshes: make.counters("opagate_cache_refreshes_total", "Kept answers fetched anew in the background, and what became of it", &[("result", &["kept", "not_kept", "failed"])]),
            warmups: make.counters("opagate_cache_warmups_total", "Answers fetched because they are to be kept at hand, and what became of it", &[("result", &["kept", "not_kept", "failed"])]),
            audits: make.counters("opagate_cache_audits_total", "Answers from memory fetched again, and whether they were still so", &[("operation", &[]), ("result", &[])]),
        }
    }
}
