//! What can be wrong with a store.

use std::fmt::Display;
use std::io;
use std::sync::Arc;

use redb::{DatabaseError, StorageError};

use super::disk::VERSION;
use super::keys::SHORTEST_KEY;
use crate::error::Kind;

/// Why the store cannot be used, or a change not be made.
///
/// Cheap to clone, because everybody whose change was in one write gets the same error.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The file, or its directory, cannot be used.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: Arc<io::Error>,
    },
    /// Another process has it open.
    #[error("{0} is in use by another process; a store has one at a time")]
    InUse(String),
    /// There is something else.
    #[error("{0} is not a store of opagate")]
    NotAStore(String),
    /// It was made by another version of this program.
    #[error("the store has version {found}, and this program knows version {VERSION} only")]
    Version {
        /// What it says of itself.
        found: String,
    },
    /// It was made with another key.
    #[error("the key is not the one that the store was made with")]
    WrongKey,
    /// The key is too easily guessed.
    #[error("the store's key must have at least {SHORTEST_KEY} characters")]
    ShortKey,
    /// The disk does not take or give what it should.
    #[error("the store cannot be read or written: {0}")]
    Disk(Arc<str>),
    /// What was sealed is something else, or was changed.
    #[error("a sealed value cannot be opened")]
    Sealed,
    /// A value is larger than anything that is kept.
    #[error("a value of {0} bytes is too large to be kept")]
    TooLarge(usize),
}

impl Error {
    pub(super) fn file(path: &std::path::Path, source: io::Error) -> Self {
        Self::File {
            path: path.display().to_string(),
            source: Arc::new(source),
        }
    }

    pub(super) fn disk(cause: impl Display) -> Self {
        Self::Disk(cause.to_string().into())
    }

    /// What opening the file at `path` failed with.
    pub(super) fn opening(path: &std::path::Path, error: DatabaseError) -> Self {
        let name = path.display().to_string();
        if matches!(error, DatabaseError::DatabaseAlreadyOpen) {
            return Self::InUse(name);
        }
        if let DatabaseError::UpgradeRequired(found) = error {
            let found = format!("{found} of its file format");
            return Self::Version { found };
        }
        if let DatabaseError::Storage(StorageError::Io(source)) = error {
            return if source.kind() == io::ErrorKind::InvalidData {
                Self::NotAStore(name)
            } else {
                Self::file(path, source)
            };
        }
        Self::disk(error)
    }
}

impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        Kind::StoreUnavailable.because(error)
    }
}
