//! The file: opened, read, written, and opened anew after an error.
//!
//! A write is one transaction of redb, which is there whole or not at all. After an I/O error redb
//! takes no more of them, so the file is opened anew; each write has a number that is part of it, which
//! tells then whether it was the last thing that reached the disk after all.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use redb::{
    Builder, Database, ReadableDatabase, ReadableTable, TableDefinition, TableError,
    WriteTransaction, backends::FileBackend,
};
use subtle::ConstantTimeEq;

use super::beside::Beside;
use super::keys::Keys;
use super::{Change, Entries, Error, Table};
use crate::secret::Secret;

/// Of what stands in the tables; another one is another way to read them.
pub(super) const VERSION: u32 = 1;

/// Most bytes of a key and its value: more than any policy that is taken.
pub(super) const LARGEST: usize = 4 * 1024 * 1024;

/// Pages that redb keeps in memory; everything is read once only.
const PAGES: usize = 8 * 1024 * 1024;

pub(super) type Bytes = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// What the store says of itself.
pub(super) const META: Bytes = TableDefinition::new("meta");
const VERSION_KEY: &[u8] = b"version";
const SALT_KEY: &[u8] = b"salt";
const CHECK_KEY: &[u8] = b"check";
const WRITE_KEY: &[u8] = b"write";

impl Table {
    pub(super) fn definition(self) -> Bytes {
        TableDefinition::new(match self {
            Self::Policies => "policies",
            Self::Users => "users",
            Self::Groups => "groups",
            Self::Mounts => "mounts",
            Self::Keys => "keys",
            Self::Sessions => "sessions",
        })
    }
}

/// A store's file.
#[derive(Debug)]
pub(super) struct Disk {
    path: PathBuf,
    /// `None` after an error, until it could be opened anew.
    file: Option<Database>,
    /// How many writes there were, as the file knows too.
    writes: u64,
    /// Whether it is not to be opened any more.
    is_closed: bool,
}

impl Disk {
    pub(super) fn open(path: &Path, key: &Secret) -> Result<(Self, Keys), Error> {
        if !path.try_exists().map_err(|e| Error::file(path, e))? {
            make(path, key)?;
        }
        let file = open(path)?;
        let keys = check(&file, path, key)?;
        let writes = writes(&file)?;
        let path = path.to_path_buf();
        let file = Some(file);
        let disk = Self {
            path,
            file,
            writes,
            is_closed: false,
        };
        Ok((disk, keys))
    }

    /// Lets go of the file, for good.
    pub(super) fn close(&mut self) {
        self.file = None;
        self.is_closed = true;
    }

    pub(super) fn load(&mut self, table: Table) -> Result<Entries, Error> {
        let file = self.opened()?;
        let entries = entries(&file, table.definition());
        self.file = Some(file);
        entries
    }

    /// Makes `changes`, all or none.
    pub(super) fn write<'c>(
        &mut self,
        changes: impl Iterator<Item = &'c Change>,
    ) -> Result<(), Error> {
        let file = self.opened()?;
        let number = self.writes.wrapping_add(1);
        if let Err(error) = write(&file, changes, number) {
            tracing::error!(event = "store.failed", %error, "the store cannot be written");
            drop(file);
            self.settle(number).map_err(|_| error.clone())?;
            if self.writes != number {
                return Err(error);
            }
        } else {
            self.file = Some(file);
            self.writes = number;
        }
        Ok(())
    }

    /// Finds out whether a write that failed is there, and sees to it that it stays if so.
    fn settle(&mut self, number: u64) -> Result<(), Error> {
        let file = open(&self.path)?;
        let found = writes(&file)?;
        if found == number {
            write(&file, std::iter::empty(), number)?;
        }
        self.writes = found;
        self.file = Some(file);
        Ok(())
    }

    /// Takes the open file out, so that one that is left in an unknown state is not used again.
    fn opened(&mut self) -> Result<Database, Error> {
        if let Some(file) = self.file.take() {
            return Ok(file);
        }
        if self.is_closed {
            return Err(Error::disk("it is closed"));
        }
        let file = open(&self.path)?;
        self.writes = writes(&file)?;
        Ok(file)
    }
}

/// Opens a file that is there, and takes others' right to read it.
pub(super) fn open(path: &Path) -> Result<Database, Error> {
    let file = OpenOptions::new().read(true).write(true).open(path);
    let file = file.map_err(|e| Error::file(path, e))?;
    let length = file.metadata().map_err(|e| Error::file(path, e))?.len();
    if length == 0 {
        // It would be filled as if it were new.
        return Err(Error::NotAStore(path.display().to_string()));
    }
    let owner_only = fs::Permissions::from_mode(0o600);
    file.set_permissions(owner_only)
        .map_err(|e| Error::file(path, e))?;
    database(path, file)
}

pub(super) fn database(path: &Path, file: File) -> Result<Database, Error> {
    let opening = |error| Error::opening(path, error);
    Builder::new()
        .set_cache_size(PAGES)
        // What is damaged is told, where redb may panic else.
        .set_check_integrity_on_open(true)
        .create_with_backend(FileBackend::new(file).map_err(opening)?)
        .map_err(opening)
}

/// Makes a store, beside its place first: a crash must not leave half of one there.
fn make(path: &Path, key: &Secret) -> Result<(), Error> {
    let mut salt = [0; 32];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| Error::disk("no random numbers"))?;
    let keys = Keys::new(key, &salt)?;
    let beside = Beside::new(path)?;
    let file = database(beside.path(), beside.create()?)?;
    let meta: [(&[u8], &[u8]); 3] = [
        (VERSION_KEY, &VERSION.to_be_bytes()),
        (SALT_KEY, &salt),
        (CHECK_KEY, keys.check()),
    ];
    let transaction = file.begin_write().map_err(Error::disk)?;
    fill(&transaction, META, meta)?;
    for table in Table::ALL {
        fill(&transaction, table.definition(), [])?;
    }
    transaction.commit().map_err(Error::disk)?;
    drop(file);
    beside.take_place()
}

/// Checks version and key.
pub(super) fn check(file: &Database, path: &Path, key: &Secret) -> Result<Keys, Error> {
    let meta = meta(file)?;
    let of = |wanted: &[u8]| {
        let mut found = meta.iter().filter(|(key, _)| key == wanted);
        found.next().map(|(_, value)| value.as_slice())
    };
    let name = || Error::NotAStore(path.display().to_string());
    let version = of(VERSION_KEY).ok_or_else(name)?;
    if version != VERSION.to_be_bytes() {
        let version = version.try_into().map(u32::from_be_bytes);
        let found = version.map_or_else(|_| "unknown".to_owned(), |found| found.to_string());
        return Err(Error::Version { found });
    }
    let keys = Keys::new(key, of(SALT_KEY).ok_or_else(name)?)?;
    let known = of(CHECK_KEY).ok_or_else(name)?;
    if bool::from(known.ct_eq(keys.check())) {
        Ok(keys)
    } else {
        Err(Error::WrongKey)
    }
}

/// A file of redb without this table is somebody else's.
fn meta(file: &Database) -> Result<Entries, Error> {
    entries(file, META)
}

fn writes(file: &Database) -> Result<u64, Error> {
    let meta = meta(file)?;
    let number = meta.iter().find(|(key, _)| key == WRITE_KEY);
    let number = number.and_then(|(_, value)| value.as_slice().try_into().ok());
    Ok(number.map_or(0, u64::from_be_bytes))
}

/// All of a table; of one that is not there, nothing.
pub(super) fn entries(file: &Database, table: Bytes) -> Result<Entries, Error> {
    let transaction = file.begin_read().map_err(Error::disk)?;
    let table = match transaction.open_table(table) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        Err(error) => return Err(Error::disk(error)),
    };
    let mut entries = Vec::new();
    for entry in table.iter().map_err(Error::disk)? {
        let (key, value) = entry.map_err(Error::disk)?;
        entries.push((key.value().to_vec(), value.value().to_vec()));
    }
    Ok(entries)
}

fn write<'c>(
    file: &Database,
    changes: impl Iterator<Item = &'c Change>,
    number: u64,
) -> Result<(), Error> {
    let transaction = file.begin_write().map_err(Error::disk)?;
    for change in changes {
        let (Change::Put { table, .. } | Change::Delete { table, .. }) = change;
        let mut table = transaction
            .open_table(table.definition())
            .map_err(Error::disk)?;
        match change {
            Change::Put { key, value, .. } => table.insert(key.as_slice(), value.as_slice()),
            Change::Delete { key, .. } => table.remove(key.as_slice()),
        }
        .map_err(Error::disk)?;
    }
    fill(&transaction, META, [(WRITE_KEY, &number.to_be_bytes()[..])])?;
    transaction.commit().map_err(Error::disk)
}

/// Puts `entries` into a table, which is made if need be.
pub(super) fn fill<'e>(
    transaction: &WriteTransaction,
    table: Bytes,
    entries: impl IntoIterator<Item = (&'e [u8], &'e [u8])>,
) -> Result<(), Error> {
    let mut table = transaction.open_table(table).map_err(Error::disk)?;
    for (key, value) in entries {
        table.insert(key, value).map_err(Error::disk)?;
    }
    Ok(())
}
