//! Who may ask, and how it proves it.
//!
//! Static tokens are known by their SHA-256 only. A trusted listener stands for one caller; since a
//! web page could reach it too, what comes from a browser is refused there.

mod ask;

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use sha2::{Digest, Sha256};

pub use self::ask::{Connection, Door, VAULT_TOKEN, vault_token};
pub use crate::sessions::Epoch;

use crate::caller::{Caller, CallerKind, Grant, Principal, Priority, Weight};
use crate::policy::{Policy, Set};
use crate::quota;
use crate::sessions::{PREFIX, Sessions};

/// A caller as configured.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// Its name.
    pub name: String,
    /// SHA-256 of its token; `None` for one that only a trusted listener stands for.
    pub token_sha256: Option<[u8; 32]>,
    /// What it may do.
    pub policies: Vec<Arc<Policy>>,
    /// In which class it waits.
    pub priority: Priority,
    /// How many turns it has to one of another's.
    pub weight: Weight,
    /// The principals it uses where no rule names one, as `team/name`, at most one for each team.
    pub principals: Vec<String>,
    /// How much it may ask.
    pub quota: quota::Config,
}

/// A handle on all callers.
#[derive(Clone)]
pub struct Accounts {
    shared: Arc<Shared>,
}

struct Shared {
    by_token: HashMap<[u8; 32], Arc<Caller>>,
    by_name: HashMap<String, Arc<Caller>>,
    /// Those who showed something else; nobody, if the gateway gives out no tokens.
    sessions: Option<Sessions>,
    epoch: Epoch,
}

impl Accounts {
    /// Makes the callers of a valid configuration.
    pub fn new(configs: &[Config], principals: &[Arc<Principal>]) -> Self {
        Self::with_sessions(configs, principals, None)
    }

    /// The same, and those to whom the gateway gave a token.
    pub fn with_sessions(
        configs: &[Config],
        principals: &[Arc<Principal>],
        sessions: Option<Sessions>,
    ) -> Self {
        let mut by_token = HashMap::new();
        let mut by_name = HashMap::new();
        for (index, config) in configs.iter().enumerate() {
            let caller = Arc::new(caller(index, config, principals));
            if let Some(hash) = config.token_sha256 {
                by_token.insert(hash, Arc::clone(&caller));
            }
            by_name.insert(config.name.clone(), caller);
        }
        let shared = Shared {
            by_token,
            by_name,
            epoch: sessions
                .as_ref()
                .map_or_else(Epoch::default, |s| s.epoch().clone()),
            sessions,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// What says when it is no longer so who shows which credential, and who may do what.
    pub fn epoch(&self) -> &Epoch {
        &self.shared.epoch
    }

    /// The caller whose token this is, if it may be shown from `peer`.
    ///
    /// What is looked up is a hash, so the time it takes tells nothing of any token.
    pub fn of_token(&self, token: &[u8], peer: Option<IpAddr>) -> Option<Arc<Caller>> {
        let session = self.shared.sessions.as_ref();
        let session = session.filter(|_| token.starts_with(PREFIX.as_bytes()));
        let session = session.and_then(|sessions| sessions.caller(token, peer));
        session.or_else(|| self.of_static_token(token))
    }

    /// The caller of the configuration whose token this is.
    pub fn of_static_token(&self, token: &[u8]) -> Option<Arc<Caller>> {
        let hash: [u8; 32] = Sha256::digest(token).into();
        self.shared.by_token.get(&hash).cloned()
    }

    /// The caller that a trusted listener stands for.
    pub fn of_name(&self, name: &str) -> Option<Arc<Caller>> {
        self.shared.by_name.get(name).cloned()
    }
}

fn caller(index: usize, config: &Config, principals: &[Arc<Principal>]) -> Caller {
    let kind = match config.token_sha256 {
        Some(_) => CallerKind::Token,
        None => CallerKind::Trusted,
    };
    let named = |name: &String| {
        principals
            .iter()
            .find(|principal| principal.to_string().eq_ignore_ascii_case(name))
            .cloned()
    };
    Caller {
        name: config.name.as_str().into(),
        index,
        kind,
        priority: config.priority,
        weight: config.weight,
        principals: config.principals.iter().filter_map(named).collect(),
        grant: Grant {
            set: Arc::new(Set::fixed(&config.policies, principals, index)),
            ..Grant::default()
        },
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts")
            .field("callers", &self.shared.by_name.len())
            .finish_non_exhaustive()
    }
}
