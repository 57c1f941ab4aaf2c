//! One point of the picture: five seconds.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::Reading;
use super::passed::{Passed, grown, number, since};
use crate::admin::state::OperationState;
use crate::metrics::OfOperation;

/// What happened in one step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Its place among all since the start, from 1.
    pub number: u64,
    /// When it ended, in seconds since 1970.
    pub time: u64,
    /// Requests that ended, in the order of `outcomes`.
    pub outcomes: Vec<u64>,
    /// Calls to the upstream that were not needed.
    pub saved: u64,
    /// Requests that failed.
    pub failed: u64,
    /// The time that half of the requests took at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// The time that all but one of a hundred took at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
    /// The limits, in the order of `buckets`.
    pub buckets: Vec<BucketPoint>,
}

/// What happened to one limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BucketPoint {
    /// Slots left at the end; left out until the upstream has told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining: Option<f64>,
    /// Slots spent here.
    pub spent: u64,
    /// Slots that others took.
    pub outside: u64,
    /// Answers 429.
    pub limited: u64,
    /// How many waited at the end.
    pub waiting: u64,
}

impl Point {
    /// The point with this number, from one reading to the next.
    pub(super) fn between(number: u64, from: &Reading, to: &Reading) -> Self {
        let passed = Passed::new(from, to);
        let outcomes = from.traffic.outcomes.iter().zip(to.traffic.outcomes);
        let failed = |of: &Reading| Some(of.operations.iter().map(|of| of.failed).sum());
        let buckets = to.buckets.iter().enumerate().map(|(place, now)| {
            let before = from.buckets.get(place).copied().unwrap_or_default();
            BucketPoint {
                remaining: now.remaining.map(tenths),
                spent: now.spent.saturating_sub(before.spent),
                outside: now.outside.saturating_sub(before.outside),
                limited: now.limited.saturating_sub(before.limited),
                waiting: now.waiting,
            }
        });
        let time = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            number,
            time: time.unwrap_or_default().as_secs(),
            outcomes: outcomes
                .map(|(from, to)| grown(Some(*from), Some(to)))
                .collect(),
            saved: passed.saved(),
            failed: grown(failed(from), failed(to)),
            p50_ms: passed.took(0.5),
            p99_ms: passed.took(0.99),
            buckets: buckets.collect(),
        }
    }
}

impl OperationState {
    /// What was asked of an operation within so many seconds; `None` if nothing was.
    pub(super) fn between(before: &OfOperation, now: &OfOperation, seconds: f64) -> Option<Self> {
        let new = since(before, now);
        (new.requests > 0).then(|| Self {
            operation: new.name,
            requests: new.requests,
            requests_per_second: number(new.requests) / seconds,
            failed: new.failed,
            refused: new.refused,
            mean_ms: new.seconds * 1_000.0 / number(new.requests),
        })
    }
}

/// A level is believed, not known: more digits would only take room.
fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
