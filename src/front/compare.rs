//! Fetches a sample of what was just given from memory again, and looks whether it was still so.
//!
//! Nobody waits for it, and it takes only what is left over of the upstream's limit. A difference
//! means that something was changed past the gateway, or that the upstream lags behind its writes;
//! what a write through the gateway has touched meanwhile is not counted.

use std::sync::Arc;

use http::request::Parts;
use tower::ServiceExt;

use super::{Asked, Front, Questions};
use crate::cache::{Claim, Entry};
use crate::caller::Principal;
use crate::error::Error;
use crate::exchange::{Request, Response};
use crate::record::Record;

impl Questions {
    /// The right to compare `entry`, if this hit is one of the sample.
    fn sampled(&self, entry: &Arc<Entry>, principal: &Principal) -> Option<Claim> {
        let rate = self.cache.audit_rate();
        if rate <= 0.0 || fastrand::f64() >= rate || !self.has_spare(principal) {
            return None;
        }
        Claim::on(entry, entry.age())
    }

    /// Whether more of the limit is left than callers will need.
    pub(super) fn has_spare(&self, principal: &Principal) -> bool {
        self.buckets.free(principal) > self.cache.scarce_below()
    }
}

impl Front {
    /// Has `entry` compared, if this hit is one of the sample.
    pub(super) fn check(&self, head: &Parts, asked: &Asked, entry: &Arc<Entry>, record: &Record) {
        let questions = &*self.questions;
        if let Some(claim) = questions.sampled(entry, &asked.principal) {
            let request = questions.later(head, asked, record.started);
            self.compare(claim, Arc::clone(entry), request);
        }
    }

    /// Fetches by `request`, and counts whether `entry` says the same.
    fn compare(&self, claim: Claim, entry: Arc<Entry>, request: Request) {
        let operation = request.operation.endpoint.name;
        let asking = self.back.clone().oneshot(request);
        let questions = Arc::clone(&self.questions);
        let comparing = async move {
            let result = asking.await;
            let is_touched = !questions.cache.is_untouched(&entry);
            let outcome = outcome(&result, &entry, is_touched);
            questions.metrics.cache_audited(operation, outcome);
            if outcome == "changed" {
                let age = entry.age().as_secs();
                tracing::info!(
                    operation,
                    age,
                    "a kept answer is no longer what the upstream says"
                );
            }
            drop(claim);
        };
        let flights = &self.questions.flights;
        drop(flights.spawn_on(comparing, &self.questions.work));
    }
}

fn outcome(result: &Result<Response, Error>, entry: &Entry, is_touched: bool) -> &'static str {
    match result {
        Err(_) => "failed",
        Ok(response) if response.status().is_server_error() || response.status() == 429 => "failed",
        Ok(_) if is_touched => "touched",
        Ok(response) if entry.says(response) => "same",
        Ok(_) => "changed",
    }
}
