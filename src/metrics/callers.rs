//! Who asks and who spends: series of the first callers, one more for all others.

use std::collections::HashMap;
use std::sync::Arc;

use prometheus::{IntCounter, IntCounterVec};

use super::maker::Maker;
use crate::caller::Caller;
use crate::record::Outcome;

/// How many configured callers have series of their own.
const NAMED: usize = 64;
const OTHER: &str = "other";

/// The families with the label `caller`.
pub(super) struct Callers {
    /// In the order of the configuration.
    named: Vec<OfCaller>,
    by_name: HashMap<Arc<str>, usize, ahash::RandomState>,
    other: OfCaller,
    quota_refusals: IntCounterVec,
    overflow: IntCounterVec,
}

struct OfCaller {
    name: Arc<str>,
    requests: Vec<IntCounter>,
    calls: IntCounter,
}

impl Callers {
    #[rustfmt::skip]
    pub(super) fn new(make: &Maker<'_>, names: &[Arc<str>]) -> Self {
        let requests = make.counters("opagate_caller_requests_total", "Who asks", &[("caller", &[]), ("outcome", &[])]);
        let calls = make.counters("opagate_caller_upstream_calls_total", "Who spends", &[("caller", &[])]);
        let overflow = make.counters("opagate_metric_overflow_total", "Observations whose label value became `other` or was left out", &[("label", &["caller", "bucket"])]);
        let of = |name: &Arc<str>| OfCaller {
            name: Arc::clone(name),
            requests: Outcome::ALL.iter().map(|outcome| requests.with_label_values(&[&**name, outcome.as_str()])).collect(),
            calls: calls.with_label_values(&[&**name]),
        };
        let named: Vec<_> = names.iter().take(NAMED).map(of).collect();
        Self {
            by_name: named.iter().enumerate().map(|(place, of)| (Arc::clone(&of.name), place)).collect(),
            named,
            other: of(&Arc::from(OTHER)),
            quota_refusals: make.counters("opagate_quota_refusals_total", "Refused by the caller's own quota", &[("caller", &[]), ("reason", &["rate", "concurrency"])]),
            overflow,
        }
    }

    /// One of the caller's requests has ended.
    pub(super) fn requested(&self, caller: &Caller, outcome: Outcome) {
        let of = self.named.get(caller.index);
        let of = match of.filter(|of| of.name == caller.name) {
            Some(of) => of,
            None => self.find(&caller.name),
        };
        if let Some(counter) = of.requests.get(outcome as usize) {
            counter.inc();
        }
    }

    /// The caller caused a call to the upstream.
    pub(super) fn spent(&self, name: &str) {
        self.find(name).calls.inc();
    }

    /// The caller's quota refused it.
    pub(super) fn refused(&self, name: &str, reason: &str) {
        let labels = [&self.find(name).name, reason];
        self.quota_refusals.with_label_values(&labels).inc();
    }

    /// What the caller is called in labels.
    pub(super) fn label<'a>(&self, name: &'a str) -> &'a str {
        if self.by_name.contains_key(name) {
            name
        } else {
            OTHER
        }
    }

    /// A bucket had a name that is no label.
    pub(super) fn bucket_overflowed(&self) {
        self.overflow.with_label_values(&["bucket"]).inc();
    }

    fn find(&self, name: &str) -> &OfCaller {
        let place = self.by_name.get(name);
        place
            .and_then(|place| self.named.get(*place))
            .unwrap_or_else(|| {
                self.overflow.with_label_values(&["caller"]).inc();
                &self.other
            })
    }
}
