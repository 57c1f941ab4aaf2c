//! What is shown of one limit: a copy, taken at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::caller::{Principal, Priority};
use crate::shape::model::Model;
use crate::shape::queue::Queue;
use crate::shape::shares::Spending;

/// One service user's limit at one moment.
#[derive(Clone, Debug)]
pub struct State {
    /// Whose it is.
    pub principal: Arc<Principal>,
    /// All slots that there are; `None` until the upstream has told.
    pub limit: Option<u32>,
    /// Slots believed to be left; zero until the upstream has told.
    pub remaining: f64,
    /// Slots that are never spent here.
    pub reserved: f64,
    /// When all slots are there again, if nothing more is spent; `None` where it is not known.
    pub full_at: Option<Instant>,
    /// How long until none is left, if all goes on as in the last minute; `None`: never.
    pub empty_in: Option<Duration>,
    /// How many wait, by class, most urgent first.
    pub waiting: [usize; 3],
    /// How long the oldest of each class has waited.
    pub oldest_wait: [Duration; 3],
    /// How many are under way.
    pub in_flight: u32,
    /// How many wait, by caller and class.
    pub waiting_by_caller: Vec<(Arc<str>, Priority, usize)>,
    /// Slots that come back each second; `None` until it is learned.
    pub refill_per_second: Option<f64>,
    /// How far the upstream's clock is ahead of ours, in seconds; `None` until it has told.
    pub clock_offset: Option<f64>,
    /// How long one more would wait, behind all who wait now; zero: it would go at once.
    pub next_wait: Duration,
    /// Slots that go each second, ours and others', as in the last minute or so.
    pub spent_per_second: f64,
    /// Who has spent it lately, and on what.
    pub spending: Spending,
}

impl State {
    pub(super) fn of<T>(
        principal: &Arc<Principal>,
        model: &Model,
        queue: &Queue<T>,
        now: Instant,
    ) -> Self {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let mut state = Self {
            principal: Arc::clone(principal),
            limit: model.limit,
            remaining: model.limit.map_or(0.0, |_| model.level.max(0.0)),
            reserved: model.reserved(),
            full_at: model.full_at(now),
            empty_in: model.empty_in(now),
            waiting: [0; 3],
            oldest_wait: [Duration::ZERO; 3],
            in_flight: model.in_flight(),
            waiting_by_caller: Vec::new(),
            refill_per_second: model.pace.likely().map(|slot| 1.0 / slot),
            clock_offset: model.clock.ahead_of(wall.as_secs_f64(), now),
            next_wait: Duration::ZERO,
            spent_per_second: model.spent.per_second(now) + model.lost.per_second(now),
            spending: Spending::default(),
        };
        state.count(queue, now);
        state
    }

    fn count<T>(&mut self, queue: &Queue<T>, now: Instant) {
        let mut callers = BTreeMap::new();
        for (priority, first, length) in queue.lines() {
            let waited = now.saturating_duration_since(first.since);
            let classes = self.waiting.iter_mut().zip(&mut self.oldest_wait);
            if let Some((waiting, oldest)) = classes.into_iter().nth(priority as usize) {
                *waiting += length;
                *oldest = waited.max(*oldest);
            }
            *callers
                .entry((&first.terms.caller.name, priority))
                .or_insert(0) += length;
        }
        let callers = callers.into_iter();
        self.waiting_by_caller = callers
            .map(|((name, priority), count)| (Arc::clone(name), priority, count))
            .collect();
    }
}
