//! All of a request's head that an answer may depend on, to be found again by.
//!
//! It is compared byte for byte, so that nothing that was found out for one request can pass for what
//! another one asks. The credential is not kept with it.

use std::fmt;
use std::hash::{Hash, Hasher};

use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::uri::{Authority, PathAndQuery, Uri};
use http::{Method, Version, request};

use crate::auth::VAULT_TOKEN;
use crate::record::REQUEST_ID;

/// The longest head that is remembered, in bytes: several times what usual clients send, and a few
/// of them less than the buffers that each connection has anyway.
pub(super) const LONGEST: usize = 1024;

/// All of a head that an answer may depend on.
pub(super) struct Head {
    method: Method,
    version: Version,
    target: Uri,
    /// In their order.
    headers: Vec<(HeaderName, Said)>,
}

/// What a header has to say so that the head is the same.
#[derive(Eq, Hash, PartialEq)]
enum Said {
    /// What it said.
    Same(HeaderValue),
    /// The caller's credential, which is not kept here.
    Credential,
    /// Anything: it tells requests apart that are otherwise the same, and decides about the record only.
    Anything,
}

impl Head {
    /// Copies it, for as it came it is a part of the connection's whole buffer; `None` if it is long,
    /// or holds a credential of Vault's clients.
    pub(super) fn copy(head: &request::Parts) -> Option<Self> {
        if head.headers.contains_key(VAULT_TOKEN) {
            return None;
        }
        let target = head.uri.to_string();
        let lengths = head.headers.iter();
        let lengths = lengths.map(|(name, value)| name.as_str().len() + value.len());
        if target.len() + lengths.sum::<usize>() > LONGEST {
            return None;
        }
        let copied = |(name, value): (&HeaderName, &HeaderValue)| {
            let said = if *name == AUTHORIZATION {
                Said::Credential
            } else if [REQUEST_ID, TRACE_PARENT, TRACE_STATE].contains(name) {
                Said::Anything
            } else {
                Said::Same(HeaderValue::from_bytes(value.as_bytes()).ok()?)
            };
            Some((name.clone(), said))
        };
        Some(Self {
            method: head.method.clone(),
            version: head.version,
            target: target.parse().ok()?,
            headers: head.headers.iter().map(copied).collect::<Option<_>>()?,
        })
    }

    /// Whether `head` is the same, and `shows_again` its credential.
    pub(super) fn is(
        &self,
        head: &request::Parts,
        shows_again: impl Fn(&HeaderValue) -> bool,
    ) -> bool {
        let is_same = |((known, said), (name, value)): (&(HeaderName, Said), _)| {
            known == name
                && match said {
                    Said::Same(known) => known == value,
                    Said::Credential => shows_again(value),
                    Said::Anything => true,
                }
        };
        self.method == head.method
            && self.version == head.version
            && self.headers.len() == head.headers.len()
            && is_same_target(&self.target, &head.uri)
            && self.headers.iter().zip(&head.headers).all(is_same)
    }
}

impl PartialEq for Head {
    /// Whether the same heads are the same as both.
    fn eq(&self, other: &Self) -> bool {
        self.method == other.method
            && self.version == other.version
            && is_same_target(&self.target, &other.target)
            && self.headers == other.headers
    }
}

impl Hash for Head {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.method.hash(state);
        self.target
            .path_and_query()
            .map(PathAndQuery::as_str)
            .hash(state);
        self.headers.hash(state);
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
    one.path_and_query().map(PathAndQuery::as_str)
        == other.path_and_query().map(PathAndQuery::as_str)
        && one.authority().map(Authority::as_str) == other.authority().map(Authority::as_str)
        && one.scheme_str() == other.scheme_str()
}

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACE_STATE: HeaderName = HeaderName::from_static("tracestate");
