//! How many may be under way at once, where the upstream refuses a crowd though slots are left.
//!
//! Such a 429 halves the number, once for all that were let go before it was known; each answer then
//! raises it again, by one in a round trip. What was refused is remembered for a while and not
//! tried again before, or every few round trips would cost a refusal.

use std::time::Duration;

use tokio::time::Instant;

use crate::shape::model::Ticket;

/// How long a number that was refused is not tried again, at first.
const REMEMBERED: Duration = Duration::from_secs(30);

/// Each time that it is refused again it is remembered twice as long, up to a quarter of an hour.
const DOUBLINGS: u32 = 5;

/// The number.
#[derive(Debug)]
pub(super) struct Crowd {
    most: f64,
    /// The most that was let go without being refused, and until when that is kept to.
    ceiling: Option<(f64, Instant)>,
    refused: u32,
    /// What was let go before this many is answered for.
    lowered: u64,
}

impl Crowd {
    pub(super) fn new(most: f64) -> Self {
        Self {
            most,
            ceiling: None,
            refused: 0,
            lowered: 0,
        }
    }

    /// How many may be under way.
    pub(super) fn most(&self) -> f64 {
        self.most
    }

    /// Takes in that `ticket` was refused when `released` had been let go and so many were under
    /// way; says whether fewer at once can help: one alone is refused for something else.
    pub(super) fn refused(
        &mut self,
        ticket: Ticket,
        released: u64,
        under_way: u32,
        now: Instant,
    ) -> bool {
        if ticket.number <= self.lowered {
            return true;
        }
        let is_alone = released == ticket.ended + 1;
        if is_alone {
            return false;
        }
        self.most = (self.most.min(f64::from(under_way)) / 2.0).max(1.0);
        self.lowered = released;
        let crowd = ticket.under_way.max(under_way);
        let ceiling = f64::from(crowd.saturating_sub(1)).max(self.most);
        let again = self
            .ceiling
            .is_some_and(|(before, _)| ceiling <= before + 2.0);
        self.refused = if again { self.refused + 1 } else { 0 };
        let remembered = REMEMBERED * (1 << self.refused.min(DOUBLINGS));
        self.ceiling = Some((ceiling, now + remembered));
        true
    }

    /// Takes in an answer; `most` is as many as may ever be under way.
    pub(super) fn answered(&mut self, most: f64, now: Instant) {
        let kept = self.ceiling.filter(|(_, until)| now < *until);
        let most = kept.map_or(most, |(ceiling, _)| most.min(ceiling));
        let raised = self.most + 1.0 / self.most;
        // What was reached before is not taken away.
        self.most = raised.min(most).max(self.most);
    }
}
