//! What merely is: set from the handles that know it, just before somebody looks.

use std::time::Duration;

use super::Metrics;
use super::families::{BUCKETS, STATES};
use crate::caller::{Principal, Priority};
use crate::listen::tls::Ends;

/// What is known of one bucket of a principal's limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BucketGauges {
    /// Slots, as learned.
    pub limit: f64,
    /// Slots left now.
    pub remaining: f64,
    /// Slots kept for others.
    pub reserved: f64,
    /// When all are free again, in seconds since 1970 by our clock.
    pub reset: f64,
    /// Until none is left at the present rate; `None`: never.
    pub exhaustion: Option<Duration>,
}

/// What is known of a principal's token; times in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenGauges {
    /// When it ends; `None`: none is held.
    pub expiry: Option<f64>,
    /// When one was last had; `None`: never.
    pub last_success: Option<f64>,
    /// Failed tries since.
    pub consecutive_failures: u32,
}

impl Metrics {
    /// The state of the gateway: `starting`, `ready`, `degraded`, `not_ready` or `draining`.
    pub fn set_state(&self, present: &'static str) {
        for state in STATES {
            let family = &self.shared.whole.state;
            let is_present = i64::from(state == present);
            family.with_label_values(&[state]).set(is_present);
        }
    }

    /// What `/health/ready` says.
    pub fn set_ready(&self, is_ready: bool) {
        self.shared.whole.ready.set(i64::from(is_ready));
    }

    /// When the certificates of a listener end.
    pub fn set_certificates(&self, listener: &str, ends: Ends) {
        let family = &self.shared.whole.certificate_expiry;
        let all = [("server", Some(ends.server)), ("client_ca", ends.client_ca)];
        for (what, end) in all {
            if let Some(end) = end {
                family.with_label_values(&[what, listener]).set(end);
            }
        }
    }

    /// The first 48 bits of the effective configuration's hash.
    pub fn set_config_hash(&self, hash: u64) {
        let first = i64::try_from(hash >> 16).unwrap_or_default();
        self.shared.whole.config_hash.set(first);
    }

    /// One bucket of a principal's limit; its name is `all` or `b1` to `b7`.
    pub fn set_bucket(&self, principal: &Principal, bucket: &str, now: BucketGauges) {
        if !BUCKETS.contains(&bucket) {
            self.shared.requests.callers.bucket_overflowed();
            return;
        }
        let labels = [&principal.team, &principal.name, bucket];
        let limits = &self.shared.limits;
        let never = f64::INFINITY;
        let exhaustion = now.exhaustion.map_or(never, |time| time.as_secs_f64());
        for (family, value) in [
            (&limits.limit, now.limit),
            (&limits.remaining, now.remaining),
            (&limits.reserved, now.reserved),
            (&limits.reset, now.reset),
            (&limits.exhaustion, exhaustion),
        ] {
            family.with_label_values(&labels).set(value);
        }
    }

    /// Forgets how limits were shared, before it is told anew: who spends nothing has no series.
    pub fn clear_shares(&self) {
        self.shared.limits.of_callers.reset();
        self.shared.limits.of_operations.reset();
    }

    /// How the spending of a principal's limit is shared, 0 to 1; at most the first 64 callers of
    /// the configuration are named.
    pub fn set_shares(
        &self,
        principal: &Principal,
        callers: &[(&str, f64)],
        operations: &[(&'static str, f64)],
    ) {
        let limits = &self.shared.limits;
        let known = &self.shared.requests.callers;
        for (caller, share) in callers {
            let label = if *caller == OUTSIDE {
                OUTSIDE
            } else {
                known.label(caller)
            };
            let labels = [&*principal.team, &*principal.name, label];
            limits.of_callers.with_label_values(&labels).add(*share);
        }
        for (operation, share) in operations {
            let labels = [&*principal.team, &*principal.name, operation];
            limits.of_operations.with_label_values(&labels).set(*share);
        }
    }

    /// The upstream's clock minus ours, in seconds.
    pub fn set_clock_offset(&self, team: &str, seconds: f64) {
        let family = &self.shared.back.clock_offset;
        family.with_label_values(&[team]).set(seconds);
    }

    /// What is kept, and how much may be, in bytes.
    pub fn set_cache(&self, bytes: u64, entries: u64, capacity: u64) {
        let cache = &self.shared.cache;
        cache.bytes.set(to_i64(bytes));
        cache.entries.set(to_i64(entries));
        cache.capacity.set(to_i64(capacity));
    }

    /// Callers that wait for another's fetch.
    pub fn set_coalesced_waiters(&self, waiters: u64) {
        self.shared.cache.waiters.set(to_i64(waiters));
    }

    /// A principal's token.
    pub fn set_token(&self, principal: &Principal, now: TokenGauges) {
        let labels = [&principal.team, &principal.name];
        let tokens = &self.shared.tokens;
        let failures = f64::from(now.consecutive_failures);
        for (family, value) in [
            (&tokens.expiry, now.expiry.unwrap_or(0.0)),
            (&tokens.last_success, now.last_success.unwrap_or(0.0)),
            (&tokens.failures, failures),
        ] {
            family.with_label_values(&labels).set(value);
        }
    }

    /// Requests of one class that wait for the limit, and the longest wait among them.
    pub fn set_queue(&self, priority: Priority, depth: u64, oldest: Duration) {
        let back = &self.shared.back;
        let label = [priority.as_str()];
        back.queue_depth
            .with_label_values(&label)
            .set(to_i64(depth));
        let oldest = oldest.as_secs_f64();
        back.queue_oldest.with_label_values(&label).set(oldest);
    }

    /// Audit records that wait to be written.
    pub fn set_audit_queue(&self, depth: u64) {
        let family = &self.shared.whole.audit_queue;
        family.with_label_values(&["file"]).set(to_i64(depth));
    }
}

/// Whoever spends past the gateway.
pub const OUTSIDE: &str = "outside";

fn to_i64(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
