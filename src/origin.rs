//! Paths that belong to something else than OPA, answered as a shared cache does by RFC 9111.
//!
//! A configuration may map a prefix of paths to an origin. All methods go through and nothing is
//! altered but what a proxy must alter ([`fields`]); what may be kept, for how long, and for whom is
//! decided by the answer's own headers. OPA's token, limit and pages have no part in it.
//!
//! What is kept belongs to the mapping and is given to all who may ask. That shows nobody what
//! another's credential got: with `callers = "known"` no credential of the gateway's goes to the
//! origin, so that all callers are alike to it; with `"anyone"` the credential is the origin's, and
//! what it answers to one is kept only if it says that it may be (§3.5). A request's cookies are treated
//! like credentials; an answer that sets some is kept only if it names `Set-Cookie` in `private` or
//! `no-cache`, and then without them.
//!
//! As everywhere here, nothing that was read before a change is given after it: answers are stamped
//! with the generation of their path when they are asked for, each change through the gateway that did
//! not fail bumps it, and stamps are compared when an answer is kept and each time it is given.

mod age;
mod answer;
mod body;
mod directives;
mod fetch;
mod fields;
mod flight;
mod flow;
mod freshness;
mod judged;
mod keeping;
mod mapping;
mod purge;
mod question;
mod range;
mod store;
mod validators;
mod vary;

use std::sync::Arc;

use http::Uri;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

pub use self::mapping::{Callers, Config, Mapping};
pub use self::purge::{Purge, purge};
pub(crate) use self::question::Question;

use self::flight::Flights;
use self::store::Store;
use crate::cache;
use crate::upstream::Upstream;

/// A handle on all mappings and on what is kept of their answers.
#[derive(Clone, Debug)]
pub struct Origins {
    mappings: Arc<[Arc<Mapping>]>,
    store: Store,
    flights: Flights,
    tasks: Tasks,
}

/// Where the origins are asked.
#[derive(Clone, Debug)]
pub struct Tasks {
    /// Reads: they may end with the process.
    pub reads: TaskTracker,
    /// Changes: they run to their end.
    pub changes: TaskTracker,
    /// On which runtime.
    pub work: Handle,
}

impl Origins {
    /// Mappings as `configs` say, each with its upstream; what is kept has the bounds of `cache`.
    pub fn new(
        configs: &[Config],
        upstreams: &[Upstream],
        cache: &cache::Config,
        generations: cache::Generations,
        tasks: Tasks,
    ) -> Self {
        let both = configs.iter().zip(upstreams).enumerate();
        let mapping = |(index, (config, upstream)): (usize, (&Config, &Upstream))| {
            Arc::new(Mapping {
                index,
                site: mapping::site_of(configs, config),
                config: config.clone(),
                upstream: upstream.clone(),
            })
        };
        Self {
            mappings: both.map(mapping).collect(),
            store: Store::new(cache, generations),
            flights: Flights::new(cache.flights),
            tasks,
        }
    }

    /// The mapping that `uri` belongs to, if it does not belong to OPA.
    pub fn find(&self, uri: &Uri) -> Option<&Arc<Mapping>> {
        if self.mappings.is_empty() {
            return None;
        }
        mapping::find(&self.mappings, uri.path())
    }
}
