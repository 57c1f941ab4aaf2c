//! What the admin listener shows and does, composed of the parts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::Parts;
use crate::admin::state::{
    BucketState, CacheState, CallerQueue, PrincipalState, QueueState, State,
};
use crate::admin::{Health, Purge, Readiness, Sources, TokenHealth};
use crate::cache::Tag;
use crate::caller::{Principal, Priority};
use crate::metrics::{BucketGauges, TokenGauges};
use crate::{origin, shape, token};

/// Looks at the parts on behalf of the admin listener.
#[derive(Clone, Debug)]
struct Window {
    parts: Parts,
    draining: Arc<AtomicBool>,
    started: Instant,
}

/// What the admin listener needs.
pub fn sources(parts: &Parts, draining: Arc<AtomicBool>) -> Sources {
    let window = Window {
        parts: parts.clone(),
        draining,
        started: Instant::now(),
    };
    let health = window.clone();
    let health = Arc::new(move || health.health());
    let readiness = Readiness::new(health, parts.config.admin.when_token_lost);
    let (state, metrics, purge) = (window.clone(), window.clone(), window);
    let (state_ready, metrics_ready) = (readiness.clone(), readiness.clone());
    Sources {
        readiness,
        state: Arc::new(move || {
            let shown = state.state(state_ready.verdict().state());
            serde_json::to_value(shown).unwrap_or_default()
        }),
        metrics: Arc::new(move || {
            let verdict = metrics_ready.verdict();
            metrics.parts.metrics.set_ready(verdict.is_ready());
            metrics.parts.metrics.set_state(verdict.state());
            metrics.metrics()
        }),
        purge: Arc::new(move |what| purge.purge(&what)),
        keys: parts.vault.keys().cloned(),
    }
}

impl Window {
    fn health(&self) -> Health {
        let tokens = self.parts.tokens.health();
        Health {
            started: tokens.iter().all(|token| token.was_tried),
            draining: self.draining.load(Ordering::Relaxed),
            audit_ok: self.parts.journal.is_healthy(),
            token: tokens
                .into_iter()
                .map(|token| TokenHealth {
                    principal: token.principal.to_string(),
                    held: token.left.is_some(),
                    can_be_had: token.can_be_had,
                    detail: token.detail,
                })
                .collect(),
        }
    }

    fn state(&self, state: &'static str) -> State {
        let buckets = self.parts.buckets.snapshot();
        let (bytes, entries) = self.parts.store.size();
        let (hits, misses) = self.parts.metrics.totals().looks;
        State {
            state,
            uptime_seconds: self.started.elapsed().as_secs(),
            inflight_requests: self.parts.metrics.totals().in_flight,
            principals: self.principals(),
            queue: queue(&buckets),
            buckets: buckets.iter().map(bucket).collect(),
            cache: CacheState {
                bytes,
                capacity_bytes: self.parts.store.config().capacity_bytes,
                entries,
                hits,
                misses,
                hit_ratio: ratio(hits, hits + misses),
            },
        }
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
            next_try_in_seconds: seconds(token.next_try),
            breaker: Some(self.parts.breaker.state(token.principal.team_index)),
        };
        self.parts.tokens.health().into_iter().map(of).collect()
    }

    /// Sets what merely is, then writes everything.
    fn metrics(&self) -> String {
        let metrics = &self.parts.metrics;
        let buckets = self.parts.buckets.snapshot();
        for state in &buckets {
            let gauges = BucketGauges {
                limit: state.limit.map_or(0.0, f64::from),
                remaining: state.remaining,
                reserved: state.reserved,
                reset: state.full_at.map_or(0.0, unix_time),
                exhaustion: state.empty_in,
            };
            metrics.set_bucket(&state.principal, "all", gauges);
            if let Some(offset) = state.clock_offset {
                metrics.set_clock_offset(&state.principal.team, offset);
            }
        }
        for (place, priority) in Priority::ALL.into_iter().enumerate() {
            let depth: usize = buckets
                .iter()
                .filter_map(|state| state.waiting.get(place))
                .sum();
            let oldest = buckets
                .iter()
                .filter_map(|state| state.oldest_wait.get(place))
                .max();
            let oldest = oldest.copied().unwrap_or_default();
            metrics.set_queue(priority, count(depth), oldest);
        }
        for token in self.parts.tokens.health() {
            let gauges = TokenGauges {
                expiry: token.left.map(|left| unix_time(Instant::now() + left)),
                last_success: token.age.map(|age| unix_now() - age.as_secs_f64()),
                consecutive_failures: token.failures,
            };
            metrics.set_token(&token.principal, gauges);
        }
        let (bytes, entries) = self.parts.store.size();
        metrics.set_cache(bytes, entries, self.parts.store.config().capacity_bytes);
        metrics.set_audit_queue(self.parts.journal.waiting());
        metrics.encode()
    }

    fn purge(&self, what: &Purge) -> u64 {
        let store = &self.parts.store;
        self.purge_origins(what);
        match what {
            Purge::All => store.purge([Tag::All].into_iter()),
            Purge::Prefix(prefix) => {
                let prefix = prefix.to_ascii_lowercase();
                let teams = 0..self.parts.config.teams.len();
                store.purge(teams.map(|team| Tag::Under(team, prefix.clone())))
            }
            Purge::Path(path) => {
                let path = path.to_ascii_lowercase();
                let teams = 0..self.parts.config.teams.len();
                store.purge(teams.map(|team| Tag::At(team, path.clone())))
            }
            Purge::Principal { team, name } => {
                let is_named = |p: &&Arc<Principal>| *p.team == **team && *p.name == **name;
                let named = self.parts.principals.iter().filter(is_named);
                store.purge(named.map(|principal| Tag::Of(principal.index)))
            }
        }
    }
}

impl Window {
    fn purge_origins(&self, what: &Purge) {
        let what = match what {
            Purge::All => origin::Purge::All,
            Purge::Prefix(path) => origin::Purge::Prefix(path),
            Purge::Path(path) => origin::Purge::Path(path),
            Purge::Principal { .. } => return,
        };
        let Parts {
            config,
            origin_generations,
            ..
        } = &self.parts;
        origin::purge(&config.origins, origin_generations, what);
    }
}

fn bucket(state: &shape::State) -> BucketState {
    BucketState {
        team: state.principal.team.to_string(),
        principal: state.principal.name.to_string(),
        bucket: "all".to_owned(),
        limit: state.limit.map_or(0.0, f64::from),
        remaining: state.remaining,
        reserved: state.reserved,
        refill_per_second: state.refill_per_second,
        resets_in_seconds: state.full_at.map_or(0.0, |at| {
            at.saturating_duration_since(Instant::now()).as_secs_f64()
        }),
        exhausted_in_seconds: state.empty_in.map(|time| time.as_secs_f64()),
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

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn unix_now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64()
}

/// The wall clock's time at `at`, which may be past or to come.
fn unix_time(at: Instant) -> f64 {
    let now = Instant::now();
    let ahead = at.saturating_duration_since(now).as_secs_f64();
    let behind = now.saturating_duration_since(at).as_secs_f64();
    unix_now() + ahead - behind
}
