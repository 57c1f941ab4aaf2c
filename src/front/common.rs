//! What was understood lately, shared by the connections of one thread.
//!
//! Clients open several connections and ask the same on all of them. With one copy of what that came
//! to, and of the answer's head that goes with it, a hit finds in the processor's cache what the last
//! one needed, whoever asked; and idle connections take less memory. Each connection has found out
//! for itself what it shares: nobody is let in by what another one was told.

use std::cell::RefCell;
use std::sync::Arc;

use super::asked::Asked;
use super::head::Head;

/// A head, what it came to, and what else the answer's head depends on.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) head: Head,
    pub(super) asked: Arc<Asked>,
    /// Where links lead to.
    pub(super) origin: Option<Arc<str>>,
    pub(super) scheme: &'static str,
}

impl Known {
    fn is_like(&self, other: &Self) -> bool {
        let (one, two) = (&self.asked, &other.asked);
        one.epoch == two.epoch
            && Arc::ptr_eq(&one.caller, &two.caller)
            && Arc::ptr_eq(&one.principal, &two.principal)
            && one.rule == two.rule
            && self.origin == other.origin
            && self.scheme == other.scheme
            && self.head == other.head
    }
}

/// So many are shared on each thread; they take 4 KiB each, about.
const PLACES: u64 = 256;

struct Recent {
    places: Vec<Option<Arc<Known>>>,
    hasher: ahash::RandomState,
}

thread_local! {
    static RECENT: RefCell<Recent> = RefCell::new(Recent {
        places: (0..PLACES).map(|_| None).collect(),
        hasher: ahash::RandomState::new(),
    });
}

/// Gives what another connection of this thread has found out alike, or else `known`, for the next.
pub(super) fn share(known: Known) -> Arc<Known> {
    RECENT.with_borrow_mut(|recent| {
        let caller = Arc::as_ptr(&known.asked.caller).addr();
        let hash = recent.hasher.hash_one((caller, &known.head));
        let place = usize::try_from(hash % PLACES).unwrap_or_default();
        let Some(place) = recent.places.get_mut(place) else {
            return Arc::new(known);
        };
        match place {
            Some(other) if other.is_like(&known) => Arc::clone(other),
            _ => Arc::clone(place.insert(Arc::new(known))),
        }
    })
}
