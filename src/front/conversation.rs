//! One connection, and what was understood on it.
//!
//! Clients ask the same again and again. What follows from the connection and the head of a request
//! alone is worked out once: what is asked, by whom, whether they may, under which key and in which
//! form. It is found again by the whole head, compared byte for byte, so that nothing that was found
//! out for one request can pass for what another one asks. The credential is not kept with it: it is
//! compared each time, by [`Connection`].
//!
//! What may change between two requests is asked anew each time: the quota and the cache. When callers
//! or policies change the epoch moves on, and everything is worked out anew. Teams do not change while
//! the process runs; what lets them must be compared in [`Conversation::recall`] too.

use std::fmt;
use std::sync::Arc;

use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::uri::{Authority, Uri};
use http::{Method, Version, request};
use parking_lot::Mutex;

use super::asked::Asked;
use crate::auth::{Connection, VAULT_TOKEN};
use crate::record::REQUEST_ID;

/// One connection as the front half sees it; see the [module](self).
#[derive(Debug)]
pub struct Conversation {
    connection: Connection,
    remembered: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    heads: Vec<(Head, Arc<Asked>)>,
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
        let (_, asked) = heads.find(|(known, asked)| {
            known.is(head)
                && asked.epoch == epoch
                && self.connection.is_again(&asked.caller, &head.headers)
        })?;
        Some(Arc::clone(asked))
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
        let one = (head, Arc::clone(asked));
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

/// The longest head that is remembered, in bytes: several times what usual clients send, and with
/// [`HEADS`] less than the buffers that each connection has anyway.
const LONGEST: usize = 1024;

/// All of a head that an answer may depend on.
struct Head {
    method: Method,
    version: Version,
    target: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Head {
    /// Copies it, for as it came it is a part of the connection's whole buffer; `None` if it is long,
    /// or holds a credential.
    fn copy(head: &request::Parts) -> Option<Self> {
        if head.headers.contains_key(VAULT_TOKEN) {
            return None;
        }
        let target = head.uri.to_string();
        let headers = || relevant(head);
        let lengths = headers().map(|(name, value)| name.as_str().len() + value.len());
        if target.len() + lengths.sum::<usize>() > LONGEST {
            return None;
        }
        let copied = |(name, value): (&HeaderName, &HeaderValue)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
            Some((name.clone(), value))
        };
        Some(Self {
            method: head.method.clone(),
            version: head.version,
            target: target.parse().ok()?,
            headers: headers().map(copied).collect::<Option<_>>()?,
        })
    }

    /// Whether `head` is the same.
    fn is(&self, head: &request::Parts) -> bool {
        let own = self.headers.iter().map(|(name, value)| (name, value));
        self.method == head.method
            && self.version == head.version
            && is_same_target(&self.target, &head.uri)
            && own.eq(relevant(head))
    }
}

impl fmt::Debug for Head {
    /// Whatever callers send beside their credential is nobody's business either.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head").finish_non_exhaustive()
    }
}

/// Not `==`, which folds the case of the host, while links are given as it was written.
fn is_same_target(one: &Uri, other: &Uri) -> bool {
    one.path() == other.path()
        && one.query() == other.query()
        && one.authority().map(Authority::as_str) == other.authority().map(Authority::as_str)
        && one.scheme_str() == other.scheme_str()
}

/// All headers but the credential, which is compared by itself, and what tells requests apart that
/// are otherwise the same, which decides about the record only.
fn relevant(head: &request::Parts) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    let headers = head.headers.iter();
    headers.filter(|(name, _)| {
        **name != AUTHORIZATION
            && **name != REQUEST_ID
            && **name != TRACE_PARENT
            && **name != TRACE_STATE
    })
}

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACE_STATE: HeaderName = HeaderName::from_static("tracestate");

#[cfg(test)]
mod tests;
