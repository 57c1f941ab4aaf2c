//! What is asked of an origin, with everything decided that the head decides.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method};
use tokio::time::Instant;

use super::directives::Wanted;
use super::mapping::{Mapping, canonical};
use super::store::Key;
use super::{fields, keeping, purge, validators};
use crate::cache::{Generations, Slots, Tag};
use crate::classify;
use crate::error::Error;
use crate::exchange::Trail;

/// One request that belongs to an origin.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(super) mapping: Arc<Mapping>,
    pub(crate) method: Method,
    pub(super) key: Key,
    /// What goes to the origin; conditions and selection read it too.
    pub(super) headers: HeaderMap,
    pub(super) wanted: Wanted,
    /// What the caller calls this host.
    pub(super) host: Option<String>,
    pub(crate) body: Bytes,
    pub(crate) deadline: Instant,
    pub(crate) trail: Arc<Trail>,
}

impl Question {
    /// Reads the head of a request that belongs to `mapping`; the body is still to come.
    ///
    /// # Errors
    ///
    /// Fails with `MalformedPath`.
    pub(crate) fn new(
        mapping: &Arc<Mapping>,
        head: &Parts,
        deadline: Instant,
    ) -> Result<Self, Error> {
        let key = Key {
            mapping: mapping.index,
            target: mapping.target(&head.uri)?,
        };
        let callers = mapping.config.callers;
        Ok(Self {
            mapping: Arc::clone(mapping),
            method: head.method.clone(),
            key,
            headers: fields::to_origin(&head.headers, head.version, callers),
            wanted: Wanted::read(&head.headers),
            host: classify::host(&head.uri, &head.headers).map(str::to_owned),
            body: Bytes::new(),
            deadline,
            trail: Arc::default(),
        })
    }

    /// Whether what is kept may answer it. A body is no part of the key.
    pub(super) fn is_read(&self) -> bool {
        (self.method == Method::GET || self.method == Method::HEAD) && self.body.is_empty()
    }

    /// Whether the origin is to decide by what the caller has (RFC 9110 §13.1.1, §13.1.4).
    pub(super) fn is_conditional_write(&self) -> bool {
        let names = [http::header::IF_MATCH, http::header::IF_UNMODIFIED_SINCE];
        names.iter().any(|name| self.headers.contains_key(name))
    }

    /// Whether others may wait for its answer, or it for theirs, where `is_ours` says that the caller's
    /// own conditions are not passed on.
    pub(super) fn may_share(&self, is_ours: bool) -> bool {
        self.method == Method::GET
            && !self.wanted.no_cache
            && !self.wanted.no_store
            && !keeping::has_credential(&self.headers)
            && (is_ours || !validators::is_conditional(&self.headers))
    }

    /// The same, without anything that depends on what its sender has.
    pub(super) fn without_conditions(self) -> Self {
        Self {
            headers: self.whole(),
            ..self
        }
    }

    /// Headers that ask for the whole, whatever the caller has.
    pub(super) fn whole(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        for name in &validators::CONDITIONS {
            headers.remove(name);
        }
        headers
    }

    /// The generations that the answer stands on.
    pub(super) fn slots(&self, generations: &Generations) -> Slots {
        let path = canonical(&self.key.target);
        let above = purge::above(self.mapping.site, &path);
        generations.slots(above.into_iter().chain([self.tag(path)]))
    }

    fn tag(&self, path: String) -> Tag {
        Tag::At(self.mapping.site, path)
    }

    /// Makes stale what an answer to a change says that it changed: the target, and what `Location` and
    /// `Content-Location` name at the same origin (RFC 9111 §4.4).
    pub(super) fn invalidate(&self, generations: &Generations, answer: Option<&HeaderMap>) {
        let bump = |path| generations.bump(&generations.slots([self.tag(path)].into_iter()));
        bump(canonical(&self.key.target));
        let names = [http::header::LOCATION, http::header::CONTENT_LOCATION];
        let named = answer
            .into_iter()
            .flat_map(|answer| names.iter().flat_map(|name| answer.get_all(name)));
        for reference in named {
            let host = self.host.as_deref();
            for path in self.mapping.paths(&self.key.target, reference, host) {
                bump(path);
            }
        }
    }
}
