//! Follows the pages of a list and answers with the whole.

use std::num::NonZeroU32;
use std::num::NonZeroU64;

/// How far a list is followed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// The most pages that are joined.
    pub pages: NonZeroU32,
    /// The most bytes that are joined.
    pub bytes: NonZeroU64,
    /// What is answered beyond these.
    pub on_limit: OnLimit,
}

/// What is answered when a list is longer than the limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OnLimit {
    /// The error `list_too_long`.
    Error,
    /// The first page, with its link to the next.
    Page,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            pages: NonZeroU32::new(1_000).expect("not zero"),
            bytes: NonZeroU64::new(64 * 1024 * 1024).expect("not zero"),
            on_limit: OnLimit::Error,
        }
    }
}
