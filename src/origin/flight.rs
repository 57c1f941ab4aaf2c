//! Who asks the origin, where several want the same at once: the first; the others wait for it and
//! then look whether what it got is kept.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::store::Key;

/// A handle on what is under way.
#[derive(Clone, Debug)]
pub(super) struct Flights {
    under_way: Arc<Mutex<HashMap<Key, watch::Receiver<()>, ahash::RandomState>>>,
    most: usize,
}

/// What is to be done by one who wants something.
#[derive(Debug)]
pub(super) enum Turn {
    /// Ask; whoever comes later waits until this is dropped.
    Ask(Flight),
    /// Wait for another.
    Wait(watch::Receiver<()>),
    /// Ask, and let nobody wait: too much is under way.
    Alone,
}

/// Something under way; over when it is dropped.
#[derive(Debug)]
pub(super) struct Flight {
    flights: Flights,
    key: Key,
    _over: watch::Sender<()>,
}

impl Flights {
    /// At most so many at once.
    pub(super) fn new(most: usize) -> Self {
        Self {
            under_way: Arc::default(),
            most,
        }
    }

    /// What one is to do who wants what stands under `key`.
    pub(super) fn join(&self, key: &Key) -> Turn {
        let mut under_way = self.under_way.lock();
        if let Some(other) = under_way.get(key) {
            return Turn::Wait(other.clone());
        }
        if under_way.len() >= self.most {
            return Turn::Alone;
        }
        let (over, waiting) = watch::channel(());
        under_way.insert(key.clone(), waiting);
        Turn::Ask(Flight {
            flights: self.clone(),
            key: key.clone(),
            _over: over,
        })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        // Before those who wait are woken: who wakes must not find it again.
        self.flights.under_way.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(target: &str) -> Key {
        Key {
            mapping: 0,
            target: target.into(),
        }
    }

    #[tokio::test]
    async fn second_waits_until_the_first_is_over() {
        let flights = Flights::new(9);
        let Turn::Ask(first) = flights.join(&key("/a")) else {
            panic!("nobody else asks");
        };
        let Turn::Wait(mut second) = flights.join(&key("/a")) else {
            panic!("the first asks");
        };
        assert!(matches!(flights.join(&key("/b")), Turn::Ask(_)));

        drop(first);

        second.changed().await.expect_err("the first is over");
        assert!(matches!(flights.join(&key("/a")), Turn::Ask(_)));
    }

    #[test]
    fn number_under_way_is_bounded() {
        let flights = Flights::new(1);
        let _first = flights.join(&key("/a"));

        assert!(matches!(flights.join(&key("/b")), Turn::Alone));
    }
}
