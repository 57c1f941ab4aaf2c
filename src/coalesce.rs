//! Equal reads at the same time share one fetch.
//!
//! A fetch is a *flight*: a task of its own, for which callers only wait. One that hangs up changes
//! nothing for the others; if all hang up before it was let go to the upstream it leaves the queue,
//! afterwards it runs on and fills the cache. Until it is let go anyone may join; then only who finds
//! the generations as they were, and no write was under way or settling when it was let go: what it
//! reads may be older than what the newcomer has seen.
//!
//! Stands above `paginate`: the merged list is what is shared and kept.

mod flight;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::timeout_at;
use tokio_util::task::TaskTracker;

use self::flight::{Flight, Waiting};
use crate::cache::{Fetched, Store};
use crate::error::{Error, Kind};
use crate::exchange::{Handler, Observer, Request, Response};
use crate::metrics::Metrics;
use crate::middleware::{Middleware, Next};

/// The flights under way, by cache key.
type Map = Arc<Mutex<HashMap<Arc<[u8]>, Arc<Flight>, ahash::RandomState>>>;

/// Shares fetches; see the [module](self).
#[derive(Clone, Debug)]
pub struct Coalesce {
    flights: Map,
    store: Store,
    tasks: TaskTracker,
    metrics: Metrics,
}

impl Coalesce {
    /// Keeps what is fetched in `store`; flights run in `tasks`.
    pub fn new(store: Store, tasks: TaskTracker, metrics: Metrics) -> Self {
        Self {
            flights: Map::default(),
            store,
            tasks,
            metrics,
        }
    }

    /// Joins the flight for `key`, or starts one.
    fn board<S: Handler>(
        &self,
        key: Arc<[u8]>,
        request: &Request,
        next: Next<S>,
    ) -> Result<Waiting, Error> {
        let mut flights = self.flights.lock();
        if let Some(flight) = flights.get(&key)
            && flight.can_be_joined()
        {
            let terms = &request.terms;
            flight.terms().extend(terms.priority(), terms.deadline());
            request.trail.was_shared();
            return Ok(Waiting::on(flight, &self.flights));
        }
        if flights.len() >= self.store.config().flights {
            let retry_after = std::time::Duration::from_secs(1);
            return Err(Kind::Saturated { retry_after }.into());
        }
        let (flight, landing) = Flight::new(Arc::clone(&key), request, &self.store);
        let waiting = Waiting::on(&flight, &self.flights);
        flights.insert(key, Arc::clone(&flight));
        drop(flights);
        let own = Request {
            trail: Arc::clone(flight.trail()),
            terms: Arc::clone(flight.terms()),
            observer: Some(Arc::clone(&flight) as Arc<dyn Observer>),
            ..request.clone()
        };
        let removal = Removal {
            flights: Arc::clone(&self.flights),
            flight: Arc::clone(&flight),
        };
        let coalesce = self.clone();
        self.tasks.spawn(async move {
            let result = coalesce.fly(&flight, own, next).await;
            // First out of the map, so that nobody boards what has landed.
            drop(removal);
            landing.send_replace(Some(result));
        });
        Ok(waiting)
    }

    async fn fly<S: Handler>(
        &self,
        flight: &Flight,
        request: Request,
        next: Next<S>,
    ) -> Result<Arc<Fetched>, Error> {
        let response = tokio::select! {
            response = next.run(request.clone()) => response?,
            () = flight.abandoned() => return Err(Kind::DeadlineExceeded.into()),
        };
        let pages = request.trail.pages().max(1);
        let fetched = Fetched::take(response, pages).ok_or(Kind::ResponseTooLarge)?;
        if request.trail.is_changed() {
            self.metrics.cache_skipped("generation");
        } else if let Some((slots, stamp)) = flight.stamp_for(fetched.status)
            && self.store.offer(&request, &fetched, &slots, &stamp)
        {
            request.trail.was_stored();
        }
        Ok(Arc::new(fetched))
    }
}

impl Middleware for Coalesce {
    /// # Cancel safety
    ///
    /// Dropping it is hanging up: the flight goes on for the others, or leaves the queue.
    async fn handle<S: Handler>(&self, request: Request, next: Next<S>) -> Result<Response, Error> {
        let Some(key) = request.key.clone() else {
            return next.run(request).await;
        };
        let deadline = request.terms.deadline();
        let waiting = self.board(key, &request, next)?;
        let landed = timeout_at(deadline, waiting.landed()).await;
        request.trail.copy_from(waiting.trail());
        let fetched = landed.map_err(|e| Kind::DeadlineExceeded.because(e))??;
        Ok(fetched.to_response())
    }
}

/// Takes a flight out of the map, also when it panics.
#[derive(Debug)]
struct Removal {
    flights: Map,
    flight: Arc<Flight>,
}

impl Drop for Removal {
    fn drop(&mut self) {
        let mut flights = self.flights.lock();
        let is_ours = flights
            .get(self.flight.key())
            .is_some_and(|flight| Arc::ptr_eq(flight, &self.flight));
        if is_ours {
            flights.remove(self.flight.key());
        }
    }
}

#[cfg(test)]
mod tests;
