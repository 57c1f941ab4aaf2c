//! What is counted of each request, from its record.
//!
//! This runs on every hit. Series are looked up once and kept by position, so that a request costs
//! one hash of its operation's name and some atomic additions.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use http::StatusCode;
use prometheus::{Counter, Histogram, IntCounter, IntCounterVec};

use super::callers::Callers;
use super::errors::CODES;
use super::families::{AGES, FINE, SIZES};
use super::lookups::Lookups;
use super::maker::Maker;
use super::responses::Responses;
use super::view::{self, Traffic};
use crate::operation::{Action, ROWS};
use crate::record::{Cache, Outcome, Record, Stale};

const OUTCOMES: usize = Outcome::ALL.len();
/// Values of the label `status`.
const CLASSES: [&str; 5] = ["2xx", "3xx", "4xx", "5xx", "none"];

/// The families fed from records.
pub(super) struct Requests {
    requests: IntCounterVec,
    operations: HashMap<&'static str, OfOperation, ahash::RandomState>,
    outcomes: Vec<OfOutcome>,
    own: Histogram,
    responses: Responses,
    errors: IntCounterVec,
    saved: Saved,
    age: Histogram,
    lookups: Lookups,
    pub(super) callers: Callers,
}

struct OfOperation {
    /// By outcome and class of status, made when first needed: most combinations never are.
    requests: [[OnceLock<IntCounter>; CLASSES.len()]; OUTCOMES],
    duration: Counter,
}

impl OfOperation {
    fn shown(&self, name: &'static str) -> view::OfOperation {
        let ended = Outcome::ALL.into_iter().zip(&self.requests);
        let all = |wanted: &dyn Fn(Outcome, &str) -> bool| {
            let each = ended.clone().flat_map(|(outcome, classes)| {
                let classes = CLASSES.into_iter().zip(classes);
                classes.filter_map(move |(class, slot)| Some((outcome, class, slot.get()?)))
            });
            let counted = each.filter(|(outcome, class, _)| wanted(*outcome, class));
            view::sum(counted.map(|(_, _, counter)| counter))
        };
        view::OfOperation {
            name,
            requests: all(&|_, _| true),
            failed: all(&|_, class| class == "5xx"),
            refused: all(&|outcome, _| REFUSALS.contains(&outcome)),
            seconds: self.duration.get(),
        }
    }
}

/// How requests end that are refused here.
const REFUSALS: [Outcome; 3] = [Outcome::Denied, Outcome::Rejected, Outcome::Limited];

struct OfOutcome {
    duration: Histogram,
    size: Histogram,
}

impl Requests {
    #[rustfmt::skip]
    pub(super) fn new(make: &Maker<'_>, callers: &[Arc<str>]) -> Self {
        let outcomes = Outcome::ALL.map(Outcome::as_str);
        let durations = make.histograms("opagate_request_duration_seconds", "From the arrival of the head to the answer", &FINE, &[("outcome", &outcomes)]);
        let sizes = make.histograms("opagate_response_size_bytes", "Sizes of bodies, where they were known beforehand", &SIZES, &[("outcome", &outcomes)]);
        let sums = make.sums("opagate_operation_duration_seconds_total", "Sum of durations, for averages", &[("operation", &[])]);
        let names = ROWS.iter().map(|row| row.name).chain(["other", "vault", "origin", "none"]);
        let this = Self {
            requests: make.counters("opagate_requests_total", "Requests answered, or left by their caller", &[("operation", &[]), ("outcome", &[]), ("status", &[])]),
            operations: names.map(|name| (name, OfOperation {
                requests: Default::default(),
                duration: sums.with_label_values(&[name]),
            })).collect(),
            outcomes: outcomes.iter().map(|outcome| OfOutcome {
                duration: durations.with_label_values(&[outcome]),
                size: sizes.with_label_values(&[outcome]),
            }).collect(),
            own: make.histogram("opagate_own_duration_seconds", "The same without the time in which the upstream or its limit was waited for", &FINE),
            responses: Responses::new(make),
            errors: make.counters("opagate_errors_total", "Errors made here, by their stable code", &[("type", &CODES)]),
            saved: Saved::new(make),
            age: make.histogram("opagate_cache_age_seconds", "Age of answers served from memory", &AGES),
            lookups: Lookups::new(make),
            callers: Callers::new(make, callers),
        };
        this.open();
        this
    }

    /// Makes the series of the usual ends of each operation.
    fn open(&self) {
        for row in ROWS {
            let outcomes: &[Outcome] = match row.action {
                Action::Read => &[Outcome::Hit, Outcome::Coalesced, Outcome::Forwarded],
                Action::SecretRead | Action::Reveal | Action::Write(_) => &[Outcome::Forwarded],
                Action::Local => &[Outcome::Local],
            };
            for outcome in outcomes {
                let of = self.operations.get(row.name);
                let _ =
                    of.and_then(|of| self.counter(of, row.name, *outcome, Some(StatusCode::OK)));
            }
        }
    }

    /// Answered; calls saved; looks into the cache with and without success.
    pub(super) fn totals(&self) -> (u64, u64, (u64, u64)) {
        let of = |outcome: Outcome| {
            let of = self.outcomes.get(outcome as usize);
            of.map_or(0, |of| of.duration.get_sample_count())
        };
        let all: u64 = Outcome::ALL.into_iter().map(of).sum();
        let hits = of(Outcome::Hit) + of(Outcome::Stale);
        let misses = of(Outcome::Coalesced) + of(Outcome::Forwarded);
        (
            all - of(Outcome::Canceled),
            self.saved.sum(),
            (hits, misses),
        )
    }

    /// What became of all requests.
    pub(super) fn traffic(&self) -> Traffic {
        let mut traffic = Traffic {
            saved: self.saved.shown(),
            own: view::cumulative(&self.own),
            ..Traffic::default()
        };
        for (count, of) in traffic.outcomes.iter_mut().zip(&self.outcomes) {
            *count = of.duration.get_sample_count();
            view::add(&mut traffic.took, &view::cumulative(&of.duration));
        }
        traffic
    }

    /// What became of the requests of each operation that was asked for.
    pub(super) fn operations(&self) -> Vec<view::OfOperation> {
        let shown = self.operations.iter().map(|(name, of)| of.shown(name));
        shown.filter(|of| of.requests > 0).collect()
    }

    /// Counts a request that has ended.
    pub(super) fn count(&self, record: &Record) {
        let outcome = record.outcome();
        let took = record.took.as_secs_f64();
        let name = record.operation_name();
        if let Some(of) = self.operations.get(name) {
            of.duration.inc_by(took);
            if let Some(counter) = self.counter(of, name, outcome, record.status) {
                counter.inc();
            }
        }
        if let Some(of) = self.outcomes.get(outcome as usize) {
            of.duration.observe(took);
            if record.bytes_out > 0 {
                of.size.observe(to_f64(record.bytes_out));
            }
        }
        self.own.observe(record.own_time().as_secs_f64());
        self.responses.count(outcome, record.status);
        if let Some(error) = &record.error {
            let code = error.kind().code();
            self.errors.with_label_values(&[code]).inc();
        }
        if let Some(caller) = &record.caller {
            self.callers.requested(caller, outcome);
        }
        if let Cache::Hit { age, .. } | Cache::Stale { age, .. } = record.cache {
            self.age.observe(age.as_secs_f64());
        }
        self.lookups.count(record.cache);
        self.saved.count(outcome, record);
    }

    fn counter<'a>(
        &self,
        of: &'a OfOperation,
        operation: &'static str,
        outcome: Outcome,
        status: Option<StatusCode>,
    ) -> Option<&'a IntCounter> {
        let class = match status.map(|status| status.as_u16() / 100) {
            Some(2) => 0,
            Some(3) => 1,
            Some(4) => 2,
            Some(5) => 3,
            Some(_) | None => 4,
        };
        let slot = of.requests.get(outcome as usize)?.get(class)?;
        let labels = [operation, outcome.as_str(), CLASSES.get(class)?];
        Some(slot.get_or_init(|| self.requests.with_label_values(&labels)))
    }
}

/// Calls that were not needed.
struct Saved {
    hit: IntCounter,
    merged: IntCounter,
    stale: IntCounter,
    coalesced: IntCounter,
}

impl Saved {
    fn new(make: &Maker<'_>) -> Self {
        let family = make.counters(
            "opagate_upstream_calls_saved_total",
            "Calls that were not needed; a whole list from memory (`merged`) saves all its pages",
            &[("how", &["hit", "merged", "stale", "coalesced"])],
        );
        Self {
            hit: family.with_label_values(&["hit"]),
            merged: family.with_label_values(&["merged"]),
            stale: family.with_label_values(&["stale"]),
            coalesced: family.with_label_values(&["coalesced"]),
        }
    }

    fn sum(&self) -> u64 {
        let all = [&self.hit, &self.merged, &self.stale, &self.coalesced];
        all.into_iter().map(IntCounter::get).sum()
    }

    fn shown(&self) -> view::Saved {
        view::Saved {
            hit: self.hit.get(),
            merged: self.merged.get(),
            stale: self.stale.get(),
            coalesced: self.coalesced.get(),
        }
    }

    fn count(&self, outcome: Outcome, record: &Record) {
        match (outcome, record.cache) {
            (Outcome::Hit, Cache::Hit { pages, .. }) if pages > 1 => {
                self.merged.inc_by(u64::from(pages));
            }
            (Outcome::Hit, _) => self.hit.inc(),
            // Where the upstream failed, the call was made, or would have been.
            (_, Cache::Stale { why, pages, .. }) if why != Stale::Error => {
                self.stale.inc_by(u64::from(pages));
            }
            (Outcome::Coalesced, _) => {
                let attempts = record.trail.as_ref().map_or(0, |trail| trail.attempts());
                self.coalesced.inc_by(u64::from(attempts.max(1)));
            }
            _ => {}
        }
    }
}

/// Sizes above 2^53 bytes, which would lose their last digit, do not occur.
#[expect(clippy::cast_precision_loss, reason = "a size for a histogram")]
fn to_f64(bytes: u64) -> f64 {
    bytes as f64
}
