//! What the admin listener shows and does, composed of the parts.

mod kept;
mod picture;
mod why;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::Parts;
use crate::admin::{Health, History, Purge, Readiness, Search, Sources, TokenHealth, Why};
use crate::caller::Priority;
use crate::config;
use crate::metrics::{BucketGauges, OUTSIDE, TokenGauges};
use crate::shape;

/// Looks at the parts on behalf of the admin listener.
#[derive(Clone, Debug)]
struct Window {
    parts: Parts,
    draining: Arc<AtomicBool>,
    started: Instant,
    /// The same by the wall clock, in seconds since 1970.
    started_at: f64,
    history: History,
}

/// What the admin listener needs.
pub fn sources(parts: &Parts, draining: Arc<AtomicBool>) -> Sources {
    let reading = parts.clone();
    let window = Window {
        parts: parts.clone(),
        draining,
        started: Instant::now(),
        started_at: unix_now(),
        history: History::new(move || picture::reading(&reading)),
    };
    let health = window.clone();
    let health = Arc::new(move || health.health());
    let readiness = Readiness::new(health, parts.config.admin.when_token_lost);
    let (state_ready, metrics_ready) = (readiness.clone(), readiness.clone());
    let history = window.history.clone();
    let settings = Arc::clone(&parts.config);
    let [state, metrics, purge, search, why] = [(); 5].map(|()| window.clone());
    Sources {
        readiness,
        state: Arc::new(move || {
            let shown = state.state(state_ready.verdict());
            serde_json::to_value(shown).unwrap_or_default()
        }),
        metrics: Arc::new(move || {
            let verdict = metrics_ready.verdict();
            metrics.parts.metrics.set_ready(verdict.is_ready());
            metrics.parts.metrics.set_state(verdict.state());
            metrics.metrics()
        }),
        purge: Arc::new(move |what: Purge| purge.purge(&what)),
        keys: parts.vault.keys().cloned(),
        history,
        recent: parts.recent.clone(),
        search: Arc::new(move |wanted: &Search| search.search(wanted)),
        config: Arc::new(move || without_hashes(&config::show(&settings))),
        why: Arc::new(move |asked: &Why| why.why(asked)),
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

    /// Sets what merely is, then writes everything.
    fn metrics(&self) -> String {
        let metrics = &self.parts.metrics;
        let buckets = self.parts.buckets.snapshot();
        self.set_limits(&buckets);
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

    fn set_limits(&self, buckets: &[shape::State]) {
        let metrics = &self.parts.metrics;
        metrics.clear_shares();
        for state in buckets {
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
            let spending = &state.spending;
            let (whole, outside) = (spending.whole(), spending.outside);
            let share = |slots, of| ratio(slots, of).unwrap_or(0.0);
            let callers = spending.callers.iter();
            let callers = callers.map(|(name, slots)| (&**name, share(*slots, whole)));
            let others = (outside > 0).then(|| (OUTSIDE, share(outside, whole)));
            let operations = spending.operations.iter();
            let operations =
                operations.map(|(name, slots)| (*name, share(*slots, whole - outside)));
            metrics.set_shares(
                &state.principal,
                &callers.chain(others).collect::<Vec<_>>(),
                &operations.collect::<Vec<_>>(),
            );
        }
    }
}

/// The settings without what is left of tokens: a page is seen by more people than a file.
fn without_hashes(toml: &str) -> String {
    let line = |line: &str| match line.split_once(" = ") {
        Some((key, _)) if key.ends_with("token_sha256") => format!("{key} = \"…\""),
        Some(_) | None => line.to_owned(),
    };
    let lines: Vec<_> = toml.lines().map(line).collect();
    lines.join("\n") + "\n"
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
