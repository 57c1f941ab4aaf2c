//! The second listener: health, metrics, state, purge, and a page that shows them.
//!
//! It is for operators and their tools, and never on the callers' listener. What it tells it gets
//! from [`Sources`]; it knows no part of the gateway itself. It has no login: it listens on loopback,
//! and what changes something must come from a program and not from a web page (see `guard`).

mod answer;
mod conditions;
mod dashboard;
mod guard;
mod health;
mod history;
mod keys;
mod purge;
mod question;
mod requests;
mod routes;
mod serve;
pub mod state;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::keys::Keys;
use crate::recent::Recent;

pub use self::conditions::{conditions, seconds};
pub use self::health::{Health, Readiness, TokenHealth, Verdict};
pub use self::history::{BucketPoint, BucketReading, History, Point, Reading};
pub use self::purge::Purge;
pub use self::question::{Search, Why};
pub use self::routes::{Answer, service};
pub use self::serve::serve;

/// Where the admin listener is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// Where it listens; loopback only.
    pub address: SocketAddr,
    /// How many of the last requests are remembered; zero: none.
    pub requests: usize,
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
            requests: 1_000,
            when_token_lost: WhenTokenLost::Leave,
        }
    }
}

/// Where the answers come from.
#[derive(Clone)]
pub struct Sources {
    /// Whether the gateway is ready, and why not.
    pub readiness: Readiness,
    /// The body of `/api/state`; as a rule a [`state::State`].
    pub state: Arc<dyn Fn() -> serde_json::Value + Send + Sync>,
    /// The text of `/metrics`.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Drops kept answers, and says how many.
    pub purge: Arc<dyn Fn(Purge) -> u64 + Send + Sync>,
    /// Virtual keys, if there can be any.
    pub keys: Option<Keys>,
    /// What has happened lately; [`serve()`] takes its readings.
    pub history: History,
    /// The last requests.
    pub recent: Recent,
    /// The body of `/api/cache`: what is kept, as a rule a [`state::KeptState`].
    pub search: Arc<dyn Fn(&Search) -> serde_json::Value + Send + Sync>,
    /// The settings in force as TOML, secrets hidden.
    pub config: Arc<dyn Fn() -> String + Send + Sync>,
    /// The body of `/api/why`: what would happen to a request; or why that cannot be told.
    pub why: Arc<dyn Fn(&Why) -> Told + Send + Sync>,
}

/// What would happen, as JSON; or why that cannot be told.
pub type Told = Result<serde_json::Value, String>;

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sources")
    }
}
