//! One of each part, in dependency order.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Config, Service, Team};
use crate::audit::{Journal, Writer};
use crate::auth::{Accounts, Door};
use crate::breaker::Breaker;
use crate::cache::{Generations, Store};
use crate::caller::Principal;
use crate::keys::Keys;
use crate::listen::{self, Identity};
use crate::local::{self, Vault};
use crate::login::Logins;
use crate::metrics::Metrics;
use crate::origin;
use crate::policy::{Book, Policy};
use crate::recent::Recent;
use crate::sessions::{Epoch, Sessions, Unreadable};
use crate::shape::Buckets;
use crate::store;
use crate::token::{Key, Tokens};
use crate::upstream::{self, Transport, TransportError, Upstream, Upstreams};

/// The parts of a gateway.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The settings.
    pub config: Arc<Config>,
    /// The service users, all teams together.
    pub principals: Vec<Arc<Principal>>,
    /// Counts.
    pub metrics: Metrics,
    /// The last requests.
    pub recent: Recent,
    /// Records.
    pub journal: Journal,
    /// Knows callers.
    pub accounts: Accounts,
    /// Gives out tokens, if there is a store.
    pub sessions: Option<Sessions>,
    /// Answers in Vault's namespace, if there is a store.
    pub vault: Vault,
    /// Keeps answers.
    pub store: Store,
    /// Reaches the teams.
    pub upstreams: Upstreams,
    /// Reaches the origins of `[[origin]]`, in its order.
    pub origins: Vec<Upstream>,
    /// What of their answers was touched.
    pub origin_generations: Generations,
    /// Holds tokens.
    pub tokens: Tokens,
    /// Spends limits.
    pub buckets: Buckets,
    /// Stops what is in vain.
    pub breaker: Breaker,
    /// Fetches under way; they may outlast their callers.
    pub flights: TaskTracker,
    /// Writes under way; the gateway does not stop before they have ended.
    pub writes: TaskTracker,
}

impl Parts {
    /// Makes the parts, and what writes the audit log.
    ///
    /// # Errors
    ///
    /// Fails if an upstream's certificate authorities, or the store, cannot be read.
    pub fn new(config: Config) -> Result<(Self, Writer), NoParts> {
        let transports: Result<Vec<Transport>, _> = config
            .teams
            .iter()
            .map(|team| &team.upstream)
            .chain(config.origins.iter().map(|origin| &origin.upstream))
            .map(upstream::connect)
            .collect();
        Ok(Self::over(config, transports?)?)
    }

    /// Makes the parts over these transports, one for each team and then one for each origin.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be read.
    pub fn over(
        config: Config,
        mut transports: Vec<Transport>,
    ) -> Result<(Self, Writer), Unreadable> {
        let keys = keys(&config.teams);
        let principals: Vec<_> = keys
            .iter()
            .map(|(principal, _)| Arc::clone(principal))
            .collect();
        let callers: Vec<Arc<str>> = config
            .callers
            .iter()
            .map(|caller| caller.name.as_str().into())
            .collect();
        let teams: Vec<Arc<str>> = config
            .teams
            .iter()
            .map(|team| team.name.as_str().into())
            .collect();
        let metrics = Metrics::new(&principals, &callers);
        let (journal, writer) = Journal::new(&config.audit, metrics.clone());
        let of_origins = transports.split_off(config.teams.len().min(transports.len()));
        let origins = origins(&config.origins, of_origins);
        let upstreams = upstreams(&config.teams, transports);
        let tokens = Tokens::new(&config.token, keys, &upstreams, &metrics);
        let writes = TaskTracker::new();
        let (sessions, vault) = kept(&config, &principals, &writes)?;
        let parts = Self {
            accounts: Accounts::with_sessions(&config.callers, &principals, sessions.clone()),
            sessions,
            vault,
            store: Store::new(config.cache.clone(), Generations::new(), metrics.clone()),
            buckets: Buckets::new(config.shape, &principals, metrics.clone()),
            breaker: Breaker::new(config.breaker, &teams, &metrics),
            recent: Recent::new(config.admin.requests),
            config: Arc::new(config),
            principals,
            metrics,
            journal,
            upstreams,
            origins,
            origin_generations: Generations::new(),
            tokens,
            flights: TaskTracker::new(),
            writes,
        };
        Ok((parts, writer))
    }

    /// Whom a listener lets in.
    ///
    /// # Panics
    ///
    /// If its caller is not configured; a valid configuration has it.
    pub fn door(&self, listener: &listen::Config) -> Door {
        match &listener.identity {
            Identity::Required => Door::Required,
            Identity::Trusted { caller, hosts } => Door::Trusted {
                caller: self
                    .accounts
                    .of_name(caller)
                    .expect("a trusted caller is configured"),
                hosts: hosts.clone().into(),
            },
        }
    }

    /// Renews tokens and lets waiting requests go, until stopped.
    pub async fn run(self, stop: CancellationToken) {
        let sweeping = async {
            if let Some(sessions) = self.sessions {
                sessions.run(stop.clone()).await;
            }
        };
        let (tokens, buckets) = (
            self.tokens.run(stop.clone()),
            self.buckets.run(stop.clone()),
        );
        tokio::join!(tokens, buckets, sweeping);
    }
}

/// Why there are no parts.
#[derive(Debug, thiserror::Error)]
pub enum NoParts {
    /// A way to an upstream.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The store.
    #[error(transparent)]
    Store(#[from] Unreadable),
}

/// What is kept in the store, if there is one, and who answers for it.
fn kept(
    config: &Config,
    principals: &[Arc<Principal>],
    writes: &TaskTracker,
) -> Result<(Option<Sessions>, Vault), Unreadable> {
    let Some(place) = &config.store else {
        return Ok((None, Vault::default()));
    };
    let store = store::Store::of(place)?;
    let book = book(config, principals, &store)?;
    let epoch = Epoch::default();
    let sessions = Sessions::load(config.sessions.clone(), &store, &book, &epoch, principals)?;
    let names = config.callers.iter().map(|caller| caller.name.clone());
    let keys = Keys::load(config.keys, &store, &sessions, names.collect())?;
    let logins = Logins::load(&store, &sessions)?;
    let vault = Vault::new(local::vault::Parts {
        store,
        book,
        sessions: sessions.clone(),
        keys,
        logins,
        principals: principals.to_vec(),
        writes: writes.clone(),
    });
    Ok((Some(sessions), vault))
}

/// The policies of the configuration and those of the store.
fn book(
    config: &Config,
    principals: &[Arc<Principal>],
    store: &store::Store,
) -> Result<Book, Unreadable> {
    let configured = config.policies.iter().cloned();
    let book = Book::new(principals, configured, config.callers.len());
    for (name, text) in store.load(store::Table::Policies)? {
        let read = String::from_utf8(name)
            .ok()
            .zip(String::from_utf8(text).ok());
        let policy = read.and_then(|(name, text)| Policy::parse(&name, &text).ok());
        let policy = policy.ok_or(Unreadable::Entry { what: "a policy" })?;
        book.put(Arc::new(policy));
    }
    Ok(book)
}

/// The service users of all teams, numbered through.
pub fn principals(teams: &[Team]) -> Vec<Arc<Principal>> {
    let all = keys(teams).into_iter();
    all.map(|(principal, _)| principal).collect()
}

/// The same with their keys.
fn keys(teams: &[Team]) -> Vec<(Arc<Principal>, Vec<Key>)> {
    let all = teams.iter().enumerate().flat_map(|(team_index, team)| {
        team.principals
            .iter()
            .map(move |service| (team_index, team, service))
    });
    all.enumerate()
        .map(|(index, (team_index, team, Service { name, keys }))| {
            let principal = Principal {
                index,
                team_index,
                team: team.name.as_str().into(),
                name: name.as_str().into(),
            };
            (Arc::new(principal), keys.clone())
        })
        .collect()
}

fn origins(origins: &[origin::Config], transports: Vec<Transport>) -> Vec<Upstream> {
    let both = origins
        .iter()
        .map(|origin| &origin.upstream)
        .zip(transports);
    let upstream = |(config, transport): (&upstream::Config, Transport)| {
        Upstream::new(config.url.clone(), transport, config.limits)
    };
    both.map(upstream).collect()
}

fn upstreams(teams: &[Team], transports: Vec<Transport>) -> Upstreams {
    let both = teams.iter().zip(transports);
    let upstream = |(team, transport): (&Team, Transport)| {
        Upstream::new(team.upstream.url.clone(), transport, team.upstream.limits)
    };
    Upstreams::new(both.map(upstream).collect())
}
