//! When what was found out about who may do what became old.
//!
//! Connections remember who showed a credential, and what was decided about a request. Whatever
//! changes either — a token that is revoked, a policy that is written — moves the epoch on, after the
//! change can be seen and before anybody hears of it; what was remembered in an earlier one is found
//! out anew. That sessions end by themselves moves nothing: their callers know when.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A handle on the present epoch.
#[derive(Clone, Debug, Default)]
pub struct Epoch(Arc<AtomicU64>);

impl Epoch {
    /// The present one; to be asked for before what is remembered under it is found out.
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Makes everything old that was found out before.
    pub fn bump(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}
