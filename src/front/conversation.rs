//! One connection, and what was understood on it.
//!
//! Clients ask the same again and again. What follows from the connection and the head of a request
//! alone is worked out once: what is asked, by whom, whether they may, under which key and in which
//! form. It is found again by the whole [head](Head); the credential is compared each time, by
//! [`Connection`].
//!
//! What may change between two requests is asked anew each time: the quota and the cache. When callers
//! or policies change the epoch moves on, and everything is worked out anew. Teams do not change while
//! the process runs; what lets them must be compared in [`Conversation::recall`] too.

use std::sync::Arc;

use http::request;
use parking_lot::Mutex;

use super::asked::Asked;
use super::common::{Known, share};
use super::head::Head;
use crate::auth::Connection;

/// One connection as the front half sees it; see the [module](self).
#[derive(Debug)]
pub struct Conversation {
    connection: Connection,
    remembered: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    heads: Vec<Arc<Known>>,
    /// Which one makes room for the next.
    oldest: usize,
}

impl Conversation {
    /// One on which nothing was asked yet.
    pub fn new(connection: Connection) -> Self {
        Self {
            connection,
            remembered: Mutex::default(),
        }
    }

    /// Who may be asked who asks.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// What a request with this head asks, if that was found out before for the same caller.
    pub(super) fn recall(&self, head: &request::Parts) -> Option<Arc<Asked>> {
        let epoch = self.connection.epoch();
        let remembered = self.remembered.lock();
        let mut heads = remembered.heads.iter();
        let known = heads.find(|known| {
            let shows_again = |line: &_| self.connection.is_again(&known.asked.caller, line);
            known.asked.epoch == epoch && known.head.is(head, shows_again)
        })?;
        Some(Arc::clone(&known.asked))
    }

    /// Keeps what was found out of a request with this head, in the place of the oldest.
    pub(super) fn remember(&self, head: &request::Parts, asked: &Arc<Asked>) {
        // Each request of such a caller must be counted.
        if asked.caller.grant.is_counted {
            return;
        }
        let Some(head) = Head::copy(head) else {
            return;
        };
        let one = share(Known {
            head,
            asked: Arc::clone(asked),
            origin: self.connection.origin(),
            scheme: self.connection.scheme(),
        });
        let mut remembered = self.remembered.lock();
        let oldest = remembered.oldest;
        remembered.oldest = (oldest + 1) % HEADS;
        match remembered.heads.get_mut(oldest) {
            Some(place) => *place = one,
            None => remembered.heads.push(one),
        }
    }
}

/// How many heads are remembered on one connection.
const HEADS: usize = 4;

#[cfg(test)]
mod tests;
