//! Making a session.

use std::sync::Arc;
use std::time::Duration;

use super::clock::millis;
use super::session::{ACCESSOR, Names, New, Session, Times};
use super::token::{new_token, random};
use super::{Refused, Sessions, ttl};
use crate::caller::SessionId;
use crate::policy::Set;
use crate::secret::Secret;
use crate::store::{Change, Table};

/// A session that was just made; this is the only time that its token is seen.
#[derive(Debug)]
pub struct Created {
    /// The token.
    pub token: Secret,
    /// All the rest.
    pub session: Arc<Session>,
    /// How long it lasts; zero if it does not end.
    pub ttl: Duration,
    /// What whoever gets it should be told.
    pub warnings: Vec<String>,
}

impl Sessions {
    /// Makes a session, and returns when it is on the disk.
    ///
    /// # Errors
    ///
    /// Fails if a login would get `root`, if the parent has gone, if there are too many, or if it
    /// cannot be put down.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it is made or not made, whole, but nobody has its token.
    pub async fn create(&self, new: New) -> Result<Created, Refused> {
        let set = self.set_of(&new);
        if set.is_root() && !new.path.starts_with(TOKEN_PATH) {
            return Err(Refused::Root);
        }
        let (ttl, warnings) = self.first_ttl(&new, &set)?;
        let now = self.shared.clock.now();
        let times = Times {
            created: now,
            until: if ttl.is_zero() {
                0
            } else {
                now.saturating_add(millis(ttl))
            },
            ttl,
        };
        let token = new_token();
        let names = Names {
            id: self.id_of(token.expose().as_bytes()),
            accessor: accessor(),
            set,
        };
        let session = Session::new(names, &times, &new).ok_or(Refused::TooLong)?;
        let session = Arc::new(session);
        self.put_down(Arc::clone(&session)).await?;
        Ok(Created {
            token,
            session,
            ttl,
            warnings,
        })
    }

    /// The set of policies that a session would have.
    pub fn set_of(&self, new: &New) -> Arc<Set> {
        let default = (!new.no_default_policy).then_some("default");
        let names = new.policies.iter().map(String::as_str);
        self.shared.book.set(names.chain(default))
    }

    fn first_ttl(&self, new: &New, set: &Set) -> Result<(Duration, Vec<String>), Refused> {
        // Vault's: what may do everything ends only where somebody says so.
        if set.is_root() && new.terms == ttl::Terms::default() {
            return Ok((Duration::ZERO, Vec::new()));
        }
        let limits = new.limits.unwrap_or(self.shared.config.limits);
        let ttl = ttl::from_now(new.terms, limits, Duration::ZERO, Duration::ZERO);
        ttl.map_err(|ttl::Over| Refused::Over)
    }

    async fn put_down(&self, session: Arc<Session>) -> Result<(), Refused> {
        let parent = session.parent();
        let _turn = match parent {
            Some(parent) => Some(self.turn(parent).await),
            None => None,
        };
        {
            let table = self.shared.table.read();
            if table.len() >= self.shared.config.most {
                return Err(Refused::Full);
            }
            if !is_there(&table, parent) {
                return Err(Refused::Gone);
            }
        }
        let put = put(&session);
        let id = session.id();
        let shared = Arc::clone(&self.shared);
        let insert = move || {
            let mut table = shared.table.write();
            if is_there(&table, parent) {
                table.insert(session);
            }
        };
        self.shared.store.commit_then(vec![put], insert).await?;
        if self.shared.table.read().get(id).is_some() {
            return Ok(());
        }
        // The parent was revoked in the meantime.
        self.shared.store.commit(vec![delete(id)]).await?;
        Err(Refused::Gone)
    }
}

fn is_there(table: &super::Table, parent: Option<SessionId>) -> bool {
    parent.is_none_or(|parent| table.get(parent).is_some())
}

pub(super) fn accessor() -> [u8; ACCESSOR] {
    let text = random(ACCESSOR);
    text.as_bytes()
        .try_into()
        .expect("as long as it was asked for")
}

pub(super) fn put(session: &Session) -> Change {
    Change::Put {
        table: Table::Sessions,
        key: session.id().0.to_vec(),
        value: session.to_bytes(),
    }
}

pub(super) fn delete(id: SessionId) -> Change {
    Change::Delete {
        table: Table::Sessions,
        key: id.0.to_vec(),
    }
}

/// Where tokens are made for others; what may do everything is made nowhere else.
const TOKEN_PATH: &str = "auth/token/";
