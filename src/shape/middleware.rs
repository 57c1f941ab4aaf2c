//! Waits for a slot of the upstream's limit before a request is sent, and learns from the answer.
//!
//! A 429 of the upstream passes up as it is: whether to try again is `retry`'s to decide, and the
//! next attempt comes through here again. Bodies are not waited for: a slot is given back when the
//! head of the answer is there.
//!
//! Stands below `retry` and `breaker`, so that each attempt takes its own slot and an open circuit
//! takes none; above `sign`, because a token picked before the wait could expire during it.

use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

use crate::caller::Priority;
use crate::error::{Error, Kind};
use crate::exchange::{Handler, Purpose, Request, Response};
use crate::metrics::Metrics;
use crate::middleware::{Middleware, Next};
use crate::shape::Buckets;
use crate::shape::bucket::Entry;
use crate::shape::permit::Permit;
use crate::shape::place::{Refusal, Vain};
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
        // Only a 429 says that the upstream did not act.
        let is_again = request.purpose == Purpose::Retry
            && request.trail.upstream_status() == Some(StatusCode::TOO_MANY_REQUESTS.as_u16());
        let got = match bucket.enter(&request.terms, is_again) {
            Entry::Go(permit) => Ok(permit),
            Entry::Wait(place) => place.wait().await,
            Entry::Refused(refusal) => Err(Vain::Refused(refusal)),
        };
        let (got, outcome) = match got {
            Ok(permit) => (Ok(permit), "sent"),
            Err(Vain::Refused(refusal)) => (Err(refusal), "refused"),
            Err(Vain::Expired(refusal)) => (Err(refusal), "expired"),
        };
        request.trail.waited(watch.end(outcome));
        got.map_err(|Refusal { retry_after, ahead }| Kind::Saturated { retry_after, ahead }.into())
    }
}

impl Middleware for Shape {
    async fn handle<S: Handler>(&self, request: Request, next: Next<S>) -> Result<Response, Error> {
        let mut permit = self.permit(&request).await?;
        permit.sent(&request.terms.caller, &request.operation);
        request.released();

        let response = next.run(request).await?;
        permit.answered(&Signal::read(response.status(), response.headers()));
        Ok(response)
    }
}

/// The metric's word for how a wait ended, written once, even if the one who waited hangs up.
#[derive(Debug)]
struct Watch<'a> {
    metrics: &'a Metrics,
    priority: Priority,
    since: Instant,
    outcome: &'static str,
}

impl<'a> Watch<'a> {
    fn new(metrics: &'a Metrics, priority: Priority) -> Self {
        Self {
            metrics,
            priority,
            since: Instant::now(),
            outcome: "canceled",
        }
    }

    /// Returns how long it took.
    fn end(mut self, outcome: &'static str) -> Duration {
        self.outcome = outcome;
        self.since.elapsed()
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let waited = self.since.elapsed();
        self.metrics
            .queue_waited(self.priority, self.outcome, waited);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use tower::{Layer, ServiceExt};

    use super::*;
    use crate::exchange::Observer;
    use crate::middleware::with;
    use crate::shape::Config;
    use crate::testing;

    fn shape() -> (Shape, Buckets) {
        let principals = [testing::principal()];
        let buckets = Buckets::new(Config::default(), &principals, Metrics::default());
        (Shape::new(buckets.clone()), buckets)
    }

    fn request() -> Request {
        let deadline = Instant::now() + Duration::from_secs(50);
        let terms = testing::terms(0, Priority::Interactive, deadline);
        testing::get("/v1/teams/demo/groups", terms)
    }

    #[tokio::test(start_paused = true)]
    async fn refusal_of_the_upstream_passes_up_as_it_is() {
        let (shape, buckets) = shape();
        let (inner, mut upstream) = testing::upstream();
        let reply = tokio::spawn(with(shape).layer(inner).oneshot(request()));

        let (_, answer) = upstream.next_request().await.unwrap();
        let mut refusal = Response::default();
        *refusal.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        answer.send_response(refusal);

        let response = reply.await.unwrap().unwrap();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(buckets.snapshot()[0].in_flight, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn release_is_told_once_before_the_request_is_sent() {
        let (shape, _) = shape();
        let (inner, mut upstream) = testing::upstream();
        let told = Arc::new(testing::Told::default());
        let mut request = request();
        request.observer = Some(Arc::clone(&told) as Arc<dyn Observer>);

        let reply = tokio::spawn(with(shape).layer(inner).oneshot(request));
        let (_, answer) = upstream.next_request().await.unwrap();

        assert_eq!(told.0.load(Ordering::SeqCst), 1);
        answer.send_response(Response::default());
        reply.await.unwrap().unwrap();
        assert_eq!(told.0.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_hangs_up_under_way_is_counted_back() {
        let (shape, buckets) = shape();
        let (inner, mut upstream) = testing::upstream();
        let reply = tokio::spawn(with(shape).layer(inner).oneshot(request()));
        let under_way = upstream.next_request().await.unwrap();
        assert_eq!(buckets.snapshot()[0].in_flight, 1);

        reply.abort();
        reply.await.unwrap_err();

        assert_eq!(buckets.snapshot()[0].in_flight, 0);
        drop(under_way);
    }

    #[tokio::test(start_paused = true)]
    async fn failure_of_the_upstream_gives_the_slot_back() {
        let (shape, buckets) = shape();
        let (inner, mut upstream) = testing::upstream();
        let reply = tokio::spawn(with(shape).layer(inner).oneshot(request()));

        let (_, answer) = upstream.next_request().await.unwrap();
        answer.send_error(Kind::UpstreamTimeout.because("late"));

        reply.await.unwrap().unwrap_err();
        assert_eq!(buckets.snapshot()[0].in_flight, 0);
    }
}
