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
use uuid::Uuid;

use super::answer::{Answer, Problem};
use super::ask::Ask;
use super::clock::Time;
use super::fields::Object;
use super::operation::Operation;
use super::role::Roles;
use super::store::Store;
use super::visit::{Pages, Visit};

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
    Write(Box<Write>),
    /// A token call, which shows at the key that was used.
    Login {
        key: String,
    },
}

/// A write, and the dice as they were before it.
#[derive(Debug)]
struct Write {
    ask: Ask,
    operation: &'static Operation,
    body: Object,
    user: Uuid,
    roles: Roles,
    pages: Pages,
    dice: Rng,
}

impl Change {
    fn bytes(&self) -> usize {
        match &self.deed {
            // The body is there twice: as it came, and as it was read.
            Deed::Write(write) => write.ask.body().len().saturating_mul(2),
            Deed::Login { key } => key.len(),
        }
    }

    /// Does it again, as it was done.
    fn apply(&self, store: &mut Store) {
        match &self.deed {
            Deed::Write(write) => {
                store.rng = write.dice.clone();
                let visit = Visit {
                    ask: &write.ask,
                    operation: write.operation,
                    body: write.body.clone(),
                    user: write.user,
                    roles: write.roles,
                    now: self.at,
                    pages: write.pages,
                };
                // It was answered when it was done the first time.
                drop(visit.carry_out(store));
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
    pub(super) fn wrote(&mut self, visit: &Visit<'_>, dice: Rng) {
        let write = Write {
            ask: visit.ask.clone(),
            operation: visit.operation,
            body: visit.body.clone(),
            user: visit.user,
            roles: visit.roles,
            pages: visit.pages,
            dice,
        };
        self.note(visit.now, Deed::Write(Box::new(write)));
    }

    /// Notes that a key was used for a token.
    pub(super) fn logged_in(&mut self, key: String, at: Time) {
        self.note(at, Deed::Login { key });
    }

    /// Answers a read as it would have been answered `lag` ago.
    pub(super) fn read(&mut self, visit: Visit<'_>, lag: Duration) -> Result<Answer, Problem> {
        self.longest = self.longest.max(lag);
        let oldest = visit.now.minus(self.longest);
        while self.changes.front().is_some_and(|next| next.at <= oldest) {
            self.advance();
        }
        let now = visit.now.minus(lag);
        let then = Visit { now, ..visit };
        let due = |change: &&Change| change.at <= now;
        if !self.changes.front().is_some_and(|next| due(&next)) {
            return then.read(&self.store);
        }
        // Others read further back, so the copy itself must stay behind.
        let mut store = self.store.clone();
        for change in self.changes.iter().take_while(due) {
            change.apply(&mut store);
        }
        then.read(&store)
    }

    fn note(&mut self, at: Time, deed: Deed) {
        let change = Change { at, deed };
        self.bytes = self.bytes.saturating_add(change.bytes());
        self.changes.push_back(change);
        while self.changes.len() > CHANGES || self.bytes > BYTES {
            self.advance();
        }
    }

    /// Lets the oldest change reach the copy.
    fn advance(&mut self) {
        if let Some(change) = self.changes.pop_front() {
            self.bytes = self.bytes.saturating_sub(change.bytes());
            change.apply(&mut self.store);
        }
    }
}

/// Changes that wait; when there are more, the oldest are seen early.
const CHANGES: usize = 10_000;

/// Bytes of their bodies together; likewise.
const BYTES: usize = 64 * 1024 * 1024;
