//! The last requests as JSON.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::recent::{Below, Seen};
use crate::record::Cache;

/// One request; what is not known of it is left out.
pub(super) fn to_json(seen: &Seen) -> Value {
    let since = seen.at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let caller = seen.caller.as_ref().map(|caller| json!(caller.name));
    let principal = seen.principal.as_ref().map(|of| json!(of.to_string()));
    let mut object = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
    };
    put("number", Some(json!(seen.number)));
    put("time", Some(json!(since.as_secs_f64())));
    put("id", Some(json!(seen.id.as_str())));
    put("method", Some(json!(seen.method.as_str())));
    put("path", Some(json!(seen.path)));
    put("operation", Some(json!(seen.operation)));
    put("caller", caller);
    put("principal", principal);
    put("rule", seen.rule.as_ref().map(|rule| json!(rule)));
    put("outcome", Some(json!(seen.outcome.as_str())));
    put("status", seen.status.map(|status| json!(status.as_u16())));
    put("error", seen.error.map(|code| json!(code)));
    put("cache", Some(json!(seen.cache.as_str())));
    put("cache_reason", seen.cache.reason().map(|why| json!(why)));
    put(
        "cache_age_ms",
        age(seen.cache).map(|age| json!(millis(age))),
    );
    put("bytes", Some(json!(seen.bytes)));
    put("duration_ms", Some(json!(millis(seen.took))));
    if let Some(below) = seen.below {
        let own = seen.took.saturating_sub(below.queued + below.upstream);
        put("own_ms", Some(json!(millis(own))));
        put("queue_ms", Some(json!(millis(below.queued))));
        put("upstream_ms", Some(json!(millis(below.upstream))));
        put("upstream_status", below.status.map(|status| json!(status)));
        put("attempts", Some(json!(below.attempts)));
        put("pages", pages(below));
        put("stored", Some(json!(below.is_stored)));
    }
    Value::Object(object)
}

fn pages(below: Below) -> Option<Value> {
    (below.pages > 0).then(|| json!(below.pages))
}

fn age(cache: Cache) -> Option<Duration> {
    match cache {
        Cache::Hit { age, .. } | Cache::Stale { age, .. } => Some(age),
        Cache::None | Cache::Miss(_) | Cache::Bypass(_) => None,
    }
}

/// Milliseconds with three digits behind the point.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}
