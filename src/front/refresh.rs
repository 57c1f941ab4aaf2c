//! Fetches anew what was just given although it was too old; nobody waits for it.
//!
//! It goes the way of every read: it joins or is joined by callers who ask for the same, waits for the
//! limit in the last class, and is kept only if no write has touched meanwhile what it reads.

use std::sync::Arc;

use http::StatusCode;
use http::request::Parts;
use tokio::time::Instant;
use tower::ServiceExt;

use super::{Asked, Front, Questions};
use crate::cache::Claim;
use crate::error::Error;
use crate::exchange::{Purpose, Request, Response, Terms};

impl Questions {
    /// The same read, for nobody who waits.
    pub(super) fn later(&self, head: &Parts, asked: &Asked, started: Instant) -> Request {
        let until = self.deadline.of_none(started);
        let terms = Terms::background(Arc::clone(&asked.caller), until);
        Request {
            key: asked.key.clone(),
            purpose: Purpose::Refresh,
            ..self.to_ask(head, asked, terms)
        }
    }
}

impl Front {
    /// Fetches by `request`; `claim` is held until that has ended.
    pub(super) fn refresh(&self, claim: Claim, request: Request) {
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
