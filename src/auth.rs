//! Who may ask, and how it proves it.

use crate::caller::{Access, Priority};
use crate::quota;

/// A caller as configured.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// Its name.
    pub name: String,
    /// SHA-256 of its token; `None` for one that only a trusted listener stands for.
    pub token_sha256: Option<[u8; 32]>,
    /// What it may do.
    pub access: Access,
    /// In which class it waits.
    pub priority: Priority,
    /// The principals it may use, as `team/name`, at most one for each team.
    pub principals: Vec<String>,
    /// How much it may ask.
    pub quota: quota::Config,
}
