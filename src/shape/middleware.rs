//! Waits for a slot of the upstream's limit before a request is sent, and learns from the answer.
//!
//! A 429 of the upstream passes up as it is: whether to try again is `retry`'s to decide, and the
//! next attempt comes through here again. Bodies are not waited for: a slot is given back when the
//! head of the answer is there.
//!
//! Stands below `retry` and `breaker`, so that each attempt takes its own slot and an open circuit
//! takes none; above `sign`, because a token picked before the wait could expire during it.

use crate::error::{Error, Kind};
use crate::exchange::{Handler, Request, Response};
use crate::middleware::{Middleware, Next};
use crate::shape::Buckets;
use crate::shape::bucket::{Entry, Permit, Vain, Watch};
use crate::shape::signal::Signal;

/// Sends requests only when the upstream has room for them; see the [module](self).
///
/// # Cancel safety
///
/// A request that is dropped while it waits leaves the queue and spends nothing; one that is
/// dropped after it was sent has spent its slot, and is no longer counted as under way.
#[derive(Debug)]
pub struct Shape {
    buckets: Buckets,
}

impl Shape {
    /// Spends from `buckets`; somebody must [run](Buckets::run) them.
    pub fn new(buckets: Buckets) -> Self {
        Self { buckets }
    }

    async fn permit(&self, request: &Request) -> Result<Permit, Error> {
        let bucket = self.buckets.of(&request.principal)?;
        let watch = Watch::new(self.buckets.metrics(), request.terms.priority());
        let got = match bucket.enter(&request.terms) {
            Entry::Go(permit) => Ok(permit),
            Entry::Wait(place) => place.wait().await,
            Entry::Refused(retry_after) => Err(Vain::Refused(retry_after)),
        };
        let (got, outcome) = match got {
            Ok(permit) => (Ok(permit), "sent"),
            Err(Vain::Refused(retry_after)) => (Err(retry_after), "refused"),
            Err(Vain::Expired(retry_after)) => (Err(retry_after), "expired"),
        };
        request.trail.waited(watch.end(outcome));
        got.map_err(|retry_after| Kind::Saturated { retry_after }.into())
    }
}

impl Middleware for Shape {
    async fn handle<S: Handler>(&self, request: Request, next: Next<S>) -> Result<Response, Error> {
        let mut permit = self.permit(&request).await?;
        permit.sent();
        request.released();

        let response = next.run(request).await?;
        permit.answered(&Signal::read(response.status(), response.headers()));
        Ok(response)
    }
}
