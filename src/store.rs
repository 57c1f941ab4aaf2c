//! Keeps what must outlive the process: policies, users, groups, mounts, keys, sessions.
//!
//! One file, written by one process. Everything is read once, at the start, and answered from memory
//! by those whose it is; this module knows bytes only. A change is on the disk before its caller
//! hears of it, and many changes share one wait for the disk. Credentials are kept as [`Store::mac`]
//! of them, and what must be read back is sealed by [`Store::seal`]; both with keys that are derived
//! from the one in the configuration.

mod beside;
mod copy;
mod disk;
mod error;
mod keys;
mod queue;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::copy::{backup, restore};
pub use self::error::Error;

pub(crate) use self::keys::SHORTEST_KEY;

use self::disk::Disk;
use self::keys::Keys;
use self::queue::Queue;
use crate::secret::{Secret, Source};

/// Where the store is and what it is locked with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file; it is made if it is not there.
    pub path: PathBuf,
    /// What its keys are derived from.
    pub key: Source,
}

impl Config {
    /// The key itself.
    ///
    /// # Errors
    ///
    /// Fails if its file cannot be read.
    pub fn secret(&self) -> Result<Secret, Error> {
        let file = match &self.key {
            Source::File(path) => path.as_path(),
            Source::Value(_) => Path::new("key"),
        };
        self.key.read().map_err(|error| Error::file(file, error))
    }
}

/// What changes are about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Table {
    /// Policies, by name.
    Policies,
    /// Users of login methods, by mount and name.
    Users,
    /// Groups of login methods, by mount and name.
    Groups,
    /// Login methods and their settings, by path.
    Mounts,
    /// Keys that the gateway gave out, by id.
    Keys,
    /// Sessions, by keyed hash of their token.
    Sessions,
}

impl Table {
    /// Every table there is.
    pub const ALL: [Self; 6] = [
        Self::Policies,
        Self::Users,
        Self::Groups,
        Self::Mounts,
        Self::Keys,
        Self::Sessions,
    ];
}

/// One change of a table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// `value` stands under `key` from now on.
    Put {
        /// In which table.
        table: Table,
        /// Under which key.
        key: Vec<u8>,
        /// What.
        value: Vec<u8>,
    },
    /// Nothing stands under `key` any more.
    Delete {
        /// In which table.
        table: Table,
        /// Under which key.
        key: Vec<u8>,
    },
}

/// Key and value of everything in a table.
pub type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// A handle on the store; cheap to clone.
///
/// The file is closed when the last one is dropped.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    queue: Arc<Queue>,
    keys: Keys,
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Whoever wrote last may still hold the queue for a moment.
        self.queue.close();
    }
}

impl Store {
    /// Opens the store at `path`, or makes it, readable by its owner only.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be used, is in use, is no store or one of another version, or was
    /// made with another key.
    pub fn open(path: &Path, key: &Secret) -> Result<Self, Error> {
        let (disk, keys) = Disk::open(path, key)?;
        let queue = Arc::new(Queue::new(disk));
        Ok(Self {
            shared: Arc::new(Shared { queue, keys }),
        })
    }

    /// The same, as the configuration says.
    ///
    /// # Errors
    ///
    /// As [`Store::open`], and if the key's file cannot be read.
    pub fn of(config: &Config) -> Result<Self, Error> {
        Self::open(&config.path, &config.secret()?)
    }

    /// Reads a table whole, in the order of its keys; for the start, since it waits for the disk.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read.
    pub fn load(&self, table: Table) -> Result<Entries, Error> {
        self.shared.queue.load(table)
    }

    /// Makes `changes`, all or none, and returns when they are on the disk.
    ///
    /// # Errors
    ///
    /// Fails if they cannot be written; then nothing has changed.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits its turn, it changes nothing. Dropped later, the changes are made whole,
    /// and only what the caller wanted to do next is missing: for that there is [`Store::commit_then`].
    pub async fn commit(&self, changes: Vec<Change>) -> Result<(), Error> {
        self.commit_then(changes, || ()).await
    }

    /// The same, and runs `then` as soon as the changes are on the disk, though the caller may have gone.
    ///
    /// What is kept in memory beside the store is changed in there: it then always says what the disk
    /// says, and changes in the same order. It must be quick, since everybody waits for it.
    ///
    /// # Errors
    ///
    /// As [`Store::commit`]; `then` is not run then.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits its turn, it changes nothing; dropped later, it has no effect.
    pub async fn commit_then(
        &self,
        changes: Vec<Change>,
        then: impl FnOnce() + Send + 'static,
    ) -> Result<(), Error> {
        self.shared.queue.commit(changes, Box::new(then)).await
    }

    /// Seals what must be read back: AES-256-GCM, bound to `context`.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        self.shared.keys.seal(context, plain)
    }

    /// Opens what was sealed for the same `context`.
    ///
    /// # Errors
    ///
    /// Fails if it is not that.
    pub fn unseal(&self, context: &str, sealed: &[u8]) -> Result<Secret, Error> {
        self.shared.keys.unseal(context, sealed)
    }

    /// HMAC-SHA-256 of `secret`, another one in each `domain`: what a credential is known by.
    pub fn mac(&self, domain: &str, secret: &[u8]) -> [u8; 32] {
        self.shared.keys.mac(domain, secret)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}
