//! Virtual keys: service users that are the gateway's own.
//!
//! A tool that is made for OPA shows id and secret at `service_token` and gets a token of the gateway.
//! The secret is shown once and then known by its keyed hash. While a key is rotated two secrets are
//! good. A key that is revoked takes its tokens with it.

mod issue;
mod key;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use tokio::sync::Mutex;
use uuid::Uuid;

pub use self::issue::Denied;
pub use self::key::{Key, New, Shown};

use self::key::Hashed;
use crate::secret::Secret;
use crate::sessions::{Sessions, Unreadable, random};
use crate::store::{self, Change, Store, Table};

/// How virtual keys are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// How long their tokens last where nothing else is said.
    pub ttl: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(12 * 3600),
        }
    }
}

/// Less is refused: OPA's clients get a new token within the last two minutes, and some never do.
pub const SHORTEST_TTL: Duration = Duration::from_secs(3600);

/// A handle on all virtual keys; see the [module](self).
#[derive(Clone)]
pub struct Keys {
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    store: Store,
    sessions: Sessions,
    /// Names that callers of the configuration have.
    taken: Vec<String>,
    keys: RwLock<BTreeMap<Uuid, Arc<Key>>>,
    /// One change at a time.
    turn: Mutex<()>,
}

/// A key whose secret was just made; this is the only time that it is seen.
#[derive(Debug)]
pub struct Made {
    /// The key.
    pub key: Arc<Key>,
    /// Its new secret.
    pub secret: Secret,
}

/// Why a key cannot be made or changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    /// There is none of this id or name.
    #[error("there is no such key")]
    Unknown,
    /// Something of the wish is wrong.
    #[error("{0}")]
    Wrong(&'static str),
    /// Somebody else is called so.
    #[error("the name is taken; choose another one")]
    Taken,
    /// There are as many as there may be.
    #[error("there are too many keys; revoke some")]
    Full,
    /// It could not be put down.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Keys {
    /// Reads all keys; nobody may be called as the callers of the configuration are.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be read, or if something in it is no key.
    pub fn load(
        config: Config,
        store: &Store,
        sessions: &Sessions,
        taken: Vec<String>,
    ) -> Result<Self, Unreadable> {
        let mut keys = BTreeMap::new();
        for (id, value) in store.load(Table::Keys)? {
            let key = Uuid::from_slice(&id).ok();
            let key = key.and_then(|id| Key::from_bytes(id, &value));
            let key = key.ok_or(Unreadable::Entry { what: "a key" })?;
            keys.insert(key.id, Arc::new(key));
        }
        sessions.retain_keys(|id| keys.contains_key(&id));
        Ok(Self {
            shared: Arc::new(Shared {
                config,
                store: store.clone(),
                sessions: sessions.clone(),
                taken,
                keys: RwLock::new(keys),
                turn: Mutex::new(()),
            }),
        })
    }

    /// All of them, by name.
    pub fn list(&self) -> Vec<Arc<Key>> {
        let mut all: Vec<_> = self.shared.keys.read().values().cloned().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Whether there is a key of this id.
    pub fn has(&self, id: Uuid) -> bool {
        self.shared.keys.read().contains_key(&id)
    }

    /// Makes a key.
    ///
    /// # Errors
    ///
    /// Fails if what is wished cannot be, or cannot be put down.
    pub async fn create(&self, new: New) -> Result<Made, Refused> {
        new.check()?;
        let _turn = self.shared.turn.lock().await;
        {
            let keys = self.shared.keys.read();
            let is_same = |name: &str| name.eq_ignore_ascii_case(&new.name);
            let is_taken = keys.values().any(|key| is_same(&key.name))
                || self.shared.taken.iter().any(|name| is_same(name));
            if is_taken {
                return Err(Refused::Taken);
            }
            if keys.len() >= MOST {
                return Err(Refused::Full);
            }
        }
        let id = Uuid::new_v4();
        let (secret, mac) = self.secret(id);
        let key = Key::new(id, new, mac, self.now());
        self.keep(key, secret).await
    }

    /// Gives a key a second secret. The first is good for `overlap` more; without any it ends at once,
    /// and the key's tokens with it.
    ///
    /// # Errors
    ///
    /// Fails if there is no such key, or if it cannot be put down.
    pub async fn rotate(&self, id: Uuid, overlap: Duration) -> Result<Made, Refused> {
        if overlap > LONGEST_OVERLAP {
            return Err(Refused::Wrong("`overlap` must be at most 90 days"));
        }
        let _turn = self.shared.turn.lock().await;
        let key = self.of_id(id).ok_or(Refused::Unknown)?;
        let (secret, mac) = self.secret(id);
        let now = self.now();
        let mut secrets = vec![Hashed { mac, until: None }];
        if !overlap.is_zero() {
            // Two at most: the last that was made goes on for a while.
            let last = key.secrets.first().filter(|secret| secret.is_good(now));
            secrets.extend(last.map(|secret| secret.until_at_most(now + overlap.as_secs())));
        }
        let key = Key {
            secrets,
            rotated: Some(now),
            ..(*key).clone()
        };
        if overlap.is_zero() {
            let put = put(&key);
            let key = Arc::new(key);
            self.shared.keys.write().insert(id, Arc::clone(&key));
            self.shared.sessions.revoke_of_key(id, vec![put]).await?;
            return Ok(Made { key, secret });
        }
        self.keep(key, secret).await
    }

    /// Takes a key away, and all its tokens; says whether there was one.
    ///
    /// # Errors
    ///
    /// Fails if that cannot be put down: then it is gone until the gateway is started again.
    pub async fn revoke(&self, id: Uuid) -> Result<bool, Refused> {
        let _turn = self.shared.turn.lock().await;
        let was_there = self.shared.keys.write().remove(&id).is_some();
        let delete = Change::Delete {
            table: Table::Keys,
            key: id.as_bytes().to_vec(),
        };
        let gone = self.shared.sessions.revoke_of_key(id, vec![delete]).await;
        gone?;
        Ok(was_there)
    }

    /// The id of a key by its id or its name.
    pub fn find(&self, named: &str) -> Option<Uuid> {
        let keys = self.shared.keys.read();
        let of_name = |name: &str| keys.values().find(|key| *key.name == *name);
        match named.parse() {
            Ok(id) if keys.contains_key(&id) => Some(id),
            Ok(_) | Err(_) => of_name(named).map(|key| key.id),
        }
    }

    /// What operators see of a key.
    pub fn shown(&self, key: &Key) -> Shown {
        key.shown(self.now())
    }

    fn now(&self) -> u64 {
        self.shared.sessions.unix_seconds()
    }

    fn of_id(&self, id: Uuid) -> Option<Arc<Key>> {
        self.shared.keys.read().get(&id).cloned()
    }

    fn secret(&self, id: Uuid) -> (Secret, [u8; 32]) {
        let secret = Secret::new(random(SECRET));
        let mac = self.mac(id, &secret);
        (secret, mac)
    }

    fn mac(&self, id: Uuid, secret: &Secret) -> [u8; 32] {
        let both = [id.as_bytes(), secret.expose().as_bytes()].concat();
        self.shared.store.mac("key", &both)
    }

    async fn keep(&self, key: Key, secret: Secret) -> Result<Made, Refused> {
        let put = put(&key);
        let key = Arc::new(key);
        let (shared, kept) = (Arc::clone(&self.shared), Arc::clone(&key));
        let insert = move || {
            shared.keys.write().insert(kept.id, kept);
        };
        self.shared.store.commit_then(vec![put], insert).await?;
        Ok(Made { key, secret })
    }
}

fn put(key: &Key) -> Change {
    Change::Put {
        table: Table::Keys,
        key: key.id.as_bytes().to_vec(),
        value: key.to_bytes(),
    }
}

/// As long as those of OPA's own keys, and longer than needed.
const SECRET: usize = 64;

/// More than anybody can look through.
const MOST: usize = 10_000;

/// Longer, and nobody remembers why there are two.
const LONGEST_OVERLAP: Duration = Duration::from_secs(90 * 24 * 3600);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
