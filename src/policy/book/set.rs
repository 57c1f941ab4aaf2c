//! A set of policies, and what they come to.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use crate::caller::{Principal, Priority};
use crate::policy::Policy;
use crate::policy::builtin::ROOT;
use crate::policy::rights::Rights;

/// A set of policies; who has the same policies has the same set.
pub struct Set {
    pub(super) names: Arc<[Arc<str>]>,
    pub(super) index: usize,
    pub(super) compiled: ArcSwap<Compiled>,
}

/// What the policies of a set come to.
#[derive(Debug, Default)]
pub struct Compiled {
    /// What may be done.
    pub rights: Rights,
    /// The most urgent class that any of them says.
    pub priority: Option<Priority>,
    /// The most requests a second that any of them says.
    pub quota: Option<NonZeroU32>,
}

impl Set {
    /// A set that never changes, of a caller of the configuration.
    pub fn fixed(policies: &[Arc<Policy>], principals: &[Arc<Principal>], index: usize) -> Self {
        let names = policies.iter().map(|policy| Arc::clone(&policy.name));
        Self {
            names: names.collect(),
            index,
            compiled: ArcSwap::from_pointee(Compiled::new(policies, principals)),
        }
    }

    /// The names of its policies, sorted; also of those that are not written.
    pub fn names(&self) -> &Arc<[Arc<str>]> {
        &self.names
    }

    /// Whether it may do everything.
    pub fn is_root(&self) -> bool {
        self.names.iter().any(|name| **name == *ROOT.0)
    }

    /// Its own number, which no other set of the process ever has.
    pub fn index(&self) -> usize {
        self.index
    }

    /// What its policies come to as they are now.
    pub fn compiled(&self) -> Guard<Arc<Compiled>> {
        self.compiled.load()
    }
}

impl Compiled {
    pub(super) fn new(policies: &[Arc<Policy>], principals: &[Arc<Principal>]) -> Self {
        Self {
            rights: Rights::new(policies.iter().map(|policy| &**policy), principals),
            priority: policies.iter().filter_map(|policy| policy.priority).min(),
            quota: policies.iter().filter_map(|policy| policy.quota).max(),
        }
    }
}

impl Default for Set {
    /// No policies, so nothing is allowed.
    fn default() -> Self {
        Self {
            names: Arc::new([]),
            index: usize::MAX,
            compiled: ArcSwap::default(),
        }
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names.iter()).finish()
    }
}
