//! What has happened lately, for those who look: readings of the counters, taken once a second.
//!
//! Nothing is taken down on the way of a request: what was counted there anyway is read here and
//! compared with what it was before. Kept are the last minute in seconds, a quarter of an hour in
//! steps of five, and five minutes of each operation.

mod passed;
mod point;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use self::passed::Passed;
pub use self::point::{BucketPoint, Point};
use super::state::{OperationState, SavedState, TrafficState};
use crate::metrics::{OfOperation, Traffic};
use crate::record::Outcome;

/// Between two readings.
const TICK: Duration = Duration::from_secs(1);
/// Readings from one point of the picture to the next.
const STEP: u64 = 5;
/// Points: a quarter of an hour.
const POINTS: usize = 180;
/// Readings that are kept: the last minute, and the one before it to compare with.
const READINGS: usize = 61;
/// Rates that people watch follow what happens within so many readings.
const LATELY: usize = 10;
/// Readings from one of the operations to the next, and how many of these are kept.
const OF_OPERATIONS: (u64, usize) = (30, 11);

/// What stands in the counters at one moment.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// All requests.
    pub traffic: Traffic,
    /// The limits, in the order of the principals.
    pub buckets: Vec<BucketReading>,
    /// The operations that were asked for.
    pub operations: Vec<OfOperation>,
}

/// What is known of one limit at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BucketReading {
    /// Slots left; `None` until the upstream has told.
    pub remaining: Option<f64>,
    /// Slots spent here since the start.
    pub spent: u64,
    /// Slots that others took since the start.
    pub outside: u64,
    /// Answers 429 since the start.
    pub limited: u64,
    /// How many wait now.
    pub waiting: u64,
}

/// A handle on what has happened lately; cheap to clone.
#[derive(Clone)]
pub struct History {
    shared: Arc<Shared>,
}

struct Shared {
    read: Box<dyn Fn() -> Reading + Send + Sync>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    readings: VecDeque<(Instant, Arc<Reading>)>,
    points: VecDeque<Point>,
    /// What the last point was compared up to.
    of_point: Option<Arc<Reading>>,
    operations: VecDeque<(Instant, Vec<OfOperation>)>,
    ticks: u64,
}

impl History {
    /// Takes its readings from `read`.
    pub fn new(read: impl Fn() -> Reading + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                read: Box::new(read),
                kept: Mutex::default(),
            }),
        }
    }

    /// Takes readings until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut ticks = interval(TICK);
        // What was missed while the machine slept was not seen.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            self.tick();
        }
    }

    /// Takes a reading.
    pub(super) fn tick(&self) {
        let now = Instant::now();
        let reading = Arc::new((self.shared.read)());
        let mut kept = self.shared.kept.lock();
        if kept.ticks.is_multiple_of(OF_OPERATIONS.0) {
            let list = (now, reading.operations.clone());
            push(&mut kept.operations, list, OF_OPERATIONS.1);
        }
        if kept.ticks.is_multiple_of(STEP) {
            let number = kept.ticks / STEP;
            if let Some(before) = kept.of_point.replace(Arc::clone(&reading)) {
                let point = Point::between(number, &before, &reading);
                push(&mut kept.points, point, POINTS);
            }
        }
        kept.ticks += 1;
        push(&mut kept.readings, (now, reading), READINGS);
    }

    /// The points after the one with this number, oldest first.
    pub fn points_after(&self, number: u64) -> Vec<Point> {
        let kept = self.shared.kept.lock();
        let newer = kept.points.iter().filter(|point| point.number > number);
        newer.cloned().collect()
    }

    /// How requests went in the last seconds and the last minute.
    pub fn traffic(&self) -> TrafficState {
        let now = Arc::new((self.shared.read)());
        let kept = self.shared.kept.lock();
        let at = Instant::now();
        let lately = kept.readings.iter().rev().nth(LATELY - 1);
        let lately = lately.or_else(|| kept.readings.front());
        let minute = kept.readings.front();
        let of = |from: Option<&(Instant, Arc<Reading>)>| {
            let from = from.cloned();
            let from = from.unwrap_or_else(|| (at, Arc::clone(&now)));
            let passed = at.saturating_duration_since(from.0).as_secs_f64();
            (passed.max(TICK.as_secs_f64()), from.1)
        };
        let ((seconds, lately), (_, minute)) = (of(lately), of(minute));
        traffic(&now, (seconds, &lately), &minute)
    }

    /// How the operations went in the last five minutes: those that fail most first, then those that
    /// take most time.
    pub fn operations(&self) -> Vec<OperationState> {
        let now = (self.shared.read)();
        let kept = self.shared.kept.lock();
        let since = kept.operations.front();
        let passed = since.map_or(Duration::ZERO, |(at, _)| at.elapsed());
        let passed = passed.max(TICK).as_secs_f64();
        let before = |name| {
            let list = since.map_or(&[][..], |(_, list)| list);
            let found = list.iter().find(|of| of.name == name).copied();
            found.unwrap_or_default()
        };
        let of = |of: &OfOperation| OperationState::between(&before(of.name), of, passed);
        let mut list: Vec<_> = now.operations.iter().filter_map(of).collect();
        list.sort_by(|a, b| {
            let time = |of: &OperationState| of.requests_per_second * of.mean_ms;
            (b.failed.cmp(&a.failed)).then_with(|| time(b).total_cmp(&time(a)))
        });
        list
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("History")
    }
}

fn push<T>(list: &mut VecDeque<T>, new: T, most: usize) {
    if list.len() >= most {
        list.pop_front();
    }
    list.push_back(new);
}

/// What happened up to `now`: since `lately`, so many seconds ago, and since `minute`.
fn traffic(now: &Reading, (seconds, lately): (f64, &Reading), minute: &Reading) -> TrafficState {
    let (short, long) = (Passed::new(lately, now), Passed::new(minute, now));
    let saved = now.traffic.saved;
    TrafficState {
        requests_per_second: short.requests() / seconds,
        upstream_per_second: short.spent() / seconds,
        outcomes_per_second: Outcome::ALL
            .map(|outcome| (outcome.as_str(), short.of(outcome) / seconds))
            .into(),
        answered: now.traffic.outcomes.iter().sum(),
        hit_ratio: long.hit_ratio(),
        saved_ratio: long.saved_ratio(),
        error_ratio: long.error_ratio(),
        p50_ms: long.took(0.5),
        p99_ms: long.took(0.99),
        own_p99_ms: long.own(0.99),
        saved: SavedState {
            calls: saved.whole(),
            hit: saved.hit,
            merged: saved.merged,
            stale: saved.stale,
            coalesced: saved.coalesced,
        },
    }
}

#[cfg(test)]
mod tests;
