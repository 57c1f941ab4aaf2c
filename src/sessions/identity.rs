//! As whom a session asks: all sessions with the same policies are one to the quota and to the fair
//! queue, and all of one virtual key.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use parking_lot::Mutex;
use uuid::Uuid;

use super::session::Session;
use crate::policy::Book;
use crate::quota::Limit;

/// What is known of identities.
#[derive(Default)]
pub(super) struct Identities {
    keys: Mutex<HashMap<Uuid, usize>>,
    limits: Mutex<HashMap<usize, (NonZeroU32, Arc<Limit>)>>,
}

impl Identities {
    /// The number of a session's identity, and its limit, if it has one.
    pub(super) fn of(
        &self,
        session: &Session,
        quota: Option<NonZeroU32>,
        book: &Book,
    ) -> (usize, Option<Arc<Limit>>) {
        let index = match session.key() {
            None => session.set().index(),
            Some(key) => *self.keys.lock().entry(key).or_insert_with(|| book.number()),
        };
        (index, quota.map(|quota| self.limit(index, quota)))
    }

    /// A key is gone, and its number with it.
    pub(super) fn forget(&self, key: Uuid) {
        let number = self.keys.lock().remove(&key);
        if let Some(number) = number {
            self.limits.lock().remove(&number);
        }
    }

    fn limit(&self, index: usize, quota: NonZeroU32) -> Arc<Limit> {
        let mut limits = self.limits.lock();
        if let Some((known, limit)) = limits.get(&index)
            && *known == quota
        {
            return Arc::clone(limit);
        }
        if limits.len() >= MOST {
            // Those that nobody asks with at the moment are as good as new.
            limits.retain(|_, (_, limit)| Arc::strong_count(limit) > 1);
        }
        let limit = Arc::new(Limit::new(quota));
        limits.insert(index, (quota, Arc::clone(&limit)));
        limit
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identities")
    }
}

/// How many limits are known before it is looked which of them are not needed.
const MOST: usize = 1_000;
