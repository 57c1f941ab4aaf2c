//! The picture of the moment, for people and scripts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Window, count, ratio, unix_now};
use crate::admin::state::{
    BucketState, CacheState, CallerQueue, PrincipalState, QueueState, SpendingState, SpentBy, State,
};
use crate::admin::{BucketReading, Reading, Verdict, conditions};
use crate::app::Parts;
use crate::caller::Priority;
use crate::{shape, token};

/// What stands in the counters now.
pub(super) fn reading(parts: &Parts) -> Reading {
    let bucket = |state: shape::State| {
        let of = parts.metrics.of_limit(&state.principal);
        BucketReading {
            remaining: state.limit.map(|_| state.remaining),
            spent: of.spent,
            outside: of.outside,
            limited: of.limited,
            waiting: count(state.waiting.iter().sum()),
        }
    };
    Reading {
        traffic: parts.metrics.traffic(),
        buckets: parts.buckets.snapshot().into_iter().map(bucket).collect(),
        operations: parts.metrics.operations(),
    }
}

impl Window {
    /// The whole picture.
    pub(super) fn state(&self, verdict: Verdict) -> State {
        let buckets = self.parts.buckets.snapshot();
        let (bytes, entries) = self.parts.store.size();
        let totals = self.parts.metrics.totals();
        let (hits, misses) = totals.looks;
        let mut state = State {
            state: verdict.state(),
            conditions: Vec::new(),
            version: env!("CARGO_PKG_VERSION"),
            time: unix_now(),
            started: self.started_at,
            uptime_seconds: self.started.elapsed().as_secs(),
            inflight_requests: totals.in_flight,
            principals: self.principals(),
            queue: queue(&buckets),
            buckets: buckets.iter().map(|state| self.bucket(state)).collect(),
            cache: CacheState {
                bytes,
                capacity_bytes: self.parts.store.config().capacity_bytes,
                entries,
                hits,
                misses,
                hit_ratio: ratio(hits, hits + misses),
            },
            traffic: self.history.traffic(),
            operations: self.history.operations(),
        };
        state.conditions = conditions(verdict, &state);
        state
    }

    fn principals(&self) -> Vec<PrincipalState> {
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        let of = |token: token::Health| PrincipalState {
            team: token.principal.team.to_string(),
            principal: token.principal.name.to_string(),
            token_held: token.left.is_some(),
            token_age_seconds: seconds(token.age),
            token_expires_in_seconds: seconds(token.left),
            consecutive_failures: token.failures,
            last_error: token.detail,
            next_try_in_seconds: seconds(token.next_try),
            breaker: Some(self.parts.breaker.state(token.principal.team_index)),
        };
        self.parts.tokens.health().into_iter().map(of).collect()
    }

    fn bucket(&self, state: &shape::State) -> BucketState {
        let resets_in = state.full_at.map_or(Duration::ZERO, |at| {
            at.saturating_duration_since(Instant::now())
        });
        BucketState {
            team: state.principal.team.to_string(),
            principal: state.principal.name.to_string(),
            bucket: "all".to_owned(),
            limit: state.limit.map_or(0.0, f64::from),
            remaining: state.remaining,
            reserved: state.reserved,
            refill_per_second: state.refill_per_second,
            resets_in_seconds: resets_in.as_secs_f64(),
            exhausted_in_seconds: state.empty_in.map(|time| time.as_secs_f64()),
            spent_per_second: state.spent_per_second,
            in_flight: state.in_flight,
            waiting: count(state.waiting.iter().sum()),
            next_wait_seconds: state.next_wait.as_secs_f64(),
            limited: self.parts.metrics.of_limit(&state.principal).limited,
            clock_offset_seconds: state.clock_offset,
            spending: spending(&state.spending),
        }
    }
}

fn spending(spent: &shape::Spending) -> SpendingState {
    let whole = spent.whole();
    let by = |name: &str, slots: u64| SpentBy {
        name: name.to_owned(),
        slots,
        share: ratio(slots, whole).unwrap_or(0.0),
    };
    let callers = spent.callers.iter().map(|(name, slots)| by(name, *slots));
    let operations = spent.operations.iter();
    let operations = operations.map(|(name, slots)| by(name, *slots));
    SpendingState {
        seconds: spent.over.as_secs_f64(),
        slots: whole,
        outside: spent.outside,
        callers: callers.collect(),
        operations: operations.collect(),
    }
}

fn queue(buckets: &[shape::State]) -> QueueState {
    let mut callers: BTreeMap<(Arc<str>, Priority), u64> = BTreeMap::new();
    for (caller, priority, waiting) in buckets.iter().flat_map(|state| &state.waiting_by_caller) {
        *callers.entry((Arc::clone(caller), *priority)).or_default() += count(*waiting);
    }
    let oldest = buckets
        .iter()
        .flat_map(|state| state.oldest_wait)
        .max()
        .unwrap_or_default();
    QueueState {
        depth: callers.values().sum(),
        oldest_seconds: oldest.as_secs_f64(),
        callers: callers
            .into_iter()
            .map(|((caller, priority), depth)| CallerQueue {
                caller: caller.to_string(),
                priority: priority.as_str(),
                depth,
            })
            .collect(),
    }
}
