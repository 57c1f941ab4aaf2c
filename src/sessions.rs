//! Tokens that the gateway gives out: sessions of those who logged in, of virtual keys, and those made
//! for others.
//!
//! All of them are in memory, found by the keyed hash of their token, which itself is kept nowhere.
//! Whatever changes is in the store before anybody hears of it. What ends a session acts in memory
//! first, so that nothing can come between; then it is put down.
//!
//! Two changes of one session never overlap: each waits for its turn, so that the store and the memory
//! see them in the same order.

mod cidr;
mod clock;
mod create;
mod epoch;
mod identity;
mod load;
mod revoke;
mod session;
mod table;
mod token;
mod ttl;
mod using;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use tokio::sync::{Mutex, MutexGuard};

pub use self::cidr::{Cidr, NotCidr};
pub use self::create::Created;
pub use self::epoch::Epoch;
pub use self::load::Unreadable;
pub use self::session::{New, Session};
pub use self::token::{PREFIX, new_token, random};
pub use self::ttl::{Limits, Terms};
pub use self::using::Renewed;

use self::clock::Clock;
use self::identity::Identities;
use self::load::Root;
use self::table::Table;
use crate::caller::{Principal, SessionId};
use crate::policy::Book;
use crate::store::{self, Change, Store};

/// How sessions are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// How long they last where nothing else is said.
    pub limits: Limits,
    /// How many there may be.
    pub most: usize,
    /// SHA-256 of a token that may do everything; `None`: there is none.
    pub root_token_sha256: Option<[u8; 32]>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            most: 1_000_000,
            root_token_sha256: None,
        }
    }
}

/// A handle on all sessions; see the [module](self).
#[derive(Clone)]
pub struct Sessions {
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    store: Store,
    book: Book,
    epoch: Epoch,
    clock: Clock,
    /// For rules that name none: the first of each team.
    principals: Vec<Arc<Principal>>,
    table: RwLock<Table>,
    identities: Identities,
    root: Option<Root>,
    /// Turns of changes; a session always waits for the same one.
    turns: Vec<Mutex<()>>,
    /// What was found in the store that is over.
    over: parking_lot::Mutex<Vec<Change>>,
}

/// Why a session cannot be made, or changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    /// A login would let somebody do everything.
    #[error("auth methods cannot create root tokens")]
    Root,
    /// It has ended or was revoked.
    #[error("the token has ended or was revoked")]
    Gone,
    /// It is not one that can be renewed.
    #[error("lease is not renewable")]
    NotRenewable,
    /// It has lasted as long as it may.
    #[error("past the max TTL, cannot renew")]
    Over,
    /// Names and metadata are too long.
    #[error("the token's names and metadata are too long")]
    TooLong,
    /// There are as many as there may be.
    #[error("there are too many tokens; revoke some, or see `sessions.most`")]
    Full,
    /// It could not be put down.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Sessions {
    /// What makes everybody ask again who may do what.
    pub fn epoch(&self) -> &Epoch {
        &self.shared.epoch
    }

    /// What mounts are bounded by.
    pub fn limits(&self) -> Limits {
        self.shared.config.limits
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.shared.table.read().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The session of a token, if it has not ended.
    pub fn of_token(&self, token: &[u8]) -> Option<Arc<Session>> {
        let table = self.shared.table.read();
        let found = table.get(self.id_of(token)).or_else(|| {
            let root = self.shared.root.as_ref();
            table.get(root.filter(|root| root.is(token))?.id)
        })?;
        let is_spent = found.uses() == Some(0);
        let lasts = table.lasts_until(found, self.shared.clock.now());
        (lasts.is_some() && !is_spent).then(|| Arc::clone(found))
    }

    /// The session of this accessor, if it has not ended.
    pub fn of_accessor(&self, accessor: &str) -> Option<Arc<Session>> {
        let table = self.shared.table.read();
        let found = table.of_accessor(accessor)?;
        let lasts = table.lasts_until(found, self.shared.clock.now());
        lasts.is_some().then(|| Arc::clone(found))
    }

    /// The session itself, also one whose last use this is.
    pub fn of_id(&self, id: SessionId) -> Option<Arc<Session>> {
        self.shared.table.read().get(id).cloned()
    }

    /// The accessors of all, sorted.
    pub fn accessors(&self) -> Vec<String> {
        let table = self.shared.table.read();
        let mut all: Vec<_> = table.all().map(|s| s.accessor().to_owned()).collect();
        drop(table);
        all.sort_unstable();
        all
    }

    /// How long it lasts from now on; `None` if it does not end.
    pub fn left(&self, session: &Session) -> Option<Duration> {
        let left = session.until.saturating_sub(self.shared.clock.now());
        (session.until > 0).then(|| Duration::from_millis(left))
    }

    /// The time by which sessions end, in seconds since 1970.
    pub fn unix_seconds(&self) -> u64 {
        self.shared.clock.now() / 1000
    }

    fn id_of(&self, token: &[u8]) -> SessionId {
        SessionId(self.shared.store.mac("session", token))
    }

    /// Waits until nobody else changes the session.
    async fn turn(&self, id: SessionId) -> MutexGuard<'_, ()> {
        let turn = self.shared.turns.get(place(id));
        turn.expect("each id has a place").lock().await
    }

    /// The same for several, always in one order, so that nobody waits for somebody who waits for them.
    async fn turns(&self, ids: impl Iterator<Item = SessionId>) -> Vec<MutexGuard<'_, ()>> {
        let places: BTreeSet<usize> = ids.map(place).collect();
        let mut turns = Vec::new();
        for turn in places
            .into_iter()
            .filter_map(|place| self.shared.turns.get(place))
        {
            turns.push(turn.lock().await);
        }
        turns
    }
}

/// Which turn a session waits for.
fn place(id: SessionId) -> usize {
    let [first, ..] = id.0;
    usize::from(first) % TURNS
}

/// Enough that those who wait for the disk seldom wait for each other.
const TURNS: usize = 64;

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
