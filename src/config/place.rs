//! Where a setting stands.

use std::ops::Range;

/// Where a setting comes from.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Place {
    /// The file: first byte, and the one after the last.
    File(usize, usize),
    /// The environment variable of this name.
    Environment(String),
}

impl Place {
    /// The place of `range` of the file.
    pub(super) fn of(range: Range<usize>) -> Self {
        Self::File(range.start, range.end)
    }
}

/// Another file than the configuration itself.
#[derive(Debug)]
pub(super) struct Other {
    /// Its name.
    pub(super) name: String,
    /// What it says; nothing secret.
    pub(super) text: String,
}
