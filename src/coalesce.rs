//! Equal reads at the same time share one fetch.
//!
//! A fetch is a *flight*: a task of its own, for which callers only wait. One that hangs up changes
//! nothing for the others; if all hang up before it was let go to the upstream it leaves the queue,
//! afterwards it runs on and fills the cache. Until it is let go anyone may join; then only who finds
//! the generations as they were, and no write was under way or settling when it was let go: what it
//! reads may be older than what the newcomer has seen. Those who come while a write settles share the
//! next flight, which is let go when the one under way has landed.
//!
//! Stands above `paginate`: the merged list is what is shared and kept.

mod flight;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{timeout, timeout_at};
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
        let ahead = flights.get(&key);
        if let Some(flight) = ahead.filter(|flight| flight.can_be_joined()) {
            let terms = &request.terms;
            flight.terms().extend(terms.priority(), terms.deadline());
            request.trail.was_shared();
            return Ok(Waiting::on(flight, &self.flights));
        }
        let ahead = ahead.filter(|flight| flight.has_read_while_unsettled());
        let ahead = ahead.map(|flight| flight.landing());
        if flights.len() >= self.store.config().flights {
            let (retry_after, ahead) = (Duration::from_secs(1), None);
            return Err(Kind::Saturated { retry_after, ahead }.into());
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
            let result = coalesce.fly(&flight, ahead, own, next).await;
            // First out of the map, so that nobody boards what has landed.
            drop(removal);
            landing.send_replace(Some(result));
        });
        Ok(waiting)
    }

    /// Fetches, behind the flight `ahead`.
    async fn fly<S: Handler>(
        &self,
        flight: &Flight,
        ahead: Option<impl Future<Output = ()> + Send>,
        request: Request,
        next: Next<S>,
    ) -> Result<Arc<Fetched>, Error> {
        let behind = async {
            if let Some(ahead) = ahead {
                // Else each who asks while a write settles would cost a call of his own.
                timeout(TURN, ahead).await.unwrap_or_default();
            }
            next.run(request.clone()).await
        };
        let response = tokio::select! {
            response = behind => response?,
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

/// How long a flight waits for the one ahead of it, which may hang.
const TURN: Duration = Duration::from_millis(250);

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
