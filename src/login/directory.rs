//! What is kept of mounts, users and groups: read at the start, looked up, changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, Semaphore};

use super::entries::{delete, key};
use super::guard::Guard;
use super::mount::{self, About, Mount};
use super::numbers::Numbers;
use super::okta::Okta;
use super::{Logins, Refused, Settings, Shared, Tune};
use crate::sessions::{Sessions, Unreadable, random};
use crate::store::{Entries, Store, Table};

impl Logins {
    /// Reads what the store holds.
    ///
    /// # Errors
    ///
    /// Fails if it cannot be read, or holds what is no mount, user or group.
    pub fn load(store: &Store, sessions: &Sessions) -> Result<Self, Unreadable> {
        let mut mounts = BTreeMap::new();
        mounts.insert(FIRST.to_owned(), Mount::default());
        for (path, value) in store.load(Table::Mounts)? {
            let read = || {
                let path = String::from_utf8(path).ok()?;
                let (about, settings) = mount::read(store, &path, &value)?;
                let settings = settings.map(reached).transpose().ok()?;
                let mount = Mount {
                    about,
                    settings,
                    ..Mount::default()
                };
                Some((path, mount))
            };
            let (path, mount) = read().ok_or(Unreadable::Entry { what: "a mount" })?;
            mounts.insert(path, mount);
        }
        fill(
            &mut mounts,
            store.load(Table::Users)?,
            |mount, name, user| {
                mount.users.insert(name, Arc::new(user));
            },
        )?;
        fill(
            &mut mounts,
            store.load(Table::Groups)?,
            |mount, name, group| {
                mount.groups.insert(name, Arc::new(group));
            },
        )?;
        let shared = Shared {
            store: store.clone(),
            sessions: sessions.clone(),
            mounts: RwLock::new(mounts),
            turn: Mutex::default(),
            places: Semaphore::new(AT_ONCE),
            guard: Guard::default(),
            numbers: Numbers::default(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// The mount that `rest` (behind `auth/`) is of, and what follows behind it.
    pub fn at<'p>(&self, rest: &'p str) -> Option<(&'p str, &'p str)> {
        let mounts = self.shared.mounts.read();
        let mut ends = rest.match_indices('/').map(|(end, _)| end);
        let end = ends.find(|end| {
            let mount = rest.get(..*end).and_then(|path| mounts.get(path));
            mount.is_some_and(|mount| !mount.about.is_gone)
        })?;
        Some((rest.get(..end)?, rest.get(end + 1..)?))
    }

    /// What is said of each mount, by path.
    pub fn mounts(&self) -> Vec<(String, About)> {
        let mounts = self.shared.mounts.read();
        let there = mounts.iter().filter(|(_, mount)| !mount.about.is_gone);
        there
            .map(|(path, mount)| (path.clone(), mount.about.clone()))
            .collect()
    }

    /// What is said of one.
    pub fn about(&self, path: &str) -> Option<About> {
        let mounts = self.shared.mounts.read();
        let mount = mounts.get(path).filter(|mount| !mount.about.is_gone)?;
        Some(mount.about.clone())
    }

    /// Its settings, if it has some.
    pub fn settings(&self, path: &str) -> Option<Arc<Settings>> {
        let mounts = self.shared.mounts.read();
        let (settings, _) = mounts.get(path)?.settings.as_ref()?;
        Some(Arc::clone(settings))
    }

    /// Changes its settings by what `change` makes of the present ones, or of none.
    ///
    /// # Errors
    ///
    /// Fails with what `change` fails with, if Okta cannot be reached by them, and if they cannot be
    /// put down.
    pub async fn set<E: From<Refused>>(
        &self,
        path: &str,
        change: impl FnOnce(Option<&Settings>) -> Result<Settings, E>,
    ) -> Result<(), E> {
        let _turn = self.shared.turn.lock().await;
        let about = self.about(path).ok_or(Refused::Nowhere)?;
        let settings = change(self.settings(path).as_deref())?;
        let put = mount::put(&self.shared.store, path, &about, Some(&settings));
        let settings = reached(settings)?;
        let then = self.later(path, |mount| mount.settings = Some(settings));
        let put = self.shared.store.commit_then(vec![put], then).await;
        put.map_err(|error| Refused::from(error).into())
    }

    /// Makes a mount.
    ///
    /// # Errors
    ///
    /// Fails if there is one at this path, above or below, or too many, and if it cannot be put down.
    pub async fn enable(&self, path: &str, description: &str, tune: Tune) -> Result<(), Refused> {
        let _turn = self.shared.turn.lock().await;
        self.check_path(path)?;
        let about = About {
            description: description.to_owned(),
            accessor: accessor(),
            tune,
            is_made: true,
            is_gone: false,
        };
        // What was there without anybody having made it keeps what was set in it.
        let settings = self.settings(path);
        let put = mount::put(&self.shared.store, path, &about, settings.as_deref());
        let then = self.later(path, |mount| mount.about = about);
        Ok(self.shared.store.commit_then(vec![put], then).await?)
    }

    /// Changes what is said of a mount.
    ///
    /// # Errors
    ///
    /// Fails if there is none, and if it cannot be put down.
    pub async fn tune(&self, path: &str, change: impl FnOnce(&mut About)) -> Result<(), Refused> {
        let _turn = self.shared.turn.lock().await;
        let mut about = self.about(path).ok_or(Refused::Nowhere)?;
        change(&mut about);
        let settings = self.settings(path);
        let put = mount::put(&self.shared.store, path, &about, settings.as_deref());
        let then = self.later(path, |mount| mount.about = about);
        Ok(self.shared.store.commit_then(vec![put], then).await?)
    }

    /// Takes a mount away, with all that is in it and every session that it made.
    ///
    /// # Errors
    ///
    /// Fails if it cannot be put down; then nobody can log in all the same.
    pub async fn disable(&self, path: &str) -> Result<(), Refused> {
        let _turn = self.shared.turn.lock().await;
        let Some(gone) = self.shared.mounts.read().get(path).cloned() else {
            return Ok(());
        };
        let about = About {
            is_gone: true,
            ..About::default()
        };
        let mut changes = vec![if path == FIRST {
            mount::put(&self.shared.store, path, &about, None)
        } else {
            delete(Table::Mounts, path.as_bytes().to_vec())
        }];
        let users = gone.users.keys();
        changes.extend(users.map(|name| delete(Table::Users, key(path, name))));
        let groups = gone.groups.keys();
        changes.extend(groups.map(|name| delete(Table::Groups, key(path, name))));
        // First in memory: what comes now finds no mount, and what is under way cannot end in one.
        let empty = Mount {
            about,
            ..Mount::default()
        };
        self.shared.mounts.write().insert(path.to_owned(), empty);
        let under = format!("auth/{path}/");
        Ok(self.shared.sessions.revoke_under(&under, changes).await?)
    }

    /// What is to be done with a mount once it is on the disk.
    pub(super) fn later(
        &self,
        path: &str,
        change: impl FnOnce(&mut Mount) + Send + 'static,
    ) -> impl FnOnce() + Send + 'static {
        let (shared, path) = (Arc::clone(&self.shared), path.to_owned());
        move || change(shared.mounts.write().entry(path).or_default())
    }

    fn check_path(&self, path: &str) -> Result<(), Refused> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        let segments = path.split('/');
        let is_odd = |part: &str| part.is_empty() || part == "." || part == "..";
        if path.len() > LONGEST_PATH
            || !path.chars().all(is_plain)
            || segments.into_iter().any(is_odd)
        {
            return Err(Refused::bad(
                "the path of a mount must be up to 128 of: letters, digits, `-_.` and slashes between",
            ));
        }
        let mounts = self.shared.mounts.read();
        let is_in = |inner: &str, outer: &str| {
            let rest = inner.strip_prefix(outer);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let there = mounts.iter().filter(|(_, mount)| !mount.about.is_gone);
        for (other, mount) in there {
            let is_implied = other == path && !mount.about.is_made;
            if !is_implied && (is_in(path, other) || is_in(other, path)) {
                return Err(Refused::bad(format!("path is already in use at {other}/")));
            }
        }
        // Tokens stand there.
        if is_in(path, "token") {
            return Err(Refused::bad("path is already in use at token/"));
        }
        if mounts.len() >= MOST_MOUNTS {
            return Err(Refused::bad("there are too many mounts"));
        }
        Ok(())
    }
}

/// Settings, and the way to their organisation.
fn reached(settings: Settings) -> Result<(Arc<Settings>, Arc<Okta>), Refused> {
    let okta = Okta::new(&settings).map_err(|wrong| Refused::bad(wrong.to_string()))?;
    Ok((Arc::new(settings), Arc::new(okta)))
}

/// Puts what the store holds into the mounts that it is of.
fn fill<T: DeserializeOwned>(
    mounts: &mut BTreeMap<String, Mount>,
    entries: Entries,
    mut put: impl FnMut(&mut Mount, String, T),
) -> Result<(), Unreadable> {
    for (key, value) in entries {
        let mut read = || {
            let (path, name) = str::from_utf8(&key).ok()?.split_once('\0')?;
            let mount = mounts.get_mut(path)?;
            put(mount, name.to_owned(), serde_json::from_slice(&value).ok()?);
            Some(())
        };
        let what = "a user or a group";
        read().ok_or(Unreadable::Entry { what })?;
    }
    Ok(())
}

fn accessor() -> String {
    format!("auth_okta_{}", random(8))
}

/// The mount that is there from the start.
const FIRST: &str = "okta";

/// Each may wait for somebody to look at a phone.
const AT_ONCE: usize = 1_000;
const LONGEST_PATH: usize = 128;
const MOST_MOUNTS: usize = 100;
