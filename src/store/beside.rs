//! Files that are there whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::Error;

/// A file that is made beside the one whose place it takes.
#[derive(Debug)]
pub(super) struct Beside {
    path: PathBuf,
    place: PathBuf,
}

impl Beside {
    pub(super) fn new(place: &Path) -> Result<Self, Error> {
        let name = place.file_name().ok_or_else(|| {
            let error = std::io::Error::from(std::io::ErrorKind::IsADirectory);
            Error::file(place, error)
        })?;
        let mut own = name.to_os_string();
        own.push(format!(".{}.new", std::process::id()));
        Ok(Self {
            path: place.with_file_name(own),
            place: place.to_path_buf(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn create(&self) -> Result<File, Error> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(true);
        let file = options.mode(0o600).open(&self.path);
        file.map_err(|e| Error::file(&self.path, e))
    }

    /// Stands in the other's place, on the disk too.
    pub(super) fn take_place(&self) -> Result<(), Error> {
        fs::rename(&self.path, &self.place).map_err(|e| Error::file(&self.place, e))?;
        let directory = self.place.parent().filter(|d| !d.as_os_str().is_empty());
        let directory = directory.unwrap_or_else(|| Path::new("."));
        let synced = File::open(directory).and_then(|directory| directory.sync_all());
        synced.map_err(|e| Error::file(directory, e))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Nothing is there any more if it took its place.
        fs::remove_file(&self.path).unwrap_or_default();
    }
}
