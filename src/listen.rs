//! Accepts connections and serves them.

use std::net::SocketAddr;
use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

/// One listener for callers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// Its name, a metric label.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// Whom it lets in.
    pub identity: Identity,
}

/// Whom a listener lets in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Identity {
    /// Those who show a credential.
    Required,
    /// Everybody who reaches it, as this caller; loopback only.
    Trusted {
        /// The name of the caller.
        caller: String,
        /// Host names that may stand in `Host`, besides addresses and `localhost`.
        hosts: Vec<String>,
    },
}

/// What a connection may take; the same for all listeners.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Connections on one listener.
    pub connections: NonZeroUsize,
    /// The head of a request, in bytes.
    pub request_head_bytes: NonZeroUsize,
    /// The body of a request, in bytes.
    pub request_body_bytes: NonZeroU64,
    /// Until the first byte, then until the head is complete.
    pub head_timeout: Duration,
    /// Until the body is complete.
    pub body_timeout: Duration,
    /// How long a connection may be without a request.
    pub idle_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: NonZeroUsize::new(10_000).expect("not zero"),
            request_head_bytes: NonZeroUsize::new(32 * 1024).expect("not zero"),
            request_body_bytes: NonZeroU64::new(1024 * 1024).expect("not zero"),
            head_timeout: Duration::from_secs(5),
            body_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
        }
    }
}
