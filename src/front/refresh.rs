//! Fetches anew what was just given although it was too old; nobody waits for it.
//!
//! It goes the way of every read: it joins or is joined by callers who ask for the same, waits for the
//! limit in the last class, and is kept only if no write has touched meanwhile what it reads.

use std::sync::Arc;

use http::StatusCode;
use tower::ServiceExt;

use super::Front;
use crate::cache::Claim;
use crate::error::Error;
use crate::exchange::{Purpose, Request, Response};

impl Front {
    /// Fetches what stands under `key` by `request`; `claim` is held until that has ended.
    pub(super) fn refresh(&self, claim: Claim, key: Arc<[u8]>, request: Request) {
        let request = Request {
            key: Some(key),
            purpose: Purpose::Refresh,
            ..request
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
