//! Builds the parts, runs them, stops them: the only place that starts tasks and threads.
//!
//! Two kinds of runtimes. *Serving*: connections are answered there, from memory if possible. *Work*:
//! everything that waits for others, so that it never holds up an answer from memory.

mod demo;
mod emulate;
mod parts;
mod run;
mod runtimes;
mod sources;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

pub use self::demo::demo;
pub use self::emulate::emulate;
pub use self::parts::{NoParts, Parts, principals};
pub use self::run::{Running, serve};
pub use self::runtimes::Runtimes;
pub use self::sources::sources;

use crate::policy::Policy;
use crate::{
    admin, audit, auth, breaker, cache, deadline, keys, listen, origin, paginate, retry, sessions,
    shape, store, token, trace, upstream,
};

/// How the gateway stops.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Drain {
    /// Between saying "not ready" and closing the listeners.
    pub delay: Duration,
    /// How long requests may then still take.
    pub grace: Duration,
}

impl Default for Drain {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            grace: Duration::from_secs(55),
        }
    }
}

/// On which threads requests are served.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Runtime {
    /// How connections are spread over them.
    pub model: Model,
    /// How many; `None`: as many as there are cores.
    pub workers: Option<NonZeroUsize>,
}

/// How connections are spread over threads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Model {
    /// Each connection stays on one thread.
    PerCore,
    /// Threads take work from each other.
    Shared,
}

impl Default for Runtime {
    fn default() -> Self {
        Self {
            model: Model::PerCore,
            workers: None,
        }
    }
}

/// Everything the gateway runs on; if it exists it is valid.
#[derive(Clone, Debug)]
pub struct Config {
    /// For whom it listens.
    pub listeners: Vec<listen::Config>,
    /// What connections may take.
    pub limits: listen::Limits,
    /// The second listener.
    pub admin: admin::Config,
    /// How long requests may take.
    pub deadline: deadline::Config,
    /// The teams it serves.
    pub teams: Vec<Team>,
    /// Paths that belong to something else.
    pub origins: Vec<origin::Config>,
    /// Policies that callers may have.
    pub policies: Vec<Arc<Policy>>,
    /// Who may ask.
    pub callers: Vec<auth::Config>,
    /// When tokens are renewed.
    pub token: token::Config,
    /// What is kept.
    pub cache: cache::Config,
    /// How far lists are followed.
    pub paginate: paginate::Config,
    /// What is tried again.
    pub retry: retry::Config,
    /// When it stops trying.
    pub breaker: breaker::Config,
    /// How the upstream's limit is spent.
    pub shape: shape::Config,
    /// What outlives the process; `None`: nothing does.
    pub store: Option<store::Config>,
    /// Tokens that it gives out.
    pub sessions: sessions::Config,
    /// Virtual keys.
    pub keys: keys::Config,
    /// Where records go.
    pub audit: audit::Config,
    /// What is logged.
    pub log: trace::Log,
    /// What is traced.
    pub trace: trace::Config,
    /// How it stops.
    pub drain: Drain,
    /// On which threads it runs.
    pub runtime: Runtime,
}

/// One team and its service users.
#[derive(Clone, Debug)]
pub struct Team {
    /// Its name, lower case.
    pub name: String,
    /// Where it is.
    pub upstream: upstream::Config,
    /// The service users in whose name it is asked.
    pub principals: Vec<Service>,
}

/// One service user of a team.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its API keys, one or two; the second is tried when the first is refused.
    pub keys: Vec<token::Key>,
}
