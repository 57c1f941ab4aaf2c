//! Slows down whoever guesses passwords, and refuses them before Okta locks the account.
//!
//! Okta locks an account after a number of failures in a row (ten, unless an operator says fewer),
//! whoever they are by: without a guard anybody could lock anybody out. So failures are counted here,
//! by user and by address, and a try is one from before it is sent until Okta has said that it is none.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

/// Failures of one user after which nobody asks Okta for a while: one fewer than in strict policies.
const FAILURES: u32 = 4;
/// The same of one address, which may be that of many people.
const FAILURES_OF_ADDRESS: u32 = 100;
/// How long that while is at first; it doubles with each further failure.
const FIRST_PAUSE: Duration = Duration::from_secs(15 * 60);
const LONGEST_PAUSE: Duration = Duration::from_secs(12 * 3600);
/// Without a failure for so long there was none.
const FORGET_AFTER: Duration = Duration::from_secs(24 * 3600);
/// How long a try waits for others of the same user to end.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many users and addresses are known in each of two generations.
const MOST: usize = 50_000;

/// Counts failures.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    counts: Mutex<Counts>,
    /// Told whenever a try ends.
    ended: Notify,
}

/// Those that were asked for lately, and those before: what nobody asks for is forgotten with the
/// generation that it is in.
#[derive(Debug, Default)]
struct Counts {
    young: HashMap<Key, Count>,
    old: HashMap<Key, Count>,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Key {
    /// Mount and name.
    User(String, String),
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    failures: u32,
    /// Tries under way.
    open: u32,
    last: Option<Instant>,
}

/// What comes of looking whether somebody may try.
enum Look {
    Now,
    /// As soon as one of the others has ended.
    Soon,
    After(Duration),
}

/// One try; dropped without a word, it is a failure.
#[derive(Debug)]
pub(super) struct Try {
    guard: Guard,
    keys: Vec<Key>,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Outcome {
    Failed,
    /// Okta was not asked, or said nothing of the password.
    Nothing,
    Passed,
}

impl Guard {
    /// Lets a try begin, perhaps after a while; or says when to come back.
    pub(super) async fn begin(
        &self,
        mount: &str,
        name: &str,
        peer: Option<IpAddr>,
    ) -> Result<Try, Duration> {
        let user = Key::User(mount.to_owned(), short(name));
        let mut keys = vec![user];
        keys.extend(peer.map(|peer| Key::Address(network(peer))));
        let waiting = async {
            loop {
                let ended = self.0.ended.notified();
                match self.take(&keys) {
                    Ok(delay) => return Ok(delay),
                    Err(Some(after)) => return Err(after),
                    Err(None) => ended.await,
                }
            }
        };
        let delay = timeout(PATIENCE, waiting).await.unwrap_or(Err(PATIENCE))?;
        let mut attempt = Try {
            guard: self.clone(),
            keys,
            outcome: Outcome::Nothing,
        };
        sleep(delay).await;
        attempt.outcome = Outcome::Failed;
        Ok(attempt)
    }

    /// Takes a place for each key and says how long to wait; or when there will be one, if that is
    /// known.
    fn take(&self, keys: &[Key]) -> Result<Duration, Option<Duration>> {
        let now = Instant::now();
        let mut counts = self.0.counts.lock();
        let mut delay = Duration::ZERO;
        for key in keys {
            let count = counts.of(key, now);
            match count.look(most(key), now) {
                Look::Now if matches!(key, Key::User(..)) => {
                    delay = Duration::from_secs(count.failures.saturating_sub(1).min(3).into());
                }
                Look::Now => {}
                Look::Soon => return Err(None),
                Look::After(after) => return Err(Some(after)),
            }
        }
        for key in keys {
            counts.of(key, now).open += 1;
        }
        Ok(delay)
    }
}

impl Try {
    /// Okta let them in.
    pub(super) fn passed(mut self) {
        self.outcome = Outcome::Passed;
    }

    /// Okta was not asked, or did not say whether the password is right.
    pub(super) fn void(mut self) {
        self.outcome = Outcome::Nothing;
    }
}

impl Drop for Try {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut counts = self.guard.0.counts.lock();
        for key in &self.keys {
            let count = counts.of(key, now);
            count.open = count.open.saturating_sub(1);
            match (self.outcome, key) {
                (Outcome::Failed, _) => {
                    count.failures = count.failures.saturating_add(1);
                    count.last = Some(now);
                }
                (Outcome::Passed, Key::User(..)) => count.failures = 0,
                // One right password must not wash off a hundred wrong ones of others.
                (Outcome::Passed, Key::Address(_)) | (Outcome::Nothing, _) => {}
            }
        }
        drop(counts);
        self.guard.0.ended.notify_waiters();
    }
}

impl Counts {
    fn of(&mut self, key: &Key, now: Instant) -> &mut Count {
        if self.young.len() >= MOST && !self.young.contains_key(key) {
            self.old = std::mem::take(&mut self.young);
        }
        let old = &mut self.old;
        let count = self
            .young
            .entry(key.clone())
            .or_insert_with(|| old.remove(key).unwrap_or_default());
        let age = count.last.map(|last| now.saturating_duration_since(last));
        if age.is_some_and(|age| age >= FORGET_AFTER) {
            count.failures = 0;
        }
        count
    }
}

impl Count {
    fn look(&self, most: u32, now: Instant) -> Look {
        let over = self.failures.checked_sub(most);
        if let (Some(over), Some(last)) = (over, self.last) {
            let doubled = FIRST_PAUSE.saturating_mul(1 << over.min(16));
            let until = last + doubled.min(LONGEST_PAUSE);
            let left = until.saturating_duration_since(now);
            if !left.is_zero() {
                return Look::After(left);
            }
            // One at a time from here on.
            return if self.open > 0 { Look::Soon } else { Look::Now };
        }
        if self.failures + self.open >= most {
            Look::Soon
        } else {
            Look::Now
        }
    }
}

fn most(key: &Key) -> u32 {
    match key {
        Key::User(..) => FAILURES,
        Key::Address(_) => FAILURES_OF_ADDRESS,
    }
}

/// What a name may be written as to Okta, for which case does not count nor what stands behind `@`, if
/// there is one of the name only. Two who share it share their failures, which is safe.
fn short(name: &str) -> String {
    let name = name.trim().to_lowercase();
    match name.split_once('@') {
        Some((short, _)) => short.to_owned(),
        None => name,
    }
}

/// Whoever has an IPv6 address has all of its network.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(
            address.to_bits() & !u128::from(u64::MAX),
        )),
        v4 @ IpAddr::V4(_) => v4,
    }
}
