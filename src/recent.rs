//! The last requests, for whoever looks at the dashboard.
//!
//! What is no plain hit is kept always, for it costs far more than to be kept. Of hits so many are
//! kept as were asked for when somebody last looked: with nobody looking there is nothing left to
//! keep, and a hit pays for one look at a number. A hit never waits here; others do for as long as it
//! takes to put one request into a list.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{Method, StatusCode};
use parking_lot::Mutex;

use crate::caller::{Caller, Principal};
use crate::record::{Cache, Id, Outcome, Record};

/// How many hits are kept from one look to the next; the page looks once a second.
const HITS: u32 = 100;

/// Longest path that is kept, in bytes.
const LONGEST_PATH: usize = 512;

/// No order with anything else is needed: it only bounds.
const RELAXED: Ordering = Ordering::Relaxed;

/// A handle on the last requests; cheap to clone.
#[derive(Clone)]
pub struct Recent {
    shared: Arc<Shared>,
}

struct Shared {
    room: usize,
    hits_left: AtomicU32,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    seen: VecDeque<Arc<Seen>>,
    /// How many there ever were.
    count: u64,
}

/// One request, as it ended.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its place among all that were kept, from 1.
    pub number: u64,
    /// When it ended.
    pub at: SystemTime,
    /// Its id.
    pub id: Id,
    /// Its method.
    pub method: Method,
    /// Its path without query, cut if it is very long.
    pub path: Arc<str>,
    /// What was asked.
    pub operation: &'static str,
    /// Who asked.
    pub caller: Option<Arc<Caller>>,
    /// In whose name the upstream is asked.
    pub principal: Option<Arc<Principal>>,
    /// The rule that decided.
    pub rule: Option<Arc<str>>,
    /// What the cache had.
    pub cache: Cache,
    /// How it ended.
    pub outcome: Outcome,
    /// The stable code of the error, if the gateway made one.
    pub error: Option<&'static str>,
    /// The status of the answer.
    pub status: Option<StatusCode>,
    /// The size of the answer, in bytes.
    pub bytes: u64,
    /// All the time that it took.
    pub took: Duration,
    /// What became known below the cache.
    pub below: Option<Below>,
}

/// What became known of a request below the cache.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Below {
    /// Time in the queue.
    pub queued: Duration,
    /// Time the upstream took.
    pub upstream: Duration,
    /// The last status that it gave.
    pub status: Option<u16>,
    /// Requests sent to it.
    pub attempts: u32,
    /// Pages joined.
    pub pages: u32,
    /// Whether it is kept now.
    pub is_stored: bool,
}

impl Recent {
    /// Has room for so many; for none, it keeps nothing.
    pub fn new(room: usize) -> Self {
        let hits = if room == 0 { 0 } else { HITS };
        Self {
            shared: Arc::new(Shared {
                room,
                hits_left: AtomicU32::new(hits),
                kept: Mutex::default(),
            }),
        }
    }

    /// A request has ended.
    #[inline]
    pub fn note(&self, record: &Record) {
        let is_hit = matches!(record.cache, Cache::Hit { .. });
        if is_hit && self.shared.hits_left.load(RELAXED) == 0 {
            return;
        }
        self.shared.keep(record, is_hit);
    }

    /// Somebody looks: more hits may be kept.
    pub fn watch(&self) {
        if self.shared.room > 0 {
            self.shared.hits_left.store(HITS, RELAXED);
        }
    }

    /// The last `most` of those that came after the one with this number, oldest first.
    pub fn after(&self, number: u64, most: usize) -> Vec<Arc<Seen>> {
        let kept = self.shared.kept.lock();
        let newer = kept.seen.iter().rev();
        let newer = newer.take_while(|seen| seen.number > number).take(most);
        let mut newer: Vec<_> = newer.cloned().collect();
        newer.reverse();
        newer
    }
}

impl Shared {
    #[cold]
    #[inline(never)]
    fn keep(&self, record: &Record, is_hit: bool) {
        if self.room == 0 {
            return;
        }
        if is_hit {
            // Two at once may both take the last: one more is kept, or the next takes it back.
            let left = self.hits_left.load(RELAXED);
            self.hits_left.store(left.saturating_sub(1), RELAXED);
        }
        let mut seen = Seen::new(record);
        let kept = if is_hit {
            self.kept.try_lock()
        } else {
            Some(self.kept.lock())
        };
        let Some(mut kept) = kept else {
            return;
        };
        kept.count += 1;
        seen.number = kept.count;
        if kept.seen.len() >= self.room {
            kept.seen.pop_front();
        }
        kept.seen.push_back(Arc::new(seen));
    }
}

impl Seen {
    fn new(record: &Record) -> Self {
        let below = record.trail.as_ref().map(|trail| Below {
            queued: trail.queue_time(),
            upstream: trail.upstream_time(),
            status: trail.upstream_status(),
            attempts: trail.attempts(),
            pages: trail.pages(),
            is_stored: trail.is_stored(),
        });
        Self {
            number: 0,
            at: UNIX_EPOCH + record.arrived + record.took,
            id: record.id.clone(),
            method: record.method.clone(),
            path: cut(&record.path),
            operation: record.operation_name(),
            caller: record.caller.clone(),
            principal: record.principal.clone(),
            rule: record.rule.clone(),
            cache: record.cache,
            outcome: record.outcome(),
            error: record.error.as_ref().map(|error| error.kind().code()),
            status: record.status,
            bytes: record.bytes_out,
            took: record.took,
            below,
        }
    }
}

/// A path of bounded length; as a rule the very one.
fn cut(path: &Arc<str>) -> Arc<str> {
    if path.len() <= LONGEST_PATH {
        return Arc::clone(path);
    }
    let mut end = LONGEST_PATH;
    while !path.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", path.get(..end).unwrap_or_default()).into()
}

impl fmt::Debug for Recent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recent")
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::record::Miss;

    fn record(path: &str, cache: Cache) -> Record {
        let mut record = Record::new(&HeaderMap::new(), Method::GET, path.into());
        record.cache = cache;
        record.status = Some(StatusCode::OK);
        record
    }

    fn hit() -> Record {
        let hit = Cache::Hit {
            age: Duration::ZERO,
            left: Duration::ZERO,
            pages: 1,
        };
        record("/hit", hit)
    }

    fn miss() -> Record {
        record("/miss", Cache::Miss(Miss::Absent))
    }

    #[tokio::test]
    async fn hits_are_kept_only_while_somebody_looks() {
        let recent = Recent::new(1_000);
        for _ in 0..500 {
            recent.note(&hit());
        }
        let unseen = recent.after(0, 1_000).len();

        recent.watch();
        recent.note(&hit());
        recent.note(&miss());

        let after = recent.after(unseen.try_into().unwrap(), 1_000);
        assert_eq!(unseen, 100);
        let paths: Vec<_> = after.iter().map(|seen| &*seen.path).collect();
        assert_eq!(paths, ["/hit", "/miss"]);
    }

    #[tokio::test]
    async fn last_ones_push_the_first_out() {
        let recent = Recent::new(3);
        for _ in 0..5 {
            recent.note(&miss());
        }

        let numbers = |after, most| -> Vec<u64> {
            let seen = recent.after(after, most);
            seen.iter().map(|seen| seen.number).collect()
        };
        assert_eq!(numbers(0, 10), [3, 4, 5]);
        assert_eq!(numbers(4, 10), [5]);
        assert_eq!(numbers(0, 2), [4, 5]);
    }

    #[tokio::test]
    async fn nothing_is_kept_without_room_and_no_path_is_kept_whole_that_is_very_long() {
        let (none, some) = (Recent::new(0), Recent::new(1));
        let long = record(&format!("/{}", "é".repeat(1_000)), Cache::None);

        none.watch();
        none.note(&hit());
        none.note(&long);
        some.note(&long);

        assert!(none.after(0, 10).is_empty());
        assert_eq!(some.after(0, 10)[0].path.len(), 511 + "…".len());
    }
}
