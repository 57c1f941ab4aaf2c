//! What `/api/state` shows, for people, scripts and the dashboard.
//!
//! Whoever composes it fills these; a field that is not known is left out, never guessed.

mod kept;

use std::collections::BTreeMap;

use serde::Serialize;

pub use self::kept::{KeptEntry, KeptState, NotKept};

/// The whole picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct State {
    /// As the label `state` of `opagate_state`.
    pub state: &'static str,
    /// What is wrong, worst first; empty if nothing is.
    pub conditions: Vec<Condition>,
    /// The version that runs.
    pub version: &'static str,
    /// Now, in seconds since 1970.
    pub time: f64,
    /// When it started, in seconds since 1970; another time means another process.
    pub started: f64,
    /// Since the start.
    pub uptime_seconds: u64,
    /// Requests being worked on.
    pub inflight_requests: u64,
    /// The principals and their tokens.
    pub principals: Vec<PrincipalState>,
    /// The upstream's limits.
    pub buckets: Vec<BucketState>,
    /// What is kept.
    pub cache: CacheState,
    /// Who waits for a limit.
    pub queue: QueueState,
    /// How requests went.
    pub traffic: TrafficState,
    /// How each operation went in the last five minutes; those that fail most first.
    pub operations: Vec<OperationState>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Condition {
    /// How bad it is.
    pub level: Severity,
    /// In one word, for scripts.
    pub reason: &'static str,
    /// In one sentence, for people.
    pub text: String,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Callers feel it.
    Bad,
    /// They soon may.
    Warning,
}

/// How requests went: rates over the last ten seconds, shares and times over the last minute.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TrafficState {
    /// Requests a second.
    pub requests_per_second: f64,
    /// Calls a second to the upstream, of all principals.
    pub upstream_per_second: f64,
    /// Requests a second by how they ended.
    pub outcomes_per_second: BTreeMap<&'static str, f64>,
    /// Requests since the start.
    pub answered: u64,
    /// Share of reads answered from memory, 0 to 1; left out without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hit_ratio: Option<f64>,
    /// Share of calls to the upstream that were not needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved_ratio: Option<f64>,
    /// Share of requests that failed, here or upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_ratio: Option<f64>,
    /// Half of the requests took no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// All but one of a hundred took no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
    /// The same without waiting for the upstream and its limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_p99_ms: Option<f64>,
    /// Calls to the upstream that were not needed, since the start.
    pub saved: SavedState,
}

/// Calls to the upstream that were not needed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct SavedState {
    /// All of them.
    pub calls: u64,
    /// By an answer from memory.
    pub hit: u64,
    /// By a whole list from memory.
    pub merged: u64,
    /// By an answer from memory that was too old.
    pub stale: u64,
    /// By an answer fetched for another.
    pub coalesced: u64,
}

/// How one operation went.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OperationState {
    /// Its name.
    pub operation: &'static str,
    /// Requests.
    pub requests: u64,
    /// Requests a second.
    pub requests_per_second: f64,
    /// Those answered 5xx, here or by the upstream.
    pub failed: u64,
    /// Those refused here.
    pub refused: u64,
    /// How long they took on average.
    pub mean_ms: f64,
}

/// One principal and its token.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PrincipalState {
    /// Its team.
    pub team: String,
    /// Its name.
    pub principal: String,
    /// Whether a token is held.
    pub token_held: bool,
    /// How old it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_age_seconds: Option<f64>,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_expires_in_seconds: Option<f64>,
    /// Failed tries since one was had.
    pub consecutive_failures: u32,
    /// What went wrong last, while they fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When the next try is made, while they fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_try_in_seconds: Option<f64>,
    /// The state of its team's breaker: `closed`, `half_open` or `open`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker: Option<&'static str>,
}

/// One bucket of a principal's limit, and what will become of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BucketState {
    /// The team.
    pub team: String,
    /// The principal.
    pub principal: String,
    /// `all`, or the name of a part that was split off.
    pub bucket: String,
    /// Slots, as learned.
    pub limit: f64,
    /// Slots left now.
    pub remaining: f64,
    /// Slots kept for others.
    pub reserved: f64,
    /// New slots a second, as learned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refill_per_second: Option<f64>,
    /// When all are free again.
    pub resets_in_seconds: f64,
    /// When none is left at the present rate; left out: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exhausted_in_seconds: Option<f64>,
    /// Slots that go each second, ours and others'.
    pub spent_per_second: f64,
    /// Calls under way.
    pub in_flight: u32,
    /// Requests that wait for it.
    pub waiting: u64,
    /// How long one more would wait.
    pub next_wait_seconds: f64,
    /// Answers 429 since the start.
    pub limited: u64,
    /// The upstream's clock minus ours; left out until it has told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_offset_seconds: Option<f64>,
    /// Who has spent it in the last minutes, and on what.
    pub spending: SpendingState,
}

/// How the spending of a limit is shared.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SpendingState {
    /// Over how long it was counted: up to five minutes.
    pub seconds: f64,
    /// Slots in all.
    pub slots: u64,
    /// Slots that others took, past the gateway.
    pub outside: u64,
    /// Slots by caller, largest first.
    pub callers: Vec<SpentBy>,
    /// Slots by operation, largest first.
    pub operations: Vec<SpentBy>,
}

/// One share of a spending.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SpentBy {
    /// Of whom, or on what.
    pub name: String,
    /// Slots.
    pub slots: u64,
    /// Share of all slots, 0 to 1.
    pub share: f64,
}

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CacheState {
    /// Bytes kept.
    pub bytes: u64,
    /// Bytes that may be kept.
    pub capacity_bytes: u64,
    /// Answers kept.
    pub entries: u64,
    /// Requests answered from it.
    pub hits: u64,
    /// Requests that it could not answer.
    pub misses: u64,
    /// Share of hits, 0 to 1; left out before the first request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hit_ratio: Option<f64>,
}

/// Who waits for a limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct QueueState {
    /// How many wait.
    pub depth: u64,
    /// Longest wait of those waiting.
    pub oldest_seconds: f64,
    /// How many wait, by caller.
    pub callers: Vec<CallerQueue>,
}

/// What one caller has waiting.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CallerQueue {
    /// Its name.
    pub caller: String,
    /// In which class: `interactive`, `batch` or `background`.
    pub priority: &'static str,
    /// How many wait.
    pub depth: u64,
}
