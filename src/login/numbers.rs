//! The answers to number challenges, for whoever chose the nonce of the login.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Answers of logins under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers(Arc<Mutex<HashMap<Key, (i64, Instant)>>>);

/// Mount and nonce.
type Key = (String, String);

/// One answer; dropped, nobody gets it any more.
#[derive(Debug)]
pub(super) struct Shown {
    numbers: Numbers,
    key: Key,
}

impl Numbers {
    /// Shows a number to whoever knows the nonce; `None` if too many are shown.
    pub(super) fn show(&self, mount: &str, nonce: &str, number: i64) -> Option<Shown> {
        let key = (mount.to_owned(), nonce.to_owned());
        let until = Instant::now() + LIFE;
        let mut all = self.0.lock();
        if all.len() >= MOST && !all.contains_key(&key) {
            return None;
        }
        all.insert(key.clone(), (number, until));
        let numbers = self.clone();
        Some(Shown { numbers, key })
    }

    pub(super) fn of(&self, mount: &str, nonce: &str) -> Option<i64> {
        let all = self.0.lock();
        let (number, until) = all.get(&(mount.to_owned(), nonce.to_owned()))?;
        (Instant::now() < *until).then_some(*number)
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.numbers.0.lock().remove(&self.key);
    }
}

/// As long as Okta's challenges live.
const LIFE: Duration = Duration::from_secs(300);

/// Logins with a number under way.
const MOST: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn number_is_shown_to_its_nonce_until_the_login_or_its_time_ends() {
        let numbers = Numbers::default();
        let shown = numbers.show("okta", "nonce", 42).unwrap();
        let other = numbers.show("okta", "other", 7).unwrap();

        let found = numbers.of("okta", "nonce");
        let elsewhere = numbers.of("okta2", "nonce");
        drop(shown);
        let gone = numbers.of("okta", "nonce");
        tokio::time::advance(LIFE).await;
        let late = numbers.of("okta", "other");
        drop(other);

        assert_eq!((found, elsewhere, gone, late), (Some(42), None, None, None));
    }
}
