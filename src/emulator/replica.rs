//! What the team looked like a while ago, for reads that lag behind writes.
//!
//! A copy of the content that every write reaches too, later: a read first lets those into it that
//! are old enough. Writes are done again as they were done, with their own time and dice, so that ids
//! and secrets are the same. There is a copy only while a read may lag; before it was made nothing
//! can be seen.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use serde_json::Value;
use uuid::Uuid;

use super::answer::{Answer, Problem};
use super::ask::Ask;
use super::clock::Time;
use super::route::route;
use super::store::Store;
use super::world::Visit;

/// A copy of the content that lags behind.
#[derive(Debug)]
pub(super) struct Replica {
    store: Store,
    /// What has not reached the copy yet, oldest first.
    changes: VecDeque<Change>,
    bytes: usize,
    /// The longest lag that was read with: the copy is never newer than that.
    longest: Duration,
    /// Held by requests that will read here.
    readers: Arc<()>,
}

#[derive(Debug)]
struct Change {
    at: Time,
    deed: Deed,
}

#[derive(Debug)]
enum Deed {
    /// A write and the dice as they were before it.
    Write { user: Uuid, ask: Box<Ask>, rng: Rng },
    /// A token call, which shows at the key that was used.
    Login { key: String },
}

impl Change {
    fn bytes(&self) -> usize {
        match &self.deed {
            Deed::Write { ask, .. } => ask.body_len(),
            Deed::Login { key } => key.len(),
        }
    }

    /// Does it again; `visit` says what is common to all.
    fn apply(&self, store: &mut Store, visit: &Visit<'_>) {
        match &self.deed {
            Deed::Write { user, ask, rng } => {
                store.rng = rng.clone();
                let (user, now) = (*user, self.at);
                let visit = Visit {
                    ask,
                    user,
                    now,
                    ..*visit
                };
                // It was answered when it was done the first time.
                drop(route(store, &visit));
            }
            Deed::Login { key } => {
                let user = store.owner(key).map(|user| user.id);
                let key = user.and_then(|user| store.key_mut(user, key));
                if let Some(key) = key {
                    key.last_used = Some(self.at);
                }
            }
        }
    }
}

impl Replica {
    /// A copy of `store` as it is.
    pub(super) fn new(store: &Store) -> Self {
        Self {
            store: store.clone(),
            changes: VecDeque::new(),
            bytes: 0,
            longest: Duration::ZERO,
            readers: Arc::default(),
        }
    }

    /// Lets the copy live until this is dropped.
    pub(super) fn hold(&self) -> Arc<()> {
        self.readers.clone()
    }

    /// Whether a request is on its way that will read here.
    pub(super) fn is_held(&self) -> bool {
        Arc::strong_count(&self.readers) > 1
    }

    /// Notes a write that was done, and the dice as they were before it.
    pub(super) fn wrote(&mut self, visit: &Visit<'_>, rng: Rng) {
        let (user, ask) = (visit.user, Box::new(visit.ask.clone()));
        self.note(visit, Deed::Write { user, ask, rng });
    }

    /// Notes a token call that was answered with a token.
    pub(super) fn logged_in(&mut self, visit: &Visit<'_>) {
        let body = visit.ask.object().unwrap_or_default();
        if let Some(key) = body.get("key_id").and_then(Value::as_str) {
            let key = key.to_owned();
            self.note(visit, Deed::Login { key });
        }
    }

    /// Answers a read as it would have been answered `lag` ago.
    pub(super) fn read(&mut self, visit: &Visit<'_>, lag: Duration) -> Result<Answer, Problem> {
        self.longest = self.longest.max(lag);
        let oldest = visit.now.minus(self.longest);
        while self.changes.front().is_some_and(|next| next.at <= oldest) {
            self.advance(visit);
        }
        let now = visit.now.minus(lag);
        let then = Visit { now, ..*visit };
        let due = |change: &&Change| change.at <= now;
        if !self.changes.front().is_some_and(|next| due(&next)) {
            return route(&mut self.store, &then);
        }
        // Others read further back, so the copy itself must stay behind.
        let mut store = self.store.clone();
        for change in self.changes.iter().take_while(due) {
            change.apply(&mut store, visit);
        }
        route(&mut store, &then)
    }

    fn note(&mut self, visit: &Visit<'_>, deed: Deed) {
        let at = visit.now;
        let change = Change { at, deed };
        self.bytes = self.bytes.saturating_add(change.bytes());
        self.changes.push_back(change);
        while self.changes.len() > CHANGES || self.bytes > BYTES {
            self.advance(visit);
        }
    }

    /// Lets the oldest change reach the copy.
    fn advance(&mut self, visit: &Visit<'_>) {
        if let Some(change) = self.changes.pop_front() {
            self.bytes = self.bytes.saturating_sub(change.bytes());
            change.apply(&mut self.store, visit);
        }
    }
}

/// Changes that wait; when there are more, the oldest are seen early.
const CHANGES: usize = 10_000;

/// Bytes of their bodies together; likewise.
const BYTES: usize = 64 * 1024 * 1024;
