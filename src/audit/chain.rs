//! Each line names the hash of the line before it, so that none can be changed or taken out unseen.
//!
//! The hash is SHA-256 over the bytes of the line without its end. The first line of a log names
//! [`FIRST`], or the last line of the file that it continues. A line that was cut by a crash stays
//! as it is and is hashed as it is. What the chain does not show is a log whose end was cut off.

use std::io::{self, BufRead};

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// What the first line of a log names.
pub(super) const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What the line after `line` names.
pub(super) fn hash(line: &[u8]) -> String {
    hex::encode(Sha256::digest(line))
}

/// Reads a log and checks that each line names the one before it; returns the number of lines.
///
/// The first line may name anything: it may continue another file.
///
/// # Errors
///
/// Fails at the first line that does not fit, and on I/O errors.
pub fn verify(log: impl BufRead) -> Result<u64, Broken> {
    let mut previous: Option<String> = None;
    let mut number = 0;
    let mut is_cut = false;
    for line in log.split(b'\n') {
        let line = line?;
        number += 1;
        match serde_json::from_slice::<Link>(&line) {
            Ok(link) if previous.as_ref().is_none_or(|hash| *hash == link.prev) => is_cut = false,
            Ok(_) => return Err(Broken::Link { line: number }),
            // One cut line is what a crash leaves; the next line vouches for it.
            Err(_) if !is_cut => is_cut = true,
            Err(_) => return Err(Broken::Link { line: number }),
        }
        previous = Some(hash(&line));
    }
    Ok(number)
}

/// Why a log cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// This line, counted from one, does not name the line before it.
    #[error("line {line} does not name the line before it")]
    Link {
        /// The number of the line.
        line: u64,
    },
    /// It cannot be read.
    #[error("the log cannot be read")]
    Io(#[from] io::Error),
}

#[derive(Deserialize)]
struct Link {
    prev: String,
}
