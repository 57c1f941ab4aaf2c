//! One service user's limit: what is believed of it, who waits for it, who is under way.
//!
//! A request that finds a free slot and nobody waiting takes it on the spot. All others stand in
//! the queue, and one loop lets them go.

mod standing;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::caller::{Caller, Principal};
use crate::exchange::Terms;
use crate::metrics::Metrics;
use crate::operation::Operation;
use crate::shape::forecast::Forecast;
use crate::shape::level::Level;
use crate::shape::model::{Model, Ready, Ticket};
use crate::shape::permit::Permit;
use crate::shape::place::{Place, Refusal, Word};
use crate::shape::queue::{Queue, Waiter};
use crate::shape::shares::Shares;
use crate::shape::signal::Signal;
use crate::shape::{Config, state};

/// Refusals are spread over this much of the wait that they name, and at least over a second.
const SPREAD: f64 = 0.25;

/// One limit.
#[derive(Debug)]
pub(super) struct Bucket {
    principal: Arc<Principal>,
    config: Config,
    metrics: Metrics,
    level: Level,
    inner: Mutex<Inner>,
    /// Apart from what decides, which nobody who merely counts should hold up.
    shares: Mutex<Shares>,
    changed: Notify,
}

#[derive(Debug)]
struct Inner {
    model: Model,
    queue: Queue<oneshot::Sender<Word>>,
    /// What others have spent and was not counted yet: less than a slot.
    outside: f64,
}

/// What became of a wish to be let go.
#[derive(Debug)]
pub(super) enum Entry {
    /// At once.
    Go(Permit),
    /// Not yet.
    Wait(Place),
    /// Not in time.
    Refused(Refusal),
}

impl Bucket {
    pub(super) fn new(config: Config, principal: Arc<Principal>, metrics: Metrics) -> Self {
        let now = Instant::now();
        let inner = Inner {
            model: Model::new(config, now),
            queue: Queue::new(config.age_after),
            outside: 0.0,
        };
        Self {
            principal,
            config,
            metrics,
            level: Level::new(now),
            inner: Mutex::new(inner),
            shares: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Lets a request go, or gives it a place, or refuses it. One that was let go before, and in
    /// vain, goes to the head of its class; it finds room, for it had some.
    pub(super) fn enter(self: &Arc<Self>, terms: &Arc<Terms>, is_again: bool) -> Entry {
        let now = Instant::now();
        let mut inner = self.inner.lock();
        if inner.queue.is_empty() && inner.model.ready(now) == Ready::Now {
            let ticket = inner.model.release(now);
            inner.show(&self.level, now);
            drop(inner);
            return Entry::Go(Permit::new(Arc::clone(self), ticket));
        }

        let foreseen = inner.foresee(terms, is_again, now);
        if foreseen.earliest > terms.deadline() {
            return Entry::Refused(inner.refusal(terms, 0, now));
        }
        let displaced = if is_again {
            None
        } else {
            match self.make_room(&mut inner, terms) {
                Ok(displaced) => displaced,
                Err(Full) => return Entry::Refused(inner.refusal(terms, 0, now)),
            }
        };
        let (tell, word) = oneshot::channel();
        let waiter = Waiter {
            terms: Arc::clone(terms),
            since: now,
            is_again,
            tell,
        };
        let number = inner.queue.push(waiter, now);
        let displaced = displaced.map(|waiter| {
            let refusal = inner.refusal(&waiter.terms, 0, now);
            (waiter, refusal)
        });
        inner.show(&self.level, now);
        drop(inner);

        if let Some((waiter, refusal)) = displaced {
            refuse(waiter, refusal);
        }
        self.changed.notify_one();
        Entry::Wait(Place::new(
            Arc::clone(self),
            Arc::clone(terms),
            number,
            word,
        ))
    }

    /// Makes room for one more; who has to go for that is taken out.
    fn make_room(
        &self,
        inner: &mut Inner,
        terms: &Terms,
    ) -> Result<Option<Waiter<oneshot::Sender<Word>>>, Full> {
        if inner.queue.of_caller(&terms.caller) >= self.config.queue_per_caller.get() {
            return Err(Full);
        }
        if inner.queue.len() < self.config.queue.get() {
            return Ok(None);
        }
        let displaced = inner.queue.make_room(terms.priority(), &terms.caller);
        displaced.map(Some).ok_or(Full)
    }

    /// The share of slots that could be spent now: 1 for all, 0 if one more would wait.
    pub(super) fn free(&self) -> f64 {
        self.level.free(Instant::now())
    }

    /// What is known now.
    pub(super) fn state(&self) -> state::State {
        let now = Instant::now();
        let spending = self.shares.lock().shown(now);
        let mut inner = self.inner.lock();
        inner.model.settle(now);
        let behind = inner.queue.len();
        let next = inner.model.foresee(behind, now).likely;
        let state = state::State::of(&self.principal, &inner.model, &inner.queue, now);
        state::State {
            next_wait: next.saturating_duration_since(now),
            spending,
            ..state
        }
    }

    /// What one is told who leaves because its time is over: when one more may go after its own and all
    /// before it.
    pub(super) fn expired(&self, terms: &Terms) -> Refusal {
        let now = Instant::now();
        let mut inner = self.inner.lock();
        inner.refusal(terms, 0, now)
    }

    /// One who waited has left.
    pub(super) fn leave(&self, number: u64) {
        let mut inner = self.inner.lock();
        drop(inner.queue.remove(number));
        inner.show(&self.level, Instant::now());
    }

    /// A request is sent for `caller`, on `operation`.
    pub(super) fn spend(&self, caller: &Caller, operation: &Operation) {
        self.metrics.limit_spent(&self.principal, "self", 1);
        let (name, now) = (operation.endpoint.name, Instant::now());
        self.shares.lock().spent(&caller.name, name, now);
    }

    /// The request of `ticket` was never sent.
    pub(super) fn take_back(&self, ticket: Ticket) {
        self.change(|inner, now| inner.model.take_back(ticket, now));
    }

    /// The request of `ticket` was sent and is not answered.
    pub(super) fn end(&self, ticket: Ticket) {
        self.change(|inner, now| inner.model.end(ticket, now));
    }

    /// The request of `ticket` was answered.
    pub(super) fn learn(&self, ticket: Ticket, signal: &Signal) {
        let (lesson, outside) = self.change(|inner, now| {
            let lesson = inner.model.learn(ticket, signal, now);
            inner.model.end(ticket, now);
            let outside = inner.outside + lesson.outside;
            inner.outside = outside.fract();
            (lesson, outside)
        });
        if outside >= 1.0 {
            let slots = Duration::from_secs_f64(outside).as_secs();
            self.metrics.limit_spent(&self.principal, "outside", slots);
            self.shares.lock().lost(slots, Instant::now());
        }
        if let Some(cause) = lesson.limited {
            self.metrics.upstream_limited(&self.principal, cause);
        }
        if let Some(cause) = lesson.reset {
            self.metrics.model_reset(&self.principal, cause);
        }
    }

    /// Changes what is believed, and has the queue looked at again if anybody waits.
    fn change<R>(&self, change: impl FnOnce(&mut Inner, Instant) -> R) -> R {
        let now = Instant::now();
        let mut inner = self.inner.lock();
        let result = change(&mut inner, now);
        inner.show(&self.level, now);
        let is_awaited = !inner.queue.is_empty();
        drop(inner);
        if is_awaited {
            self.changed.notify_one();
        }
        result
    }
}

/// The queue is, for this caller.
#[derive(Debug)]
struct Full;

impl Inner {
    /// When a newcomer on these terms goes: behind all that are ahead of it, or behind those of its
    /// class alone, once that has aged.
    fn foresee(&mut self, terms: &Terms, is_again: bool, now: Instant) -> Forecast {
        if is_again {
            return self.model.foresee(0, now);
        }
        let priority = terms.priority();
        let ahead = self.queue.ahead(priority, &terms.caller);
        let foreseen = self.model.foresee(ahead.all, now);
        if ahead.all == ahead.of_class {
            return foreseen;
        }
        let aged_at = self.queue.aged_at(priority, ahead.of_class, now);
        let of_class = self.model.foresee(ahead.of_class, now);
        Forecast {
            earliest: foreseen.earliest.min(of_class.earliest.max(aged_at)),
            likely: foreseen.likely.min(of_class.likely.max(aged_at)),
        }
    }

    /// What one on these terms is told who cannot wait for its turn: when a newcomer's would be, behind
    /// as many as were just sent away too.
    fn refusal(&mut self, terms: &Terms, sent_away: usize, now: Instant) -> Refusal {
        let ahead = self.queue.ahead(terms.priority(), &terms.caller).all + sent_away;
        let foreseen = match sent_away {
            0 => self.foresee(terms, false, now),
            _ => self.model.foresee(ahead, now),
        };
        Refusal {
            retry_after: stay_away(foreseen, now),
            ahead: Some(ahead),
        }
    }

    /// Writes down what is free, after each change.
    fn show(&mut self, level: &Level, now: Instant) {
        level.write(&mut self.model, !self.queue.is_empty(), now);
    }
}

/// Sends one away who waits.
fn refuse(waiter: Waiter<oneshot::Sender<Word>>, refusal: Refusal) {
    drop(waiter.tell.send(Err(refusal)));
}

/// How long to stay away: until the slot that is foreseen, and then not all at once.
fn stay_away(foreseen: Forecast, now: Instant) -> Duration {
    let wait = foreseen
        .likely
        .saturating_duration_since(now)
        .as_secs_f64()
        .max(1.0);
    let spread = (wait * SPREAD).max(1.0);
    Duration::from_secs_f64(wait + spread * fastrand::f64())
}
