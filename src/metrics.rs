//! Every metric, in one place.

use std::time::Duration;

use crate::caller::{Principal, Priority};
use crate::exchange::Purpose;
use crate::record::Record;

/// A handle on the registry; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Metrics {}

impl Metrics {
    /// One request has ended.
    pub fn request(&self, _record: &Record) {}

    /// One request was sent to the upstream; `result` is `2xx`, `3xx`, `4xx`, `429`, `5xx`,
    /// `connect`, `timeout`, `reset` or `malformed`.
    pub fn upstream_called(
        &self,
        _principal: &Principal,
        _purpose: Purpose,
        _result: &'static str,
        _took: Duration,
    ) {
    }

    /// A caller's request caused a call to the upstream.
    pub fn caller_spent(&self, _caller: &str) {}

    /// The upstream said 429; `cause` is `budget`, `concurrency`, `outside` or `unknown`.
    pub fn upstream_limited(&self, _principal: &Principal, _cause: &'static str) {}

    /// Slots of the upstream's limit were used, `by` `self` or `outside`.
    pub fn limit_spent(&self, _principal: &Principal, _by: &'static str, _slots: u64) {}

    /// The model of the limit was wrong; `cause` is `limit_changed`, `window`, `clock` or
    /// `contradiction`.
    pub fn model_reset(&self, _principal: &Principal, _cause: &'static str) {}

    /// A wait for the limit ended; `outcome` is `sent`, `refused`, `expired` or `canceled`.
    pub fn queue_waited(&self, _priority: Priority, _outcome: &'static str, _waited: Duration) {}

    /// The caller's own quota refused a request; `reason` is `rate` or `concurrency`.
    pub fn quota_refused(&self, _caller: &str, _reason: &'static str) {}

    /// Sent again; `reason` is `connect`, `status`, `unauthorized` or `limited`.
    pub fn retried(&self, _reason: &'static str) {}

    /// Not sent again; `reason` is `budget`, `deadline`, `write` or `breaker`.
    pub fn retry_skipped(&self, _reason: &'static str) {}

    /// The breaker of a team is now `closed`, `half_open` or `open`.
    pub fn breaker_moved(&self, _team: &str, _to: &'static str) {}

    /// This many pages were joined.
    pub fn merged(&self, _pages: u32) {}

    /// A list was refused rather than cut; `reason` is `loop`, `origin`, `malformed`, `limit` or
    /// `upstream`.
    pub fn merge_failed(&self, _reason: &'static str) {}

    /// A token was asked for; `trigger` is `first`, `scheduled`, `unauthorized` or `manual`,
    /// `result` is `ok`, `refused`, `limited`, `5xx`, `connect`, `timeout` or `malformed`.
    pub fn token_refreshed(
        &self,
        _principal: &Principal,
        _trigger: &'static str,
        _result: &'static str,
    ) {
    }

    /// An answer was fetched but not kept; `reason` is `generation`, `secret`, `size`, `status`,
    /// `personal`, `no_store`, `vary`, `not_json` or `incomplete`.
    pub fn cache_skipped(&self, _reason: &'static str) {}

    /// Generations were bumped; `cause` is `write`, `unknown_outcome`, `origin` or `purge`.
    pub fn cache_invalidated(&self, _cause: &'static str) {}

    /// An entry left the cache; `reason` is `size`, `expired`, `invalidated` or `purged`.
    pub fn cache_evicted(&self, _reason: &'static str) {}

    /// A connection ended before it began or was taken; `result` is `accepted`, `over_limit`,
    /// `tls_failed`, `proxy_protocol` or `timeout`.
    pub fn connection(&self, _listener: &str, _result: &'static str) {}

    /// Connections open on a listener.
    pub fn connections_open(&self, _listener: &str, _open: i64) {}

    /// Refused before it was a request; `reason` is one of the closed set of
    /// `opagate_http_rejections_total`.
    pub fn http_rejected(&self, _reason: &'static str) {}

    /// An audit record's fate: `written`, `failed` or `dropped`.
    pub fn audited(&self, _result: &'static str) {}

    /// A panic was caught.
    pub fn panicked(&self) {}

    /// Requests being worked on; call with 1 and -1.
    pub fn in_flight(&self, _change: i64) {}
}
