//! Shows what is kept, for people who look for it. Bodies are never shown.
//!
//! Every entry is looked at, as for a purge: it takes milliseconds for a hundred thousand of them, on
//! a thread that answers no caller.

use std::iter;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use super::{Entry, Slots, Store, Tag};
use crate::caller::Principal;
use crate::operation::Operation;

/// One kept answer, as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Place of the principal in whose name it was read.
    pub principal: usize,
    /// Its path as it was asked for, the team in lower case.
    pub path: String,
    /// Its query, in the order of the key.
    pub query: String,
    /// The headers that it is the answer to, as `name: value`.
    pub headers: Vec<String>,
    /// Its status.
    pub status: StatusCode,
    /// What it takes in memory, about, in bytes.
    pub bytes: u64,
    /// How old it is.
    pub age: Duration,
    /// How long it is still fresh; zero if it is not.
    pub fresh: Duration,
    /// How long it may still be given while it is fetched anew or the upstream fails.
    pub usable: Duration,
    /// How many upstream calls it took.
    pub pages: u32,
    /// A write has touched it since: it will not be given again.
    pub is_touched: bool,
}

/// What was looked for and found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Browsed {
    /// As many as were wanted: those that no write has touched first, in the order of their paths.
    pub entries: Vec<Shown>,
    /// How many there are in all.
    pub found: usize,
    /// How many of them no write has touched.
    pub usable: usize,
}

impl Store {
    /// The first `most` of the entries whose path and query `is_wanted` wants.
    pub fn browse(&self, is_wanted: impl Fn(&str) -> bool, most: usize) -> Browsed {
        let mut browsed = Browsed::default();
        for (key, entry) in &self.entries {
            let Some(asked) = Asked::read(&key) else {
                continue;
            };
            if !is_wanted(&asked.target()) {
                continue;
            }
            let shown = self.show(&key, &entry, asked);
            browsed.found += 1;
            browsed.usable += usize::from(!shown.is_touched);
            browsed.entries.push(shown);
            // Room for twice as many bounds what is held, and sorts seldom.
            if browsed.entries.len() >= most.saturating_mul(2).max(1) {
                first(&mut browsed.entries, most);
            }
        }
        first(&mut browsed.entries, most);
        browsed
    }

    /// How many entries a purge of these tags would drop.
    pub fn count(&self, tags: impl Iterator<Item = Tag>) -> u64 {
        let slots: Slots = tags.map(|tag| self.generations.slot(&tag)).collect();
        let entries = self.entries.iter();
        let hit = entries.filter(|(_, entry)| {
            let is_in = entry.slots.iter().any(|slot| slots.contains(slot));
            is_in && self.is_untouched(entry)
        });
        u64::try_from(hit.count()).unwrap_or(u64::MAX)
    }

    /// What is kept of the answer to `operation` in the name of `principal`: that to the fewest
    /// headers, if there are several.
    pub fn look(&self, principal: &Principal, operation: &Operation) -> Option<Shown> {
        let base = super::key(principal, operation, iter::empty());
        let entries = self.entries.iter();
        let entries = entries.filter(|(key, _)| key.starts_with(&base));
        let (key, entry) = entries.min_by_key(|(key, _)| key.len())?;
        Some(self.show(&key, &entry, Asked::read(&key)?))
    }

    fn show(&self, key: &[u8], entry: &Arc<Entry>, asked: Asked) -> Shown {
        let age = entry.age();
        let times = entry.freshness;
        let after = times.stale_for.max(times.stale_if_error);
        Shown {
            principal: asked.principal,
            path: asked.path,
            query: asked.query,
            headers: asked.headers,
            status: entry.status(),
            bytes: entry.weight(key),
            age,
            fresh: entry.left(age),
            usable: (times.fresh_for + after).saturating_sub(age),
            pages: entry.pages(),
            is_touched: !self.is_untouched(entry),
        }
    }
}

/// Keeps the first `most`: what is of use before what is not, then by path and query.
fn first(entries: &mut Vec<Shown>, most: usize) {
    fn order(of: &Shown) -> (bool, &str, &str, usize) {
        (of.is_touched, &of.path, &of.query, of.principal)
    }
    entries.sort_by(|a, b| order(a).cmp(&order(b)));
    entries.truncate(most);
}

/// What a key was made of.
#[derive(Debug, PartialEq)]
struct Asked {
    principal: usize,
    path: String,
    query: String,
    headers: Vec<String>,
}

impl Asked {
    /// Reads a key back: see [`key`](super::key::key).
    fn read(key: &[u8]) -> Option<Self> {
        let parts = parts(key)?;
        // Headers come in pairs, so the count tells whether the team stands apart.
        let is_folded = parts.len().is_multiple_of(2);
        let mut parts = parts.into_iter();
        let principal = usize::from_le_bytes(parts.next()?.try_into().ok()?);
        let mut text = || Some(String::from_utf8_lossy(parts.next()?).into_owned());
        let path = if is_folded {
            format!("/v1/teams/{}{}", text()?, text()?)
        } else {
            text()?
        };
        let query = text()?;
        let mut headers = Vec::new();
        while let (Some(name), Some(value)) = (text(), text()) {
            headers.push(format!("{name}: {value}"));
        }
        Some(Self {
            principal,
            path,
            query,
            headers,
        })
    }

    fn target(&self) -> String {
        if self.query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.query)
        }
    }
}

/// The parts of a key; `None` if it is none.
fn parts(mut key: &[u8]) -> Option<Vec<&[u8]>> {
    let mut parts = Vec::new();
    while !key.is_empty() {
        let (length, rest) = key.split_first_chunk()?;
        let (part, rest) = rest.split_at_checked(usize::from_le_bytes(*length))?;
        parts.push(part);
        key = rest;
    }
    (parts.len() >= 3).then_some(parts)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};

    use super::*;
    use crate::operation::Operation;
    use crate::testing;

    fn read(target: &str, headers: &HeaderMap) -> Asked {
        let operation = Operation::parse(&Method::GET, &target.parse().unwrap()).unwrap();
        Asked::read(&super::super::key(
            &testing::principal(),
            &operation,
            headers,
        ))
        .unwrap()
    }

    #[test]
    fn key_is_read_back_as_it_was_asked_for() {
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("text/plain"));

        let plain = read("/v1/teams/DEMO/groups?b=2&a=1", &HeaderMap::new());
        let varied = read("/v1/resolve", &headers);

        assert_eq!(plain.target(), "/v1/teams/demo/groups?a=1&b=2");
        assert_eq!(plain.headers, [""; 0]);
        assert_eq!(varied.target(), "/v1/resolve");
        assert_eq!(varied.headers, ["accept: text/plain"]);
    }

    #[test]
    fn what_is_no_key_is_not_read() {
        for other in [&b""[..], b"short", &[255; 40]] {
            assert_eq!(Asked::read(other), None);
        }
    }
}
