//! What `/api/state` shows, for people, scripts and the dashboard.
//!
//! Whoever composes it fills these; a field that is not known is left out, never guessed.

use serde::Serialize;

/// The whole picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct State {
    /// As the label `state` of `opagate_state`.
    pub state: &'static str,
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
