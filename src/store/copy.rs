//! Copies of a store, and the way back; both while no gateway runs on it.
//!
//! A copy holds what the store holds, as it stands there: hashed and sealed. Without the key it is of
//! no use to anybody.

use std::path::Path;

use super::beside::Beside;
use super::disk::{self, META, entries, fill};
use super::{Error, Table};
use crate::secret::Secret;

/// Copies the store at `from` to `to`, where nothing may be yet; returns how many entries it holds.
///
/// # Errors
///
/// Fails if the store is in use or cannot be opened with `key`, or if the copy cannot be written.
pub fn backup(from: &Path, key: &Secret, to: &Path) -> Result<usize, Error> {
    let file = disk::open(from)?;
    disk::check(&file, from, key)?;
    if to.try_exists().map_err(|e| Error::file(to, e))? {
        let error = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(Error::file(to, error));
    }
    copy(&file, to)
}

/// Puts the copy at `from` into the place of the store at `to`; returns how many entries it holds.
///
/// # Errors
///
/// Fails if a gateway runs on the store, if the copy cannot be opened with `key`, or if it cannot be
/// written; then the store is as it was.
pub fn restore(from: &Path, key: &Secret, to: &Path) -> Result<usize, Error> {
    let file = disk::open(from)?;
    disk::check(&file, from, key)?;
    // Held open, so that nobody else can, until the other has its place.
    let held = match to.try_exists().map_err(|e| Error::file(to, e))? {
        true => match disk::open(to) {
            Err(used @ Error::InUse(_)) => return Err(used),
            // What is damaged is what a copy is for.
            opened => opened.ok(),
        },
        false => None,
    };
    let copied = copy(&file, to);
    drop(held);
    copied
}

fn copy(file: &redb::Database, to: &Path) -> Result<usize, Error> {
    let beside = Beside::new(to)?;
    let copy = disk::database(beside.path(), beside.create()?)?;
    let transaction = copy.begin_write().map_err(Error::disk)?;
    let mut count = 0;
    for table in Table::ALL.map(Table::definition).into_iter().chain([META]) {
        let entries = entries(file, table)?;
        count += entries.len();
        let entries = entries.iter().map(|(key, value)| (&key[..], &value[..]));
        fill(&transaction, table, entries)?;
    }
    transaction.commit().map_err(Error::disk)?;
    drop(copy);
    beside.take_place()?;
    Ok(count)
}
