//! The second listener: health, metrics, state, purge.

use std::net::SocketAddr;

/// Where the admin listener is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// Where it listens; loopback only.
    pub address: SocketAddr,
    /// Whether a gateway whose last token is lost for good still calls itself ready.
    pub when_token_lost: WhenTokenLost,
}

/// What `/health/ready` says once every token is lost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WhenTokenLost {
    /// Not ready: traffic should go elsewhere.
    Leave,
    /// Ready but degraded: kept answers still help.
    Stay,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 8081)),
            when_token_lost: WhenTokenLost::Leave,
        }
    }
}
