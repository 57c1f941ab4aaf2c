//! What was fetched lately and is not kept, and why: for people who wonder.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Store;
use crate::caller::Principal;
use crate::exchange::Request;

/// How many are remembered.
const ROOM: usize = 200;

/// Longest path that is remembered, in bytes.
const LONGEST_PATH: usize = 512;

/// A handle on what was not kept; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Skipped {
    list: Arc<Mutex<VecDeque<Skip>>>,
}

/// One answer that was not kept.
#[derive(Clone, Debug)]
pub struct Skip {
    /// Its canonical path, cut if it is very long.
    pub path: String,
    /// In whose name it was read.
    pub principal: Arc<Principal>,
    /// Why it is not kept: the words of `opagate_cache_populate_skipped_total`; `class`, if answers
    /// of its class never are; or `wish`, if its caller wanted it so.
    pub reason: &'static str,
    /// When.
    at: Instant,
}

impl Skip {
    /// How long ago.
    pub fn age(&self) -> Duration {
        self.at.elapsed()
    }
}

impl Skipped {
    /// The answer to `request` is not kept; one of its path and reason that is remembered is
    /// forgotten.
    pub(super) fn note(&self, request: &Request, reason: &'static str) {
        // Who comes at the same moment is left out rather than held up.
        let Some(mut list) = self.list.try_lock() else {
            return;
        };
        let path = request.operation.path.canonical();
        let mut end = path.len().min(LONGEST_PATH);
        while !path.is_char_boundary(end) {
            end -= 1;
        }
        let path = path.get(..end).unwrap_or_default();
        let same = |skip: &Skip| skip.path == path && skip.reason == reason;
        if let Some(place) = list.iter().position(same) {
            list.remove(place);
        } else if list.len() >= ROOM {
            list.pop_front();
        }
        list.push_back(Skip {
            path: path.to_owned(),
            principal: Arc::clone(&request.principal),
            reason,
            at: Instant::now(),
        });
    }
}

impl Store {
    /// The last `most` answers that were not kept and whose path `is_wanted` wants, newest first.
    pub fn skipped(&self, is_wanted: impl Fn(&str) -> bool, most: usize) -> Vec<Skip> {
        let list = self.skipped.list.lock();
        let wanted = list.iter().rev().filter(|skip| is_wanted(&skip.path));
        wanted.take(most).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::Priority;
    use crate::testing;

    fn request(path: &str) -> Request {
        let deadline = Instant::now() + Duration::from_secs(50);
        testing::get(path, testing::terms(0, Priority::Interactive, deadline))
    }

    #[tokio::test]
    async fn each_path_and_reason_is_remembered_once_and_the_oldest_goes() {
        let skipped = Skipped::default();
        for number in 0..ROOM {
            skipped.note(&request(&format!("/v1/teams/demo/things/{number}")), "size");
        }

        skipped.note(&request("/v1/teams/demo/things/1"), "size");
        skipped.note(&request("/v1/teams/demo/things/1"), "vary");

        let list = skipped.list.lock();
        let shown = |place: usize| (list[place].path.as_str(), list[place].reason);
        assert_eq!(list.len(), ROOM);
        assert_eq!(shown(0), ("/v1/teams/demo/things/2", "size"));
        assert_eq!(shown(ROOM - 2), ("/v1/teams/demo/things/1", "size"));
        assert_eq!(shown(ROOM - 1), ("/v1/teams/demo/things/1", "vary"));
    }
}
