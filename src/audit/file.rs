//! The file that records are appended to.
//!
//! It only ever grows. After an error it is opened anew, and what a failed write has left of a line
//! is ended and becomes part of the chain: cutting it off would be a change of the log.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::chain::{FIRST, hash};

/// How much is read at once while the start of the last line is looked for.
const STEP: u64 = 64 * 1024;

/// An open log and the hash of its last line.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    last: String,
}

impl Log {
    /// Opens the file, or makes it, readable by its owner only.
    ///
    /// A new file goes on from the line with the hash `before`, if there was one.
    pub(super) fn open(path: &Path, before: Option<&str>) -> io::Result<Self> {
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)?;
        // Two writers would break each other's chain.
        file.try_lock()?;
        let mut end = last_line(&mut file)?;
        let last = if end.is_empty() {
            before.unwrap_or(FIRST).to_owned()
        } else {
            if end.pop_if(|byte| *byte == b'\n').is_none() {
                file.write_all(b"\n")?;
            }
            hash(&end)
        };
        Ok(Self { file, last })
    }

    /// The hash of the last line.
    pub(super) fn last(&self) -> &str {
        &self.last
    }

    /// Appends whole lines, the last of which has the hash `last`, and waits for the disk.
    pub(super) fn append(&mut self, lines: &[u8], last: String) -> io::Result<()> {
        self.file.write_all(lines)?;
        self.file.sync_data()?;
        self.last = last;
        Ok(())
    }

    /// Whether the file at `path` is another one now: it was moved or removed.
    pub(super) fn has_moved(&self, path: &Path) -> bool {
        let place = |file: &Metadata| (file.dev(), file.ino());
        match (self.file.metadata(), path.metadata()) {
            (Ok(ours), Ok(there)) => place(&ours) != place(&there),
            (Err(_), _) | (_, Err(_)) => true,
        }
    }
}

/// The bytes of the last line with its end if it has one; empty if the file is.
fn last_line(file: &mut File) -> io::Result<Vec<u8>> {
    let size = file.seek(SeekFrom::End(0))?;
    let mut start = size;
    let mut tail = Vec::new();
    while start > 0 {
        let step = STEP.min(start);
        start -= step;
        file.seek(SeekFrom::Start(start))?;
        let mut part = Vec::new();
        Read::by_ref(file).take(step).read_to_end(&mut part)?;
        part.append(&mut tail);
        tail = part;
        // The very last byte may be the end of the line that is looked for.
        let before = tail.len().saturating_sub(1);
        let inner = tail.get(..before).unwrap_or_default();
        if let Some(end) = inner.iter().rposition(|byte| *byte == b'\n') {
            return Ok(tail.split_off(end + 1));
        }
    }
    Ok(tail)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn last_line_is_found_however_long_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let long = "x".repeat(200_000);
        fs::write(&path, format!("first\n{long}\n")).unwrap();

        let log = Log::open(&path, None).unwrap();

        assert_eq!(log.last(), hash(long.as_bytes()));
    }

    #[test]
    fn new_file_goes_on_from_the_one_before() {
        let dir = tempfile::tempdir().unwrap();

        let log = Log::open(&dir.path().join("log"), Some("abc")).unwrap();

        assert_eq!(log.last(), "abc");
    }

    #[test]
    fn only_the_owner_may_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");

        Log::open(&path, None).unwrap();

        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }
}
