//! Question: do we know it already?
//!
//! Answers from memory without waiting. What it finds but may not give now (too old) it hands on, for
//! the case that the upstream fails.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::{ETAG, IF_NONE_MATCH};

use super::{Directives, Entry, Kept, Store};
use crate::error::{Error, Kind};
use crate::record::{Cache, Miss};

/// Looks answers up; see the [module](self).
#[derive(Clone, Debug)]
pub struct Ask {
    store: Store,
}

/// What the cache has for a request.
#[derive(Debug)]
pub enum Found {
    /// An answer that may be given, and its age.
    Fresh(Arc<Entry>, Duration),
    /// Nothing to be given now; perhaps one for the case of need.
    Nothing(Option<Arc<Entry>>),
}

impl Ask {
    /// Looks into `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Looks for `key`; `wanted` is what the caller's `Cache-Control` says.
    ///
    /// # Errors
    ///
    /// Fails with [`Kind::NotCached`] if the caller wants nothing else.
    pub fn ask(&self, key: &[u8], wanted: Directives) -> Result<(Found, Cache), Error> {
        let (found, cache) = match self.store.find(key) {
            Kept::Nothing => (Found::Nothing(None), Cache::Miss(Miss::Absent)),
            Kept::Touched => (Found::Nothing(None), Cache::Miss(Miss::Invalidated)),
            Kept::Entry(entry) => {
                let age = entry.age();
                let left = entry.left(age);
                if left.is_zero() {
                    (Found::Nothing(Some(entry)), Cache::Miss(Miss::Expired))
                } else if wanted.accept(age, left) {
                    let pages = entry.pages();
                    (Found::Fresh(entry, age), Cache::Hit { age, left, pages })
                } else {
                    (Found::Nothing(Some(entry)), Cache::Miss(Miss::Refused))
                }
            }
        };
        match found {
            Found::Nothing(_) if wanted.only_if_cached => Err(Kind::NotCached.into()),
            Found::Nothing(_) | Found::Fresh(..) => Ok((found, cache)),
        }
    }

    /// Gives `entry` in need, if it is not too old and nothing has touched it meanwhile.
    pub fn in_need(&self, key: &[u8], entry: &Arc<Entry>) -> Option<Duration> {
        let age = entry.age();
        let is_true = matches!(self.store.find(key), Kept::Entry(kept) if kept.is(entry));
        (is_true && entry.is_usable_in_need(age)).then_some(age)
    }
}

/// Whether the caller already has what it asks for (RFC 9110 §13.1.2).
pub(crate) fn is_not_modified(request: &HeaderMap, answer: &HeaderMap) -> bool {
    let known = request.get_all(IF_NONE_MATCH);
    if known.iter().next().is_none() {
        return false;
    }
    let Some(tag) = answer.get(ETAG).and_then(|tag| tag.to_str().ok()) else {
        return false;
    };
    known
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|known| known.trim() == "*" || opaque(known) == opaque(tag))
}

/// A validator as the weak comparison sees it.
fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn validator_is_compared_weakly_with_each_that_the_caller_has() {
        let one = |name, value| -> HeaderMap {
            [(name, HeaderValue::from_static(value))]
                .into_iter()
                .collect()
        };
        let answer = one(ETAG, "\"a\"");

        for (known, is_known) in [
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
        ] {
            let request = one(IF_NONE_MATCH, known);
            assert_eq!(is_not_modified(&request, &answer), is_known, "{known}");
            assert!(!is_not_modified(&request, &HeaderMap::new()), "{known}");
        }
        assert!(!is_not_modified(&HeaderMap::new(), &answer));
    }
}
