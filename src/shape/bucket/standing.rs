//! What callers may still spend of the limit, as their answers tell them.

use std::time::Duration;

use tokio::time::Instant;

use super::{Bucket, Inner};
use crate::allowance::Allowance;
use crate::shape::model::{Model, Ready, SECOND};

impl Bucket {
    /// What one more request would find; `None` until the upstream has told its limit.
    pub(in crate::shape) fn allowance(&self, now: Instant) -> Option<Allowance> {
        let mut inner = self.inner.lock();
        let Inner { model, queue, .. } = &mut *inner;
        let ready = model.ready(now);
        let limit = f64::from(model.limit?) - model.reserved();
        let is_free = queue.is_empty() && ready == Ready::Now;
        let next_at = match ready {
            _ if !queue.is_empty() => model.foresee(queue.len(), now).likely,
            Ready::Now => now,
            Ready::At(at) => at,
            Ready::Later => now + SECOND,
        };
        let until = |at: Instant| at.saturating_duration_since(now);
        Some(Allowance {
            limit: whole(limit.max(1.0)),
            remaining: if is_free { model.spare(now) } else { 0 },
            full_in: model.full_at(now).map_or(Duration::ZERO, until),
            next_in: until(next_at),
        })
    }
}

impl Model {
    /// How many could be let go one after the other, if one may.
    fn spare(&self, now: Instant) -> u32 {
        whole(self.level - self.floor(now)).max(1)
    }
}

/// Rounded down.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "slots are few, and a cast keeps to the type's bounds"
)]
fn whole(slots: f64) -> u32 {
    slots as u32
}
