//! All policies by name, and what sets of them come to.
//!
//! Callers have sets of policies, and many have the same, so each set is compiled once. A policy that
//! is written anew is compiled into each set that names it at once, for whoever has it already. Names
//! that there are no policies for grant nothing, and are kept: one may be written later.

mod set;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use parking_lot::Mutex;

pub use self::set::{Compiled, Set};

use super::Policy;
use super::builtin::{DEFAULT, ROOT, own};
use crate::caller::Principal;

/// A handle on all policies and all sets.
#[derive(Clone)]
pub struct Book {
    shared: Arc<Shared>,
}

struct Shared {
    principals: Vec<Arc<Principal>>,
    pages: Mutex<Pages>,
    next: AtomicUsize,
}

struct Pages {
    policies: BTreeMap<Arc<str>, Page>,
    sets: HashMap<Arc<[Arc<str>]>, Weak<Set>>,
    /// With how many sets it is looked which of them nobody has any more.
    full: usize,
}

struct Page {
    policy: Arc<Policy>,
    is_configured: bool,
}

/// Why a policy cannot be put into the book, or taken out.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Bound {
    /// It stands in the configuration.
    #[error("this policy stands in the gateway's configuration, and is changed there")]
    Configured,
    /// It is the one that may do everything.
    #[error("cannot change \"root\" policy")]
    Root,
    /// Vault's `default` can be written anew, but not deleted.
    #[error("cannot delete \"default\" policy")]
    Default,
    /// There are as many as there may be.
    #[error("there are too many policies; delete one first")]
    Full,
}

impl Book {
    /// A book of the policies of the configuration, and of those that were written besides.
    ///
    /// Indexes of sets start at `first`. What rules can name are `principals`.
    pub fn new(
        principals: &[Arc<Principal>],
        configured: impl IntoIterator<Item = Arc<Policy>>,
        first: usize,
    ) -> Self {
        let page = |policy: Arc<Policy>, is_configured| {
            let name = Arc::clone(&policy.name);
            let page = Page {
                policy,
                is_configured,
            };
            (name, page)
        };
        let builtin = [page(own(DEFAULT), false)].into_iter();
        let configured = configured.into_iter().map(|policy| page(policy, true));
        let pages = Pages {
            policies: builtin.chain(configured).collect(),
            sets: HashMap::new(),
            full: SWEPT,
        };
        Self {
            shared: Arc::new(Shared {
                principals: principals.to_vec(),
                pages: Mutex::new(pages),
                next: AtomicUsize::new(first),
            }),
        }
    }

    /// The set of the policies of these names.
    pub fn set<N: AsRef<str>>(&self, names: impl IntoIterator<Item = N>) -> Arc<Set> {
        let names = sorted(names);
        let mut pages = self.shared.pages.lock();
        if let Some(set) = pages.sets.get(&names).and_then(Weak::upgrade) {
            return set;
        }
        let set = Arc::new(Set {
            compiled: ArcSwap::from_pointee(self.shared.compile(&pages, &names)),
            index: self.number(),
            names: Arc::clone(&names),
        });
        if pages.sets.len() >= pages.full {
            pages.sets.retain(|_, set| set.strong_count() > 0);
            pages.full = SWEPT.max(pages.sets.len() * 2);
        }
        pages.sets.insert(names, Arc::downgrade(&set));
        set
    }

    /// A number that no set has.
    pub fn number(&self) -> usize {
        self.shared.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether the policy `name` may be written.
    ///
    /// # Errors
    ///
    /// Fails if it is not for callers to write, or if there is no room.
    pub fn may_put(&self, name: &str) -> Result<(), Bound> {
        let pages = self.shared.pages.lock();
        pages.check(name)?;
        if pages.policies.len() >= MOST && !pages.policies.contains_key(name) {
            return Err(Bound::Full);
        }
        Ok(())
    }

    /// Whether the policy `name` may be deleted.
    ///
    /// # Errors
    ///
    /// Fails if it is not for callers to delete.
    pub fn may_delete(&self, name: &str) -> Result<(), Bound> {
        if name == DEFAULT.0 {
            return Err(Bound::Default);
        }
        self.shared.pages.lock().check(name)
    }

    /// Puts `policy` in place of what stood under its name; one of the configuration stays.
    pub fn put(&self, policy: Arc<Policy>) {
        let name = Arc::clone(&policy.name);
        let mut pages = self.shared.pages.lock();
        if pages.check(&name).is_ok() {
            let page = Page {
                policy,
                is_configured: false,
            };
            pages.policies.insert(Arc::clone(&name), page);
            self.shared.recompile(&mut pages, &name);
        }
    }

    /// Takes the policy `name` out; says whether there was one.
    pub fn delete(&self, name: &str) -> bool {
        let mut pages = self.shared.pages.lock();
        let is_gone = pages.check(name).is_ok() && pages.policies.remove(name).is_some();
        if is_gone {
            self.shared.recompile(&mut pages, name);
        }
        is_gone
    }

    /// The policy `name`.
    pub fn get(&self, name: &str) -> Option<Arc<Policy>> {
        let pages = self.shared.pages.lock();
        Some(Arc::clone(&pages.policies.get(name)?.policy))
    }

    /// The names of all policies, sorted; `root` too, as Vault has it.
    pub fn names(&self) -> Vec<Arc<str>> {
        let pages = self.shared.pages.lock();
        let mut names: BTreeSet<Arc<str>> = pages.policies.keys().cloned().collect();
        names.insert(ROOT.0.into());
        names.into_iter().collect()
    }
}

impl Shared {
    fn compile(&self, pages: &Pages, names: &[Arc<str>]) -> Compiled {
        if names.iter().any(|name| **name == *ROOT.0) {
            return Compiled::new(&[own(ROOT)], &self.principals);
        }
        let policies = names.iter().filter_map(|name| pages.policies.get(name));
        let policies: Vec<_> = policies.map(|page| Arc::clone(&page.policy)).collect();
        Compiled::new(&policies, &self.principals)
    }

    fn recompile(&self, pages: &mut Pages, name: &str) {
        let sets: Vec<_> = pages.sets.values().filter_map(Weak::upgrade).collect();
        for set in sets {
            if set.names.iter().any(|own| **own == *name) {
                let compiled = self.compile(pages, &set.names);
                set.compiled.store(Arc::new(compiled));
            }
        }
    }
}

impl Pages {
    fn check(&self, name: &str) -> Result<(), Bound> {
        if name == ROOT.0 {
            return Err(Bound::Root);
        }
        match self.policies.get(name) {
            Some(page) if page.is_configured => Err(Bound::Configured),
            Some(_) | None => Ok(()),
        }
    }
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book").finish_non_exhaustive()
    }
}

/// Names as sets have them: lower case, sorted, each once; `root` stands alone.
fn sorted<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Arc<[Arc<str>]> {
    let lower = |name: N| name.as_ref().trim().to_lowercase();
    let names: BTreeSet<String> = names.into_iter().map(lower).collect();
    if names.contains(ROOT.0) {
        return Arc::new([Arc::from(ROOT.0)]);
    }
    let names = names.into_iter().filter(|name| !name.is_empty());
    names.map(Arc::from).collect()
}

/// More than anybody writes, and with texts as long as they may be less than a third of a gigabyte.
const MOST: usize = 5_000;

/// Fewer sets than this are not worth a look.
const SWEPT: usize = 64;

#[cfg(test)]
mod tests;
