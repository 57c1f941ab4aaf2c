//! A record of everything that acts outside, taken before it acts.

use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Where records go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// The file they are appended to, one JSON object a line; `None`: no audit log is kept.
    pub file: Option<PathBuf>,
    /// How many records may wait to be written.
    pub queue: NonZeroUsize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            file: None,
            queue: NonZeroUsize::new(10_000).expect("not zero"),
        }
    }
}
