//! What the emulator saw: a bounded log and counters, for tests and for `/_emulator`.

use std::collections::{HashMap, VecDeque};

use http::{HeaderName, Method};
use serde::Serialize;

use super::ask::Ask;
use super::okta::{is_foreign, is_okta};

/// One request that was seen; holds no secrets.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Seen {
    /// Which one it is, counted from 1 since the start, or since the last reset.
    pub number: u64,
    /// Its method.
    #[serde(serialize_with = "text")]
    pub method: Method,
    /// Its path, as it came; the first 2048 characters.
    pub path: String,
    /// Its query, likewise; empty if it had none.
    pub query: String,
    /// The service user that it was made as, if its token was good.
    pub user: Option<String>,
    /// What it was answered with; 0 until it is, and for ever if the connection was cut.
    pub status: u16,
}

/// What was counted since the start, or since the last reset.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Counters {
    /// Requests for a bearer token.
    pub token_calls: u64,
    /// All other requests to OPA.
    pub calls: u64,
    /// Requests to Okta.
    pub okta_calls: u64,
    /// Answers with 429.
    pub limited: u64,
    /// Answers with 401.
    pub unauthorized: u64,
    /// Writes that were applied, token calls not counted.
    pub writes: u64,
    /// Requests that carried what only a caller of the gateway may know.
    ///
    /// That is an `Authorization` which is not a bearer token issued here, or any of `Cookie`,
    /// `Proxy-Authorization`, `X-Vault-*`, `Forwarded` and `X-Forwarded-*`. Okta may be shown `SSWS`
    /// and be told what was forwarded.
    pub leaked: u64,
    /// The name of the first header that leaked.
    pub first_leak: Option<String>,
}

/// The book of what was seen.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) counters: Counters,
    log: VecDeque<Seen>,
    /// Entries that the log has forgotten.
    forgotten: u64,
    by_path: HashMap<String, u64>,
    /// Bytes of the paths that are counted.
    path_bytes: usize,
}

impl Ledger {
    /// Enters a request that arrives; the number is the entry's.
    pub(super) fn arrived(&mut self, ask: &Ask, foreign: bool) -> u64 {
        if ask.is_token_call() {
            self.counters.token_calls += 1;
        } else if is_okta(ask) {
            self.counters.okta_calls += 1;
        } else {
            self.counters.calls += 1;
        }
        if let Some(header) = leak(ask, foreign) {
            self.counters.leaked += 1;
            self.counters.first_leak.get_or_insert(header);
        }
        self.count(ask.canonical());
        if self.log.len() == ENTRIES {
            self.log.pop_front();
            self.forgotten += 1;
        }
        let before = self.forgotten + entries(&self.log);
        self.log.push_back(Seen {
            number: before + 1,
            method: ask.method.clone(),
            path: start_of(ask.raw_path()),
            query: start_of(ask.raw_query()),
            user: None,
            status: 0,
        });
        before
    }

    /// Notes who made the request of an entry.
    pub(super) fn made_by(&mut self, entry: u64, user: &str) {
        if let Some(seen) = self.entry(entry) {
            seen.user = Some(user.to_owned());
        }
    }

    /// Notes what the request of an entry was answered with.
    pub(super) fn answered(&mut self, entry: u64, status: u16) {
        self.counters.limited += u64::from(status == 429);
        self.counters.unauthorized += u64::from(status == 401);
        if let Some(seen) = self.entry(entry) {
            seen.status = status;
        }
    }

    /// All entries, oldest first.
    pub(super) fn log(&self) -> Vec<Seen> {
        self.log.iter().cloned().collect()
    }

    /// The entries after the one with this number, oldest first.
    pub(super) fn since(&self, number: u64) -> impl Iterator<Item = &Seen> {
        let known = usize::try_from(number.saturating_sub(self.forgotten));
        self.log.iter().skip(known.unwrap_or(usize::MAX))
    }

    /// Requests seen for a path in its canonical spelling.
    pub(super) fn calls_to(&self, canonical: &str) -> u64 {
        self.by_path.get(canonical).copied().unwrap_or_default()
    }

    fn count(&mut self, path: String) {
        let bytes = self.path_bytes.saturating_add(path.len());
        if let Some(count) = self.by_path.get_mut(&path) {
            *count += 1;
        } else if bytes <= PATH_BYTES {
            self.path_bytes = bytes;
            self.by_path.insert(path, 1);
        }
    }

    fn entry(&mut self, entry: u64) -> Option<&mut Seen> {
        let at = usize::try_from(entry.checked_sub(self.forgotten)?).ok()?;
        self.log.get_mut(at)
    }
}

fn leak(ask: &Ask, foreign: bool) -> Option<String> {
    // Okta has tokens of its own, and may be told whom a login comes from.
    let is_okta = is_okta(ask);
    let foreign = if is_okta { is_foreign(ask) } else { foreign };
    if foreign {
        return Some("authorization".to_owned());
    }
    let mut names = ask.headers.keys().map(HeaderName::as_str);
    let leaked = names.find(|name| {
        matches!(*name, "cookie" | "proxy-authorization")
            || name.starts_with("x-vault-")
            || !is_okta && (*name == "forwarded" || name.starts_with("x-forwarded-"))
    });
    leaked.map(str::to_owned)
}

fn start_of(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).collect()
}

fn entries(log: &VecDeque<Seen>) -> u64 {
    u64::try_from(log.len()).unwrap_or(u64::MAX)
}

fn text<S: serde::Serializer>(method: &Method, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(method.as_str())
}

/// Entries of the log; the oldest are forgotten.
const ENTRIES: usize = 10_000;

/// Characters of a path, and of a query, that an entry keeps.
const LONGEST: usize = 2048;

/// Bytes of paths that are counted one by one; later ones are not.
const PATH_BYTES: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn log_forgets_the_oldest_and_finds_the_rest() {
        let mut ledger = Ledger::default();
        let request = http::Request::get("/v1/teams/demo/groups");
        let ask = Ask::read(request.body(Bytes::new()).unwrap());
        let first = ledger.arrived(&ask, false);
        let entries: Vec<_> = (0..ENTRIES).map(|_| ledger.arrived(&ask, false)).collect();

        ledger.answered(first, 500);
        ledger.answered(entries[0], 201);
        ledger.answered(entries[ENTRIES - 1], 202);

        let log = ledger.log();
        assert_eq!(log.len(), ENTRIES);
        assert_eq!((log[0].status, log[ENTRIES - 1].status), (201, 202));
        assert_eq!(ledger.calls_to("/v1/teams/demo/groups"), 10_001);
        assert_eq!(ledger.since(0).next().unwrap().number, 2);
        assert_eq!(ledger.since(10_000).next().unwrap().number, 10_001);
        assert_eq!(ledger.since(10_001).count(), 0);
    }
    #[test]
    fn long_paths_take_no_more_room_than_there_is() {
        let mut ledger = Ledger::default();
        let long = |number: usize| format!("/{number}/{}", "x".repeat(60_000));

        for number in 0..300 {
            let request = http::Request::get(long(number)).body(Bytes::new());
            ledger.arrived(&Ask::read(request.unwrap()), false);
        }

        assert_eq!(ledger.calls_to(&long(0)), 1);
        assert_eq!(ledger.calls_to(&long(299)), 0);
        assert!(ledger.log().iter().all(|seen| seen.path.len() == LONGEST));
    }
}
