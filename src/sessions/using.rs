//! What becomes of a session while it lasts: it is renewed, its uses are counted.

use std::sync::Arc;
use std::time::Duration;

use super::clock::millis;
use super::create::{delete, put};
use super::session::{Session, packed};
use super::ttl::{Limits, Terms};
use super::{Refused, Sessions, ttl};
use crate::caller::SessionId;

/// A session that was just renewed.
#[derive(Debug)]
pub struct Renewed {
    /// As it is now.
    pub session: Arc<Session>,
    /// How long it lasts from now on.
    pub ttl: Duration,
    /// What whoever renewed it should be told.
    pub warnings: Vec<String>,
}

impl Sessions {
    /// Lets a session last longer: for `increment`, or as its terms say if that is zero.
    ///
    /// Login methods say anew what its terms and its mount's are; `None`: those that it was made with.
    /// What was fixed when it was made stays.
    ///
    /// # Errors
    ///
    /// Fails if it cannot be renewed, has gone, or cannot be put down.
    pub async fn renew(
        &self,
        id: SessionId,
        increment: Duration,
        anew: Option<(Terms, Limits)>,
    ) -> Result<Renewed, Refused> {
        let _turn = self.turn(id).await;
        let session = self.of_id(id).ok_or(Refused::Gone)?;
        if !session.is_renewable() {
            return Err(Refused::NotRenewable);
        }
        let now = self.shared.clock.now();
        let old = session.terms();
        let (terms, limits) = anew.unwrap_or((old, self.shared.config.limits));
        let terms = Terms {
            explicit_max_ttl: old.explicit_max_ttl,
            ..terms
        };
        let age = Duration::from_millis(now.saturating_sub(session.created));
        let renewed = ttl::from_now(terms, limits, age, increment);
        let (ttl, warnings) = renewed.map_err(|ttl::Over| Refused::Over)?;
        let session = Session {
            until: now.saturating_add(millis(ttl)),
            renewed: now,
            terms: packed(terms),
            ..session.with(|_| ())
        };
        let session = Arc::new(session);
        self.replace(Arc::clone(&session)).await?;
        Ok(Renewed {
            session,
            ttl,
            warnings,
        })
    }

    /// Counts one request. The last one is let through, and nothing after it.
    ///
    /// # Errors
    ///
    /// Fails if there is none left, or if it cannot be put down.
    pub async fn spend(&self, id: SessionId) -> Result<(), Refused> {
        let _turn = self.turn(id).await;
        let session = self.of_id(id).ok_or(Refused::Gone)?;
        let left = match session.uses() {
            None => return Ok(()),
            Some(left) => left.checked_sub(1).ok_or(Refused::Gone)?,
        };
        let spent = session.with(|more| more.uses = Some(left));
        if left > 0 {
            return self.replace(Arc::new(spent)).await;
        }
        // This request may still look at it; the next sweep takes it away.
        let spent = Session {
            until: self.last_look(&spent),
            ..spent
        };
        let shared = Arc::clone(&self.shared);
        let insert = move || shared.table.write().insert(Arc::new(spent));
        let deleted = self.shared.store.commit_then(vec![delete(id)], insert);
        Ok(deleted.await?)
    }

    fn last_look(&self, session: &Session) -> u64 {
        let until = self.shared.clock.now().saturating_add(LAST_LOOK);
        if session.until > 0 {
            until.min(session.until)
        } else {
            until
        }
    }

    /// Puts `session` in the place of what it was, unless that was revoked in the meantime.
    async fn replace(&self, session: Arc<Session>) -> Result<(), Refused> {
        let id = session.id();
        let change = put(&session);
        let shared = Arc::clone(&self.shared);
        let is_root = shared.root.as_ref().is_some_and(|root| root.id == id);
        // What the configuration holds is not kept a second time.
        let changes = if is_root { Vec::new() } else { vec![change] };
        let insert = move || {
            let mut table = shared.table.write();
            if table.get(id).is_some() {
                table.insert(session);
            }
        };
        self.shared.store.commit_then(changes, insert).await?;
        // Whoever revoked it waits for this turn to end, and then takes it out of the store too.
        self.of_id(id).map(|_| ()).ok_or(Refused::Gone)
    }
}

/// How long a request may look at the session whose last use it was, in milliseconds.
const LAST_LOOK: u64 = 60_000;
