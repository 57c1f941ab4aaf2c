//! Makes families of series and enters them into the registry.
//!
//! A label whose values are all known is given with them; then every series of the family stands
//! at zero from the start, so that a first failure is a rise and not a birth. A label without
//! values gets them as they are seen.

use std::sync::Arc;

use prometheus::core::{Collector, MetricVec, MetricVecBuilder};
use prometheus::{
    Counter, CounterVec, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter,
    IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

use crate::caller::Principal;

/// A label's name and its values, empty if they are not known beforehand.
pub(super) type Label<'a> = (&'a str, &'a [&'a str]);

/// What the names of all principals' series begin with.
const PRINCIPAL: [&str; 2] = ["team", "principal"];

/// Makes and registers; see the [module](self).
pub(super) struct Maker<'a> {
    pub(super) registry: &'a Registry,
    pub(super) principals: &'a [Arc<Principal>],
}

impl Maker<'_> {
    pub(super) fn counter(&self, name: &str, help: &str) -> IntCounter {
        self.keep(IntCounter::new(name, help))
    }

    pub(super) fn counters(&self, name: &str, help: &str, labels: &[Label<'_>]) -> IntCounterVec {
        let made = IntCounterVec::new(Opts::new(name, help), &names(labels));
        let family = self.keep(made);
        open(&family, &[], labels);
        family
    }

    /// Counts something that is no whole number.
    pub(super) fn sum(&self, name: &str, help: &str) -> Counter {
        self.keep(Counter::new(name, help))
    }

    /// The same with labels.
    pub(super) fn sums(&self, name: &str, help: &str, labels: &[Label<'_>]) -> CounterVec {
        self.keep(CounterVec::new(Opts::new(name, help), &names(labels)))
    }

    pub(super) fn gauge(&self, name: &str, help: &str) -> IntGauge {
        self.keep(IntGauge::new(name, help))
    }

    /// A gauge of something that is no whole number.
    pub(super) fn level(&self, name: &str, help: &str) -> Gauge {
        self.keep(Gauge::new(name, help))
    }

    pub(super) fn gauges(&self, name: &str, help: &str, labels: &[Label<'_>]) -> IntGaugeVec {
        let made = IntGaugeVec::new(Opts::new(name, help), &names(labels));
        let family = self.keep(made);
        open(&family, &[], labels);
        family
    }

    /// Gauges of something that is no whole number.
    pub(super) fn levels(&self, name: &str, help: &str, labels: &[Label<'_>]) -> GaugeVec {
        let family = self.keep(GaugeVec::new(Opts::new(name, help), &names(labels)));
        open(&family, &[], labels);
        family
    }

    pub(super) fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Histogram {
        let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        self.keep(Histogram::with_opts(options))
    }

    pub(super) fn histograms(
        &self,
        name: &str,
        help: &str,
        buckets: &[f64],
        labels: &[Label<'_>],
    ) -> HistogramVec {
        let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        let family = self.keep(HistogramVec::new(options, &names(labels)));
        open(&family, &[], labels);
        family
    }

    /// Counters of each principal.
    pub(super) fn of_principals(
        &self,
        name: &str,
        help: &str,
        labels: &[Label<'_>],
    ) -> IntCounterVec {
        let all = [&PRINCIPAL, names(labels).as_slice()].concat();
        let family = self.keep(IntCounterVec::new(Opts::new(name, help), &all));
        self.open_each(&family, labels);
        family
    }

    /// Gauges of each principal.
    pub(super) fn levels_of_principals(
        &self,
        name: &str,
        help: &str,
        labels: &[Label<'_>],
    ) -> GaugeVec {
        let all = [&PRINCIPAL, names(labels).as_slice()].concat();
        let family = self.keep(GaugeVec::new(Opts::new(name, help), &all));
        self.open_each(&family, labels);
        family
    }

    fn open_each<T: MetricVecBuilder>(&self, family: &MetricVec<T>, labels: &[Label<'_>]) {
        for principal in self.principals {
            open(family, &[&principal.team, &principal.name], labels);
        }
    }

    fn keep<C: Collector + Clone + 'static>(&self, made: prometheus::Result<C>) -> C {
        let made = made.expect("names and labels are fixed and valid");
        self.registry
            .register(Box::new(made.clone()))
            .expect("each name is given to one family");
        made
    }
}

fn names<'a>(labels: &[Label<'a>]) -> Vec<&'a str> {
    labels.iter().map(|(name, _)| *name).collect()
}

/// Makes the series of every combination of values that begins with `first`.
fn open<T: MetricVecBuilder>(family: &MetricVec<T>, first: &[&str], labels: &[Label<'_>]) {
    let Some(((_, values), others)) = labels.split_first() else {
        drop(family.with_label_values(first));
        return;
    };
    for value in *values {
        open(family, &[first, &[*value]].concat(), others);
    }
}
