//! The end of sessions: revoked, or by themselves.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::MutexGuard;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Sessions;
use super::create::{delete, put};
use super::load::is_revoked;
use super::session::Session;
use crate::caller::SessionId;
use crate::store::{self, Change};

impl Sessions {
    /// Ends a session and all whose end is its end; says whether there was one.
    ///
    /// Its tokens are good for nothing from this moment on; it returns when that is on the disk.
    ///
    /// # Errors
    ///
    /// Fails if it cannot be put down: then the session is gone until the gateway is started again.
    ///
    /// # Cancel safety
    ///
    /// None: dropped, it may come back when the gateway is started again.
    pub async fn revoke(&self, id: SessionId) -> Result<bool, store::Error> {
        let gone = self.shared.table.write().remove_tree(id);
        let was_there = !gone.is_empty();
        self.forget(gone, Vec::new()).await?;
        Ok(was_there)
    }

    /// Ends a session alone; those whose parent it was become orphans.
    ///
    /// # Errors
    ///
    /// As [`Sessions::revoke`].
    pub async fn revoke_alone(&self, id: SessionId) -> Result<bool, store::Error> {
        let (_turns, children) = self.family(id).await;
        let (gone, orphans) = {
            let mut table = self.shared.table.write();
            let orphan = |child: &Arc<Session>| Arc::new(child.with(|more| more.parent = None));
            let orphans: Vec<_> = children.iter().map(orphan).collect();
            for orphan in &orphans {
                table.insert(Arc::clone(orphan));
            }
            (table.remove(id), orphans)
        };
        self.shared.epoch.bump();
        let mut changes: Vec<Change> = orphans.iter().map(|orphan| put(orphan)).collect();
        changes.extend(gone.iter().flat_map(|gone| self.ends(gone)));
        self.shared.store.commit(changes).await?;
        Ok(gone.is_some())
    }

    /// The turns of a session and of all its children.
    async fn family(&self, id: SessionId) -> (Vec<MutexGuard<'_, ()>>, Vec<Arc<Session>>) {
        let children = || self.shared.table.read().children(id);
        let ids = |of: &[Arc<Session>]| of.iter().map(|s| s.id()).collect::<BTreeSet<_>>();
        let mut known = ids(&children());
        loop {
            let turns = self.turns(known.iter().copied().chain([id])).await;
            let children = children();
            let now = ids(&children);
            // With the parent's turn no more can come.
            if now.is_subset(&known) {
                return (turns, children);
            }
            drop(turns);
            known = now;
        }
    }

    /// Ends all sessions of a virtual key, and makes `changes` with that or neither.
    ///
    /// # Errors
    ///
    /// As [`Sessions::revoke`].
    pub async fn revoke_of_key(&self, key: Uuid, changes: Vec<Change>) -> Result<(), store::Error> {
        let gone = {
            let mut table = self.shared.table.write();
            let all = table.of_key(key);
            let trees = all.iter().map(|session| table.remove_tree(session.id()));
            trees.collect::<Vec<_>>().concat()
        };
        self.shared.identities.forget(key);
        self.forget(gone, changes).await
    }

    /// Ends all sessions that were made under a path, as `auth/okta/`, and makes `changes` with that
    /// or neither.
    ///
    /// # Errors
    ///
    /// As [`Sessions::revoke`].
    pub async fn revoke_under(&self, path: &str, changes: Vec<Change>) -> Result<(), store::Error> {
        let gone = {
            let mut table = self.shared.table.write();
            table.remove_trees(|_, session| session.path().starts_with(path))
        };
        self.forget(gone, changes).await
    }

    /// Takes away what has ended by itself, until stopped.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.sweep() => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(SWEEP) => {}
            }
        }
    }

    pub(super) async fn sweep(&self) {
        let over = std::mem::take(&mut *self.shared.over.lock());
        if !over.is_empty() {
            self.put_over(over).await;
        }
        loop {
            let now = self.shared.clock.now();
            let gone = {
                let mut table = self.shared.table.write();
                let ended = table.ended(now, AT_ONCE);
                let trees = ended.into_iter().map(|id| table.remove_tree(id));
                trees.collect::<Vec<_>>().concat()
            };
            if gone.is_empty() {
                return;
            }
            let ends = gone.iter().flat_map(|session| self.ends(session));
            self.put_over(ends.collect()).await;
        }
    }

    async fn put_over(&self, changes: Vec<Change>) {
        // What is left in the store has ended all the same, and is taken away at the next start.
        if let Err(error) = self.shared.store.commit(changes).await {
            tracing::warn!(event = "store", "ended sessions stay in the store: {error}");
        }
    }

    async fn forget(
        &self,
        gone: Vec<Arc<Session>>,
        mut changes: Vec<Change>,
    ) -> Result<(), store::Error> {
        self.shared.epoch.bump();
        // Whoever is about to put one of them down again ends first.
        let _turns = self.turns(gone.iter().map(|session| session.id())).await;
        changes.extend(gone.iter().flat_map(|session| self.ends(session)));
        if changes.is_empty() {
            return Ok(());
        }
        self.shared.store.commit(changes).await
    }

    /// How it is put down that a session has ended.
    fn ends(&self, session: &Session) -> Option<Change> {
        let root = self.shared.root.as_ref();
        match root.filter(|root| root.id == session.id()) {
            Some(root) => Some(is_revoked(root)),
            None => Some(delete(session.id())),
        }
    }
}

/// How long what has ended may lie about.
const SWEEP: Duration = Duration::from_secs(1);

/// How many ended sessions are taken away in one go.
const AT_ONCE: usize = 1_000;
