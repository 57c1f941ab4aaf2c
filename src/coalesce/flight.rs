//! One fetch that several may wait for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::StatusCode;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::Map;
use crate::cache::{Fetched, Generations, Slots, Stamp, Store, read_tags};
use crate::error::{Error, Kind};
use crate::exchange::{Observer, Request, Terms, Trail};

/// What a flight ends with.
pub(super) type Landed = Result<Arc<Fetched>, Error>;

/// One fetch; see the [module](super).
pub(super) struct Flight {
    key: Arc<[u8]>,
    terms: Arc<Terms>,
    trail: Arc<Trail>,
    result: watch::Receiver<Option<Landed>>,
    waiting: AtomicUsize,
    abandoned: Notify,
    linger: Duration,
    generations: Generations,
    /// What its answer stands on.
    slots: Slots,
    /// The same for a 404, which a new member of anything above it makes untrue.
    absent_slots: Slots,
    stamps: Mutex<Option<Stamps>>,
}

/// Taken when the flight is let go.
#[derive(Clone, Copy)]
struct Stamps {
    found: Stamp,
    absent: Stamp,
}

impl Flight {
    /// A flight for `request` that has not been let go, and where to say how it landed.
    pub(super) fn new(
        key: Arc<[u8]>,
        request: &Request,
        store: &Store,
    ) -> (Arc<Self>, watch::Sender<Option<Landed>>) {
        let generations = store.generations().clone();
        let (tags, absent) = read_tags(&request.operation, &request.principal);
        let slots = generations.slots(tags);
        let mut absent_slots = slots.clone();
        absent_slots.extend(absent.iter().map(|tag| generations.slot(tag)));
        let (landing, result) = watch::channel(None);
        let flight = Self {
            key,
            terms: Arc::new(request.terms.copy()),
            trail: Arc::default(),
            result,
            waiting: AtomicUsize::new(0),
            abandoned: Notify::new(),
            linger: store.config().linger,
            generations,
            slots,
            absent_slots,
            stamps: Mutex::new(None),
        };
        (Arc::new(flight), landing)
    }

    pub(super) fn key(&self) -> &Arc<[u8]> {
        &self.key
    }

    pub(super) fn terms(&self) -> &Arc<Terms> {
        &self.terms
    }

    pub(super) fn trail(&self) -> &Arc<Trail> {
        &self.trail
    }

    /// Whether who arrives now may have its answer.
    pub(super) fn can_be_joined(&self) -> bool {
        #[cfg(test)]
        if self.generations.leaves_out(crate::cache::Check::Flight) {
            return true;
        }
        // A 404 may come of it, so what is above counts too.
        let stamps = *self.stamps.lock();
        stamps.is_none_or(|stamps| {
            let slots = &self.absent_slots;
            self.generations.vouch_for(slots, &stamps.absent)
        })
    }

    /// Whether it was let go while a write settled, and nothing was touched since.
    pub(super) fn has_read_while_unsettled(&self) -> bool {
        let stamps = *self.stamps.lock();
        stamps.is_some_and(|stamps| {
            let (slots, stamp) = (&self.absent_slots, &stamps.absent);
            self.generations.sum(slots) == stamp.sum && !self.generations.vouch_for(slots, stamp)
        })
    }

    /// Ends when it has landed, in whatever way.
    pub(super) fn landing(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut result = self.result.clone();
        async move {
            // Closed without a result, it has ended too.
            drop(result.wait_for(Option::is_some).await);
        }
    }

    /// What an answer of this status stands on, and the stamp of when it was let go.
    pub(super) fn stamp_for(&self, status: StatusCode) -> Option<(Slots, Stamp)> {
        let stamps = (*self.stamps.lock())?;
        Some(match status {
            StatusCode::NOT_FOUND => (self.absent_slots.clone(), stamps.absent),
            _ => (self.slots.clone(), stamps.found),
        })
    }

    /// Waits until nobody waits for a flight that was not let go.
    pub(super) async fn abandoned(&self) {
        self.abandoned.notified().await;
    }
}

impl Observer for Flight {
    fn released(&self) {
        let stamps = Stamps {
            found: self.generations.stamp(&self.slots),
            absent: self.generations.stamp(&self.absent_slots),
        };
        *self.stamps.lock() = Some(stamps);
    }

    fn goes_on(&self) {
        // What was read is paid for: the rest is read although its callers may go.
        let until = Instant::now() + self.linger;
        self.terms.extend(self.terms.priority(), until);
    }

    fn holds(&self) -> bool {
        let stamps = *self.stamps.lock();
        stamps.is_some_and(|stamps| self.generations.sum(&self.slots) == stamps.found.sum)
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").finish_non_exhaustive()
    }
}

/// One who waits; leaving is dropping it.
#[derive(Debug)]
pub(super) struct Waiting {
    flight: Arc<Flight>,
    flights: Map,
}

impl Waiting {
    /// Waits on `flight`; called with the map's lock held.
    pub(super) fn on(flight: &Arc<Flight>, flights: &Map) -> Self {
        flight.waiting.fetch_add(1, Ordering::SeqCst);
        Self {
            flight: Arc::clone(flight),
            flights: Arc::clone(flights),
        }
    }

    pub(super) fn trail(&self) -> &Trail {
        &self.flight.trail
    }

    /// The answer, or the error, that everybody gets.
    pub(super) async fn landed(&self) -> Landed {
        let mut result = self.flight.result.clone();
        let landed = result.wait_for(Option::is_some).await;
        // Closed without a result: the task panicked.
        let landed = landed.map_err(|e| Kind::Internal.because(e))?;
        landed.clone().unwrap_or_else(|| Err(Kind::Internal.into()))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Under the map's lock nobody boards between the count and the leaving.
        let mut flights = self.flights.lock();
        let was_last = self.flight.waiting.fetch_sub(1, Ordering::SeqCst) == 1;
        let is_queued = self.flight.stamps.lock().is_none();
        if was_last && is_queued {
            let is_mapped = flights
                .get(&self.flight.key)
                .is_some_and(|mapped| Arc::ptr_eq(mapped, &self.flight));
            if is_mapped {
                flights.remove(&self.flight.key);
            }
            self.flight.abandoned.notify_one();
        }
    }
}
