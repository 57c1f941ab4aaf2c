//! All sessions, by each name that they are looked for.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::session::Session;
use crate::caller::SessionId;

/// The part of an id that tables are indexed by; it is a keyed hash, so nobody can choose it.
pub(super) type Short = [u8; 16];

/// Every session that there is.
#[derive(Debug, Default)]
pub(super) struct Table {
    by_id: HashMap<Short, Arc<Session>, ahash::RandomState>,
    /// By a hash of the accessor, which takes a third of the accessor's place.
    by_accessor: HashMap<u64, Arc<Session>, ahash::RandomState>,
    by_end: BTreeSet<(u64, Short)>,
    children: HashMap<Short, HashSet<Short>>,
    by_key: HashMap<Uuid, HashSet<Short>>,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The session of this id. What is left of the hash is compared in constant time.
    pub(super) fn get(&self, id: SessionId) -> Option<&Arc<Session>> {
        let session = self.by_id.get(&short(id))?;
        bool::from(session.id().0.ct_eq(&id.0)).then_some(session)
    }

    pub(super) fn of_accessor(&self, accessor: &str) -> Option<&Arc<Session>> {
        let session = self.by_accessor.get(&self.hash(accessor))?;
        (session.accessor() == accessor).then_some(session)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Session>> {
        self.by_id.values()
    }

    pub(super) fn of_key(&self, key: Uuid) -> Vec<Arc<Session>> {
        let all = self.by_key.get(&key).into_iter().flatten();
        all.filter_map(|short| self.by_id.get(short))
            .cloned()
            .collect()
    }

    /// Puts it in, in the place of what has its id.
    pub(super) fn insert(&mut self, session: Arc<Session>) {
        self.remove(session.id());
        let own = short(session.id());
        if session.until > 0 {
            self.by_end.insert((session.until, own));
        }
        if let Some(parent) = session.parent() {
            self.children.entry(short(parent)).or_default().insert(own);
        }
        if let Some(key) = session.key() {
            self.by_key.entry(key).or_default().insert(own);
        }
        let hash = self.hash(session.accessor());
        self.by_accessor.insert(hash, Arc::clone(&session));
        self.by_id.insert(own, session);
    }

    /// Takes it out; those whose parent it is stay as they are.
    pub(super) fn remove(&mut self, id: SessionId) -> Option<Arc<Session>> {
        self.get(id)?;
        let own = short(id);
        let session = self.by_id.remove(&own)?;
        self.by_end.remove(&(session.until, own));
        if let Some(parent) = session.parent() {
            leave(&mut self.children, &short(parent), &own);
        }
        if let Some(key) = session.key() {
            leave(&mut self.by_key, &key, &own);
        }
        self.by_accessor.remove(&self.hash(session.accessor()));
        Some(session)
    }

    /// Takes it out with all that ends with it.
    pub(super) fn remove_tree(&mut self, id: SessionId) -> Vec<Arc<Session>> {
        let mut gone = Vec::new();
        let mut next = vec![id];
        while let Some(id) = next.pop() {
            let children = self.children.get(&short(id)).into_iter().flatten();
            let children = children.filter_map(|child| self.by_id.get(child));
            next.extend(children.map(|child| child.id()));
            gone.extend(self.remove(id));
        }
        gone
    }

    /// The same of all that are `meant`.
    pub(super) fn remove_trees(
        &mut self,
        meant: impl Fn(&Self, &Session) -> bool,
    ) -> Vec<Arc<Session>> {
        let mut ids = Vec::new();
        for session in self.by_id.values().filter(|session| meant(self, session)) {
            ids.push(session.id());
        }
        let trees = ids.into_iter().map(|id| self.remove_tree(id));
        trees.collect::<Vec<_>>().concat()
    }

    /// Those whose parent it is.
    pub(super) fn children(&self, id: SessionId) -> Vec<Arc<Session>> {
        let children = self.children.get(&short(id)).into_iter().flatten();
        let children = children.filter_map(|child| self.by_id.get(child));
        children.cloned().collect()
    }

    /// Up to `most` that have ended.
    pub(super) fn ended(&self, now: u64, most: usize) -> Vec<SessionId> {
        let ended = self.by_end.iter().take_while(|(until, _)| *until <= now);
        let ended = ended.filter_map(|(_, short)| self.by_id.get(short));
        ended.take(most).map(|session| session.id()).collect()
    }

    /// When it and all whose end is its end have ended; `None` if they have already, zero if they do
    /// not.
    pub(super) fn lasts_until(&self, session: &Session, now: u64) -> Option<u64> {
        let mut until = 0;
        let mut parent = None;
        let mut next = Some(session);
        while let Some(session) = next {
            if session.until > 0 && session.until <= now {
                return None;
            }
            until = match (until, session.until) {
                (0, other) | (other, 0) => other,
                (one, other) => one.min(other),
            };
            parent = session.parent();
            next = parent.and_then(|id| self.get(id)).map(|parent| &**parent);
        }
        // One whose parent is gone is on its way out.
        parent.is_none().then_some(until)
    }

    fn hash(&self, accessor: &str) -> u64 {
        self.by_accessor.hasher().hash_one(accessor)
    }
}

fn leave<K: Eq + std::hash::Hash>(of: &mut HashMap<K, HashSet<Short>>, key: &K, own: &Short) {
    if let Some(all) = of.get_mut(key) {
        all.remove(own);
        if all.is_empty() {
            of.remove(key);
        }
    }
}

pub(super) fn short(id: SessionId) -> Short {
    let (short, _) = id.0.split_first_chunk().expect("half of it");
    *short
}
