//! The gzip forms of kept answers.
//!
//! The first hit of a caller who takes gzip has one made in the background; whoever comes when it is
//! there gets it. So a hit never compresses, and what nobody asks for twice costs nothing. Answers
//! with secrets are never kept, so none is ever compressed beside what an attacker chose.

use std::sync::Arc;

use bytes::Bytes;
use moka::ops::compute::Op;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::{Entry, Store};
use crate::coding::gzip;

/// Has gzip forms made; see the [module](self).
#[derive(Clone, Debug)]
pub struct Gzips {
    store: Store,
    work: Handle,
    places: Arc<Semaphore>,
}

impl Gzips {
    /// Makes them on `work`, for what is in `store`.
    pub fn new(store: Store, work: Handle) -> Self {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Self {
            store,
            work,
            places,
        }
    }

    /// Is told of a hit on `entry` by a caller who takes gzip.
    pub fn hit(&self, key: &[u8], entry: &Arc<Entry>) {
        if !entry.claim_gzip() {
            return;
        }
        // Too many are being made: the next hit tries again.
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            entry.give_back_gzip();
            return;
        };
        let (store, key, entry) = (
            self.store.clone(),
            Arc::<[u8]>::from(key),
            Arc::clone(entry),
        );
        // Detached: whether it comes about changes nothing for anybody who waits.
        drop(self.work.spawn_blocking(move || {
            let coded = gzip(entry.body());
            if coded.len() < entry.body().len() {
                store.put_gzip(&key, &entry, coded);
            }
            drop(place);
        }));
    }
}

impl Store {
    /// Puts `entry` under `key`, or takes away what stands there.
    ///
    /// By turns with [`Self::put_gzip`]: moka's plain `insert` and `invalidate` could come between its
    /// look and its put, and what they did would be undone.
    pub(super) fn put(&self, key: &Arc<[u8]>, entry: Option<Entry>) {
        let _put = self.puts.begin(key);
        let slot = self.entries.entry(Arc::clone(key));
        drop(slot.and_compute_with(|_| match entry {
            Some(entry) => Op::Put(Arc::new(entry)),
            None => Op::Remove,
        }));
    }

    /// Adds the gzip form to `entry`, if that is what is kept still.
    fn put_gzip(&self, key: &Arc<[u8]>, entry: &Arc<Entry>, gzip: Bytes) {
        let _put = self.puts.begin(key);
        let slot = self.entries.entry(Arc::clone(key));
        drop(slot.and_compute_with(|kept| match kept {
            Some(kept) if Arc::ptr_eq(kept.value(), entry) => {
                let entry = entry.with_gzip(gzip);
                // The plain one is taken off when this one has replaced it.
                self.held.add(entry.place, entry.weight(key));
                Op::Put(Arc::new(entry))
            }
            _ => Op::Nop,
        }));
    }
}

/// How many are made at once: one core is left to what callers wait for.
const AT_ONCE: usize = 2;

#[cfg(test)]
mod tests;
