//! Logs people in by asking Okta, as Vault's Okta auth method does.
//!
//! A *mount* is a path below `auth/` with its own Okta organisation, users and groups: `okta` is there
//! from the start, more can be made. All of it is in memory and in the store. What a login comes to is
//! a session; its password is forgotten, and a renewal asks Okta for the account and its groups
//! instead. Okta is asked over connections of each mount's own, never through `shape`.

mod directory;
mod entries;
mod entry;
mod factors;
mod flow;
mod guard;
mod headers;
mod mapping;
mod mount;
mod numbers;
mod okta;
mod renew;
mod settings;
mod trouble;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use tokio::sync::{Mutex, Semaphore};

pub use self::entry::{Group, User};
pub use self::flow::{Ask, LoggedIn};
pub use self::mount::{About, Mount, Tune};
pub use self::settings::{Settings, TokenTerms, Wrong};

use self::guard::Guard;
use self::numbers::Numbers;
use crate::error::Error;
use crate::sessions::{self, Sessions};
use crate::store::{self, Store};

/// A handle on all mounts; see the [module](self).
#[derive(Clone)]
pub struct Logins {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    sessions: Sessions,
    mounts: RwLock<BTreeMap<String, Mount>>,
    /// Changes are made one after the other, because many build on what is there.
    turn: Mutex<()>,
    /// Logins that may be under way at once.
    places: Semaphore,
    guard: Guard,
    numbers: Numbers,
}

/// Why somebody is not let in, or something is not done.
#[derive(Debug)]
pub enum Refused {
    /// There is no such mount.
    Nowhere,
    /// Something is wrong with what was sent, or Okta says no; in Vault's words.
    Bad(String),
    /// It is not for whoever asks.
    Denied(String),
    /// Too many tries, here or at Okta.
    Later(Duration),
    /// Okta, or the store, cannot be used.
    Failed(Error),
    /// There can be no session.
    Session(sessions::Refused),
}

impl From<store::Error> for Refused {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Refused {
    fn bad(words: impl Into<String>) -> Self {
        Self::Bad(words.into())
    }
}

impl Logins {
    /// The answer to a number challenge of the login that chose this nonce, once there is one.
    pub fn number(&self, mount: &str, nonce: &str) -> Option<i64> {
        self.shared.numbers.of(mount, nonce)
    }
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logins").finish_non_exhaustive()
    }
}
