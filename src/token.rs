//! The service users' bearer tokens.

use std::path::PathBuf;
use std::time::Duration;

use crate::secret::Secret;

/// When tokens are renewed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// How long the token endpoint may take to answer.
    pub timeout: Duration,
    /// A token is renewed when this share of its life is over, in percent.
    pub renew_at_percent: u32,
    /// Longest pause between two tries while the token endpoint fails or refuses.
    pub longest_backoff: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            renew_at_percent: 80,
            longest_backoff: Duration::from_secs(30),
        }
    }
}

/// One API key of a service user.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id, a UUID; not secret.
    pub id: String,
    /// Where its secret is.
    pub secret: Source,
}

/// Where a secret is.
#[derive(Clone, Debug)]
pub enum Source {
    /// Here, from the configuration or the environment.
    Value(Secret),
    /// In a file that is read again for each use; a trailing newline is cut.
    File(PathBuf),
}
