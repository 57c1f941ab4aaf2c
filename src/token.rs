//! The service users' bearer tokens: one for each principal, minted by one task at a time.
//!
//! A token is renewed in the background well before it expires, and the old one serves on until the
//! new one is there. A token that the upstream refuses is condemned by its generation, so any number
//! of refusals costs one new token. Tokens are opaque: nothing is read out of them.

mod cell;
mod mint;
mod sign;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use http::HeaderValue;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use self::cell::Health;
pub use self::sign::{Refusal, Sign};

use self::cell::Cell;
use self::mint::Mint;
use crate::caller::Principal;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::secret::Source;
use crate::upstream::Upstreams;

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

/// One bearer token, as it is held.
#[derive(Debug)]
pub struct Token {
    /// Which token of its principal this is; the first is 1.
    pub generation: u64,
    /// `Bearer …`, marked sensitive.
    pub header: HeaderValue,
    /// When it was minted.
    pub minted: Instant,
    /// When the upstream says it ends.
    pub expires: Instant,
    proven: AtomicBool,
}

impl Token {
    /// The upstream has accepted it.
    pub fn prove(&self) {
        if !self.proven.load(Ordering::Relaxed) {
            self.proven.store(true, Ordering::Relaxed);
        }
    }
}

/// A handle on the tokens of all principals.
#[derive(Clone, Debug)]
pub struct Tokens {
    cells: Arc<[Cell]>,
}

impl Tokens {
    /// Holds no token yet; [`Tokens::run`] gets them.
    ///
    /// `keys` are those of each principal, in the order of `principals`.
    pub fn new(
        config: &Config,
        principals: Vec<(Arc<Principal>, Vec<Key>)>,
        upstreams: &Upstreams,
        metrics: &Metrics,
    ) -> Self {
        let cell = |(principal, keys): (Arc<Principal>, Vec<Key>)| {
            let upstream = upstreams.of(principal.team_index).clone();
            let mint = Mint::new(config.clone(), Arc::clone(&principal), keys, upstream);
            Cell::new(principal, config.clone(), mint, metrics.clone())
        };
        Self {
            cells: principals.into_iter().map(cell).collect(),
        }
    }

    /// Mints and renews until stopped; the only place where tokens are asked for.
    pub async fn run(self, stop: CancellationToken) {
        let all = join_all(self.cells.iter().map(Cell::run));
        stop.run_until_cancelled(all).await;
    }

    /// The token in use, waiting for the first one if none was tried for yet.
    ///
    /// # Errors
    ///
    /// Fails with `NoToken` or `CredentialsRefused` if none is held and the last try failed.
    pub async fn current(&self, principal: &Principal) -> Result<Arc<Token>, Error> {
        self.of(principal).current().await
    }

    /// The upstream refuses this token: it is never used again, and a new one is minted.
    pub fn condemn(&self, principal: &Principal, token: &Token) {
        self.of(principal).condemn(token);
    }

    /// The upstream answered 401 and did not say why: condemns the token, unless it is new, or a new
    /// one was refused in the same way lately; then it is not about the token.
    ///
    /// Returns whether another token could help.
    pub fn doubt(&self, principal: &Principal, token: &Token) -> bool {
        self.of(principal).doubt(token)
    }

    /// Gets a newer token because roles may have changed since this one was minted.
    ///
    /// Returns whether there is a newer one now. At most once in five minutes for each principal,
    /// and only if the token is older than a minute.
    pub async fn renew_for_roles(&self, principal: &Principal, token: &Token) -> bool {
        self.of(principal).renew_for_roles(token).await
    }

    /// How each principal's token does.
    pub fn health(&self) -> Vec<Health> {
        self.cells.iter().map(Cell::health).collect()
    }

    fn of(&self, principal: &Principal) -> &Cell {
        self.cells
            .get(principal.index)
            .expect("each principal has a cell")
    }
}

#[cfg(test)]
mod tests;
