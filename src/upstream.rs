//! The upstream: sends a request and reads its answer.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use http::Uri;

/// Where one team's upstream is, and how long it may take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// Scheme and authority, without path: `https://acme.pam.okta.com`.
    pub url: Uri,
    /// More certificate authorities to trust, as PEM.
    pub ca_file: Option<PathBuf>,
    /// An HTTP proxy to go through; the environment's proxy variables are never read.
    pub proxy: Option<Uri>,
    /// Times and sizes.
    pub limits: Limits,
}

/// How long one attempt may take and how much it may bring; the same for all teams.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Until connected, TLS included.
    pub connect_timeout: Duration,
    /// Until the head of the answer is there.
    pub head_timeout: Duration,
    /// Until the whole answer is there; for a body that is passed on as it arrives, between two
    /// parts of it.
    pub timeout: Duration,
    /// The largest body that is read whole.
    pub response_body_bytes: NonZeroU64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            head_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(20),
            response_body_bytes: NonZeroU64::new(16 * 1024 * 1024).expect("not zero"),
        }
    }
}
