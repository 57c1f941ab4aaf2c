//! What came of it, as figures and as a table.

mod table;

use std::time::Duration;

use serde::Serialize;

pub use self::table::table;

use crate::caller::Priority;
use crate::simulate::measure::{float, jain, percentile};
use crate::simulate::optimum::optimum;
use crate::simulate::scenario::{Group, Scenario};
use crate::simulate::upstream::Count;
use crate::simulate::way::Way;

/// What one caller saw.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// When it was answered, from the start, and how long that took.
    pub(super) answers: Vec<(Duration, Duration)>,
    /// What it gave up.
    pub(super) lost: usize,
}

/// What came of a scenario in one way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The way, as on the command line.
    pub strategy: &'static str,
    /// Requests of those who are not greedy.
    pub requests: usize,
    /// How many of them were answered.
    pub answered: usize,
    /// When the last of those answers came.
    pub makespan_seconds: f64,
    /// The least that it could have been.
    pub optimum_seconds: f64,
    /// How many times that it was; `None` unless all were answered.
    pub ratio: Option<f64>,
    /// 429s of the upstream.
    pub upstream_429s: u64,
    /// Calls to the upstream for each answer, those of the greedy included.
    pub calls_per_answer: Option<f64>,
    /// Slots spent, by all, of those that there were until the last answer.
    pub used: f64,
    /// Jain's index of what callers of the same class got while all wanted more; the least of the
    /// classes, `None` if no class has two.
    pub fairness: Option<f64>,
    /// How long callers waited, in the order of the scenario.
    pub waits: Vec<Waits>,
}

/// How long the callers of a group waited for an answer, their own pauses included.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waits {
    /// The group.
    pub caller: String,
    /// How many answers they got.
    pub answers: usize,
    /// Half of them took no longer.
    pub p50_seconds: f64,
    /// 99 of 100 took no longer.
    pub p99_seconds: f64,
}

impl Report {
    pub(super) fn new(scenario: &Scenario, way: Way, seen: &[Seen], count: Count) -> Self {
        let callers = by_group(scenario, seen);
        let finite = callers.iter().filter(|(group, _)| !group.is_greedy());
        let finite: Vec<_> = finite.flat_map(|(_, seen)| *seen).collect();
        let answered: usize = finite.iter().map(|seen| seen.answers.len()).sum();
        let answers: usize = seen.iter().map(|seen| seen.answers.len()).sum();
        let makespan = finite.iter().filter_map(|seen| last(seen)).max();
        let makespan = makespan.unwrap_or_default();
        let optimum = optimum(scenario);
        let ratio = makespan.as_secs_f64() / optimum.as_secs_f64();
        let slots = scenario.limit.slots(makespan);
        Self {
            strategy: way.as_str(),
            requests: scenario.requests(),
            answered,
            makespan_seconds: makespan.as_secs_f64(),
            optimum_seconds: optimum.as_secs_f64(),
            ratio: (answered == scenario.requests()).then_some(ratio),
            upstream_429s: count.calls - count.granted,
            calls_per_answer: (answers > 0).then(|| whole(count.calls) / float(answers)),
            used: (whole(count.granted + count.outside) / slots.max(1.0)).min(1.0),
            fairness: fairness(&callers),
            waits: callers
                .iter()
                .map(|(group, seen)| waits(group, seen))
                .collect(),
        }
    }
}

/// Each group with what its callers saw.
fn by_group<'a>(scenario: &'a Scenario, seen: &'a [Seen]) -> Vec<(&'a Group, &'a [Seen])> {
    let mut rest = seen;
    let groups = scenario.groups.iter();
    groups
        .map(|group| {
            let (own, others) = rest.split_at(group.count.get().min(rest.len()));
            rest = others;
            (group, own)
        })
        .collect()
}

/// Counts of those who always wanted more, by weight, until the first of them had all.
fn fairness(callers: &[(&Group, &[Seen])]) -> Option<f64> {
    let backlogged = callers.iter().filter(|(group, _)| group.is_backlogged());
    let backlogged: Vec<_> = backlogged.collect();
    let finite = backlogged.iter().filter(|(group, _)| !group.is_greedy());
    let done = finite.flat_map(|(group, seen)| seen.iter().filter_map(|seen| end(group, seen)));
    let until = done.min().unwrap_or(Duration::MAX);
    let of_class = |class: Priority| {
        let callers = backlogged
            .iter()
            .filter(|(group, _)| group.priority == class);
        let shares: Vec<_> = callers
            .flat_map(|(group, seen)| seen.iter().map(|seen| (group.weight.get(), seen)))
            .map(|(weight, seen)| {
                let got = seen.answers.iter().filter(|(at, _)| *at <= until).count();
                float(got) / f64::from(weight)
            })
            .collect();
        jain(&shares)
    };
    let classes = Priority::ALL.into_iter().filter_map(of_class);
    classes.min_by(f64::total_cmp)
}

/// When a caller had all; never, if it was not told of the last.
fn end(group: &Group, seen: &Seen) -> Option<Duration> {
    let told = seen.answers.len() + seen.lost;
    last(seen).filter(|_| told >= group.requests.get())
}

fn last(seen: &Seen) -> Option<Duration> {
    seen.answers.last().map(|(at, _)| *at)
}

fn waits(group: &Group, seen: &[Seen]) -> Waits {
    let answers = seen.iter().flat_map(|seen| &seen.answers);
    let mut waited: Vec<_> = answers.map(|(_, wait)| *wait).collect();
    waited.sort_unstable();
    Waits {
        caller: group.name.clone(),
        answers: waited.len(),
        p50_seconds: percentile(&waited, 50).as_secs_f64(),
        p99_seconds: percentile(&waited, 99).as_secs_f64(),
    }
}

/// A count as a number to reckon with.
fn whole(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
