//! Fetches anew what was just given although it was too old; nobody waits for it.
//!
//! It goes the way of every read: it joins or is joined by callers who ask for the same, waits for the
//! limit in the last class, and is kept only if no write has touched meanwhile what it reads.

use std::sync::Arc;

use http::StatusCode;
use http::request::Parts;
use tower::ServiceExt;

use super::{Front, Questions, forward};
use crate::cache::Claim;
use crate::error::Error;
use crate::exchange::{Purpose, Request, Response, Terms};
use crate::record::Record;

impl Questions {
    /// The same read, for nobody who waits; nothing before it is known who asks what.
    pub(super) fn later(
        &self,
        head: &Parts,
        record: &Record,
        key: &[u8],
        takes_gzip: bool,
    ) -> Option<Request> {
        let until = self.deadline.of_none(record.started);
        let terms = Terms::background(record.caller.clone()?, until);
        let (operation, principal) = (record.operation.clone()?, record.principal.clone()?);
        Some(Request {
            key: Some(key.into()),
            purpose: Purpose::Refresh,
            ..forward::to_ask(head, operation, principal, terms, takes_gzip)
        })
    }
}

impl Front {
    /// Fetches by `request`, if there is one; `claim` is held until that has ended.
    pub(super) fn refresh(&self, claim: Claim, request: Option<Request>) {
        let Some(request) = request else {
            return;
        };
        let trail = Arc::clone(&request.trail);
        let asking = self.back.clone().oneshot(request);
        let metrics = self.questions.metrics.clone();
        let refreshing = async move {
            let result = asking.await;
            metrics.cache_refreshed(if trail.is_stored() {
                "kept"
            } else {
                outcome(&result)
            });
            drop(claim);
        };
        drop(
            self.questions
                .flights
                .spawn_on(refreshing, &self.questions.work),
        );
    }
}

/// What became of an answer that was not kept.
fn outcome(result: &Result<Response, Error>) -> &'static str {
    match result.as_ref().map(Response::status) {
        Ok(StatusCode::TOO_MANY_REQUESTS) | Err(_) => "failed",
        Ok(status) if status.is_server_error() => "failed",
        Ok(_) => "not_kept",
    }
}
