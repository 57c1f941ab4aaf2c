//! One service user's limit: what is believed of it, who waits for it, who is under way.
//!
//! A request that finds a free slot and nobody waiting takes it on the spot. All others stand in
//! the queue, and one loop lets them go.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::caller::Principal;
use crate::exchange::Terms;
use crate::metrics::Metrics;
use crate::shape::forecast::Forecast;
use crate::shape::level::Level;
use crate::shape::model::{Model, Ready, Ticket};
use crate::shape::permit::Permit;
use crate::shape::place::{Place, Word};
use crate::shape::queue::{Queue, Waiter};
use crate::shape::signal::Signal;
use crate::shape::{Config, state};

/// How often those who wait are looked through for changed terms.
const LOOK_THROUGH: Duration = Duration::from_millis(250);

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
    /// Not in time; it may come back after that long.
    Refused(Duration),
}

impl Bucket {
    pub(super) fn new(config: Config, principal: Arc<Principal>, metrics: Metrics) -> Self {
        let now = Instant::now();
        let inner = Inner {
            model: Model::new(config, now),
            queue: Queue::new(),
            outside: 0.0,
        };
        Self {
            principal,
            config,
            metrics,
            level: Level::new(now),
            inner: Mutex::new(inner),
            changed: Notify::new(),
        }
    }

    /// Lets a request go, or gives it a place, or refuses it.
    pub(super) fn enter(self: &Arc<Self>, terms: &Arc<Terms>) -> Entry {
        let now = Instant::now();
        let mut inner = self.inner.lock();
        if inner.queue.is_empty() && inner.model.ready(now) == Ready::Now {
            let ticket = inner.model.release(now);
            inner.show(&self.level, now);
            drop(inner);
            return Entry::Go(Permit::new(Arc::clone(self), ticket));
        }

        let (priority, caller) = (terms.priority(), terms.caller.index);
        let ahead = inner.queue.ahead(priority, caller);
        let foreseen = inner.model.foresee(ahead, now);
        if foreseen.earliest > terms.deadline() {
            return Entry::Refused(stay_away(foreseen, now));
        }
        let is_full = inner.queue.len() >= self.config.queue.get();
        let displaced = if is_full {
            inner.queue.make_room(priority, caller)
        } else {
            None
        };
        if is_full && displaced.is_none() {
            return Entry::Refused(stay_away(foreseen, now));
        }
        let (tell, word) = oneshot::channel();
        let number = inner.queue.push(Waiter {
            terms: Arc::clone(terms),
            since: now,
            tell,
        });
        inner.show(&self.level, now);
        drop(inner);

        if let Some(waiter) = displaced {
            refuse(waiter, stay_away(foreseen, now));
        }
        self.changed.notify_one();
        Entry::Wait(Place::new(
            Arc::clone(self),
            Arc::clone(terms),
            number,
            word,
        ))
    }

    /// Lets go those who wait, each when there is a slot; never ends.
    pub(super) async fn run(self: Arc<Self>) {
        let mut look_at = Instant::now();
        loop {
            let changed = self.changed.notified();
            let now = Instant::now();
            if look_at <= now {
                self.look_through(now);
                look_at = now + LOOK_THROUGH;
            }
            match self.let_go(now) {
                // Nobody waits.
                None => changed.await,
                Some(at) => {
                    tokio::select! {
                        () = changed => {}
                        () = sleep_until(at.min(look_at)) => {}
                    }
                }
            }
        }
    }

    /// The share of slots that could be spent now: 1 for all, 0 if one more would wait.
    pub(super) fn free(&self) -> f64 {
        self.level.free(Instant::now())
    }

    /// What is known now.
    pub(super) fn state(&self) -> state::State {
        let now = Instant::now();
        let mut inner = self.inner.lock();
        inner.model.settle(now);
        state::State::of(&self.principal, &inner.model, &inner.queue, now)
    }

    /// Lets go whoever may; says when to come back for those who still wait.
    fn let_go(self: &Arc<Self>, now: Instant) -> Option<Instant> {
        loop {
            let mut inner = self.inner.lock();
            if inner.queue.is_empty() {
                return None;
            }
            match inner.model.ready(now) {
                Ready::Now => {}
                Ready::At(at) => return Some(at),
                Ready::Later => return Some(now + LOOK_THROUGH),
            }
            let waiter = inner.queue.pop()?;
            let ticket = inner.model.release(now);
            inner.show(&self.level, now);
            drop(inner);
            // Whoever has left meanwhile drops the permit here, outside of the lock.
            drop(waiter.tell.send(Ok(Permit::new(Arc::clone(self), ticket))));
        }
    }

    /// Heeds what has changed for those who wait: a better class, or no hope within the deadline.
    fn look_through(&self, now: Instant) {
        let mut inner = self.inner.lock();
        if inner.queue.is_empty() {
            return;
        }
        inner.queue.regrade();
        let soonest = inner.model.foresee(0, now);
        let hopeless = inner.queue.due_before(soonest.earliest);
        inner.show(&self.level, now);
        drop(inner);
        for waiter in hopeless {
            refuse(waiter, stay_away(soonest, now));
        }
    }

    /// When one more may go after `terms`' own and all before it, as a time to stay away.
    pub(super) fn stay_away(&self, terms: &Terms) -> Duration {
        let now = Instant::now();
        let mut inner = self.inner.lock();
        let ahead = inner.queue.ahead(terms.priority(), terms.caller.index);
        stay_away(inner.model.foresee(ahead, now), now)
    }

    /// One who waited has left.
    pub(super) fn leave(&self, caller: usize, number: u64) {
        let mut inner = self.inner.lock();
        drop(inner.queue.remove(caller, number));
        inner.show(&self.level, Instant::now());
    }

    /// A request is sent.
    pub(super) fn spend(&self) {
        self.metrics.limit_spent(&self.principal, "self", 1);
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

impl Inner {
    /// Writes down what is free, after each change.
    fn show(&mut self, level: &Level, now: Instant) {
        level.write(&mut self.model, !self.queue.is_empty(), now);
    }
}

fn refuse(waiter: Waiter<oneshot::Sender<Word>>, stay_away: Duration) {
    drop(waiter.tell.send(Err(stay_away)));
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
