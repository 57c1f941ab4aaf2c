//! Users and groups of a mount: looked up, put, taken away.

use std::sync::Arc;

use super::entry::fold;
use super::{Group, Logins, Refused, User};
use crate::store::{Change, Table};

impl Logins {
    /// What is known of a user, by the exact name.
    pub fn user(&self, path: &str, name: &str) -> Option<Arc<User>> {
        self.shared
            .mounts
            .read()
            .get(path)?
            .users
            .get(name)
            .cloned()
    }

    /// What is known of a group, by its name in any case.
    pub fn group(&self, path: &str, name: &str) -> Option<Arc<Group>> {
        let mounts = self.shared.mounts.read();
        mounts.get(path)?.groups.get(&fold(name)).cloned()
    }

    /// The names of all users, in order.
    pub fn users(&self, path: &str) -> Vec<String> {
        let mounts = self.shared.mounts.read();
        let all = mounts.get(path).map(|mount| mount.users.keys().cloned());
        all.into_iter().flatten().collect()
    }

    /// The names of all groups, in order.
    pub fn groups(&self, path: &str) -> Vec<String> {
        let mounts = self.shared.mounts.read();
        let all = mounts.get(path).map(|mount| mount.groups.keys().cloned());
        all.into_iter().flatten().collect()
    }

    /// Puts a user, or takes one away.
    ///
    /// # Errors
    ///
    /// Fails if the name or what is known of it is too long, if there are too many, and if it cannot
    /// be put down.
    pub async fn put_user(
        &self,
        path: &str,
        name: &str,
        user: Option<User>,
    ) -> Result<(), Refused> {
        let _turn = self.shared.turn.lock().await;
        let size = user.as_ref().map_or(0, |user| {
            let texts = user.groups.iter().chain(&user.policies);
            texts.map(String::len).sum()
        });
        self.check_entry(path, name, size, self.user(path, name).is_none())?;
        let change = change(Table::Users, path, name, user.as_ref());
        let name = name.to_owned();
        let then = self.later(path, |mount| match user {
            Some(user) => drop(mount.users.insert(name, Arc::new(user))),
            None => drop(mount.users.remove(&name)),
        });
        Ok(self.shared.store.commit_then(vec![change], then).await?)
    }

    /// Puts a group, or takes one away.
    ///
    /// # Errors
    ///
    /// As [`Logins::put_user`].
    pub async fn put_group(
        &self,
        path: &str,
        name: &str,
        group: Option<Group>,
    ) -> Result<(), Refused> {
        let _turn = self.shared.turn.lock().await;
        let name = fold(name);
        let size = group
            .as_ref()
            .map_or(0, |group| group.policies.iter().map(String::len).sum());
        self.check_entry(path, &name, size, self.group(path, &name).is_none())?;
        let change = change(Table::Groups, path, &name, group.as_ref());
        let then = self.later(path, |mount| match group {
            Some(group) => drop(mount.groups.insert(name, Arc::new(group))),
            None => drop(mount.groups.remove(&name)),
        });
        Ok(self.shared.store.commit_then(vec![change], then).await?)
    }

    fn check_entry(
        &self,
        path: &str,
        name: &str,
        size: usize,
        is_new: bool,
    ) -> Result<(), Refused> {
        let mounts = self.shared.mounts.read();
        let mount = mounts.get(path).filter(|mount| !mount.about.is_gone);
        let mount = mount.ok_or(Refused::Nowhere)?;
        if name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(Refused::bad(
                "a name must be up to 512 bytes, without control characters",
            ));
        }
        if size > LONGEST_ENTRY {
            return Err(Refused::bad("the lists are too long"));
        }
        if is_new && mount.users.len() + mount.groups.len() >= MOST_ENTRIES {
            return Err(Refused::bad("there are too many users and groups"));
        }
        Ok(())
    }
}

fn change<T: serde::Serialize>(table: Table, path: &str, name: &str, entry: Option<&T>) -> Change {
    let key = key(path, name);
    match entry {
        Some(entry) => Change::Put {
            table,
            key,
            value: serde_json::to_vec(entry).unwrap_or_default(),
        },
        None => Change::Delete { table, key },
    }
}

/// Takes away what stands under a key.
pub(super) fn delete(table: Table, key: Vec<u8>) -> Change {
    Change::Delete { table, key }
}

/// Under which key it is kept; no path holds what stands between the two.
pub(super) fn key(path: &str, name: &str) -> Vec<u8> {
    format!("{path}\0{name}").into_bytes()
}

const LONGEST_NAME: usize = 512;
/// Of one user or group, in bytes.
const LONGEST_ENTRY: usize = 256 * 1024;
const MOST_ENTRIES: usize = 500_000;
