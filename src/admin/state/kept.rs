//! What `/api/cache` shows.

use serde::Serialize;

/// What is kept, as far as it was searched for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct KeptState {
    /// How many entries were found in all.
    pub found: usize,
    /// How many of them no write has touched since.
    pub usable: usize,
    /// How many a purge of the path that was searched for would drop, with all below it; left out if
    /// what was searched for is no path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_drop: Option<u64>,
    /// The first of them, by path.
    pub entries: Vec<KeptEntry>,
    /// What was fetched lately and is not kept, newest first.
    pub not_kept: Vec<NotKept>,
}

/// One kept answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct KeptEntry {
    /// Path and query.
    pub target: String,
    /// In whose name it was read, as `team/name`.
    pub principal: String,
    /// The headers that it is the answer to.
    pub headers: Vec<String>,
    /// Its status.
    pub status: u16,
    /// What it takes in memory, about.
    pub bytes: u64,
    /// How old it is.
    pub age_seconds: f64,
    /// How long it is still fresh; 0 if it is not.
    pub fresh_seconds: f64,
    /// How long it may still be given in some case.
    pub usable_seconds: f64,
    /// How many upstream calls it took.
    pub pages: u32,
    /// A write has touched it since, so it is not given again.
    pub is_touched: bool,
}

/// One answer that is not kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NotKept {
    /// Its path.
    pub path: String,
    /// In whose name it was read.
    pub principal: String,
    /// Why: the words of `opagate_cache_populate_skipped_total`, `class` or `wish`.
    pub reason: &'static str,
    /// How long ago.
    pub age_seconds: f64,
}
