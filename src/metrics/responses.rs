//! Answers by exact status, and by who decided it.

use std::iter;
use std::sync::OnceLock;

use http::StatusCode;
use prometheus::{IntCounter, IntCounterVec};

use super::maker::Maker;
use crate::record::Outcome;

/// Statuses that have a place: 100 to 599.
const STATUSES: usize = 500;

/// Answers by exact status.
pub(super) struct Responses {
    family: IntCounterVec,
    ours: Vec<OnceLock<IntCounter>>,
    theirs: Vec<OnceLock<IntCounter>>,
}

impl Responses {
    pub(super) fn new(make: &Maker<'_>) -> Self {
        let slots = || iter::repeat_with(OnceLock::new).take(STATUSES).collect();
        Self {
            family: make.counters(
                "opagate_responses_total",
                "Answers by exact status, and by who decided it; only those seen",
                &[("code", &[]), ("source", &[])],
            ),
            ours: slots(),
            theirs: slots(),
        }
    }

    pub(super) fn count(&self, outcome: Outcome, status: Option<StatusCode>) {
        let Some(status) = status else {
            return;
        };
        let (slots, source) = match outcome {
            Outcome::Hit | Outcome::Stale | Outcome::Coalesced | Outcome::Forwarded => {
                (&self.theirs, "upstream")
            }
            Outcome::Local
            | Outcome::Denied
            | Outcome::Rejected
            | Outcome::Limited
            | Outcome::Failed
            | Outcome::Canceled => (&self.ours, "gateway"),
        };
        let place = usize::from(status.as_u16()).saturating_sub(100);
        if let Some(slot) = slots.get(place) {
            slot.get_or_init(|| self.family.with_label_values(&[status.as_str(), source]))
                .inc();
        }
    }
}
