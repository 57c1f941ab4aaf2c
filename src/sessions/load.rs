//! The start: what the store holds, and who asks with what.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::RwLock;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::clock::Clock;
use super::create::delete;
use super::identity::Identities;
use super::session::{ACCESSOR, Names, New, Session, Times};
use super::table::Table;
use super::{Config, Epoch, Sessions, Shared, TURNS};
use crate::caller::{Caller, CallerKind, Grant, Principal, Priority, SessionId, Weight};
use crate::policy::Book;
use crate::store::{self, Change, Store};

/// The token of the configuration that may do everything.
pub(super) struct Root {
    sha256: [u8; 32],
    pub(super) id: SessionId,
}

/// Why the sessions of a store cannot be had.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unreadable {
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// What stands in it.
    #[error("the store holds {what} that cannot be read; restore it from a backup")]
    Entry {
        /// Of which kind.
        what: &'static str,
    },
}

impl Root {
    pub(super) fn is(&self, token: &[u8]) -> bool {
        let hash: [u8; 32] = Sha256::digest(token).into();
        hash.ct_eq(&self.sha256).into()
    }
}

impl Sessions {
    /// Reads all sessions; `principals` are those of the configuration.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be read, or if something in it is no session.
    pub fn load(
        config: Config,
        store: &Store,
        book: &Book,
        epoch: &Epoch,
        principals: &[Arc<Principal>],
    ) -> Result<Self, Unreadable> {
        let clock = Clock::new();
        let mut table = Table::default();
        let mut revoked: HashSet<Vec<u8>> = HashSet::new();
        for (key, value) in store.load(store::Table::Sessions)? {
            let Ok(id) = <[u8; 32]>::try_from(&*key) else {
                revoked.insert(key);
                continue;
            };
            let set = |names: &[std::borrow::Cow<'_, str>]| book.set(names);
            let session = Session::from_bytes(SessionId(id), &value, set);
            let session = session.ok_or(Unreadable::Entry { what: "a session" })?;
            table.insert(Arc::new(session));
        }
        let root = config.root_token_sha256.map(|sha256| Root {
            sha256,
            id: SessionId(store.mac("root", &sha256)),
        });
        let root = root.filter(|root| !revoked.contains(&root_key(root)));
        if let Some(root) = &root {
            table.insert(Arc::new(root_session(root, store, book, clock)));
        }
        let over = take_over(&mut table, clock.now());
        let mut first: Vec<Arc<Principal>> = Vec::new();
        for principal in principals {
            if first.iter().all(|known| known.team != principal.team) {
                first.push(Arc::clone(principal));
            }
        }
        let shared = Shared {
            config,
            store: store.clone(),
            book: book.clone(),
            epoch: epoch.clone(),
            clock,
            principals: first,
            table: RwLock::new(table),
            identities: Identities::default(),
            root,
            turns: (0..TURNS).map(|_| Mutex::new(())).collect(),
            over: parking_lot::Mutex::new(over),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Takes away the sessions of keys that there are not, as after a crash between two changes.
    pub fn retain_keys(&self, is_there: impl Fn(Uuid) -> bool) {
        let is_lost = |session: &Session| session.key().is_some_and(|key| !is_there(key));
        let mut table = self.shared.table.write();
        let gone = table.remove_trees(|_, session| is_lost(session));
        drop(table);
        let gone = gone.iter().map(|session| delete(session.id()));
        self.shared.over.lock().extend(gone);
    }

    /// Who shows `token` from `peer`, if it is one of ours, has not ended, and may be shown there.
    pub fn caller(&self, token: &[u8], peer: Option<IpAddr>) -> Option<Arc<Caller>> {
        let session = self.of_token(token)?;
        let cidrs = session.cidrs();
        if !cidrs.is_empty()
            && !cidrs
                .iter()
                .any(|cidr| peer.is_some_and(|p| cidr.contains(p)))
        {
            return None;
        }
        let shared = &self.shared;
        let until = shared
            .table
            .read()
            .lasts_until(&session, shared.clock.now())?;
        let set = session.set();
        let (priority, quota) = {
            let compiled = set.compiled();
            (compiled.priority, compiled.quota)
        };
        let (index, limit) = shared.identities.of(&session, quota, &shared.book);
        Some(Arc::new(Caller {
            name: session.display_name().into(),
            index,
            kind: match session.key() {
                Some(_) => CallerKind::VirtualKey,
                None => CallerKind::Session,
            },
            priority: priority.unwrap_or(Priority::Interactive),
            weight: Weight::ONE,
            principals: shared.principals.clone(),
            grant: Grant {
                set: Arc::clone(set),
                until: (until > 0).then(|| shared.clock.at(until)),
                session: Some(session.id()),
                accessor: Some(session.accessor().into()),
                is_counted: session.uses().is_some(),
                limit,
            },
        }))
    }
}

/// Takes out what has ended, with all that ended with it, and what has lost its parent.
fn take_over(table: &mut Table, now: u64) -> Vec<Change> {
    let gone = table.remove_trees(|table, session| table.lasts_until(session, now).is_none());
    gone.iter().map(|session| delete(session.id())).collect()
}

/// The session of the configuration's token; it is kept nowhere else, and never ends by itself.
fn root_session(root: &Root, store: &Store, book: &Book, clock: Clock) -> Session {
    let new = New {
        policies: vec!["root".to_owned()],
        display_name: "root".to_owned(),
        path: "auth/token/root".to_owned(),
        ..New::default()
    };
    let accessor = hex::encode(store.mac("root accessor", &root.sha256));
    let accessor = accessor.as_bytes().first_chunk::<ACCESSOR>();
    let names = Names {
        id: root.id,
        accessor: *accessor.expect("a hash is longer"),
        set: book.set(&new.policies),
    };
    let times = Times {
        created: clock.now(),
        until: 0,
        ttl: std::time::Duration::ZERO,
    };
    Session::new(names, &times, &new).expect("its names are short")
}

/// How it is put down that the configuration's token was revoked.
pub(super) fn is_revoked(root: &Root) -> Change {
    Change::Put {
        table: store::Table::Sessions,
        key: root_key(root),
        value: Vec::new(),
    }
}

fn root_key(root: &Root) -> Vec<u8> {
    [b"revoked root ".as_slice(), &root.id.0].concat()
}
