//! The fixed window: all slots come back at once, when the window ends.
//!
//! A window begins with the first request after the one before, so two bursts can meet at its end.

use super::{Level, Limits, Standing, Time};

/// The level after one more slot was taken.
pub(super) fn take(limits: &Limits, level: Level, now: Time) -> Level {
    if now.nanos() < level.full_at {
        return Level {
            taken: level.taken.saturating_add(1),
            ..level
        };
    }
    Level {
        full_at: now.nanos().saturating_add(limits.period),
        taken: 1,
    }
}

/// How a bucket stands.
pub(super) fn look(limits: &Limits, level: Level, now: Time) -> Standing {
    let is_open = now.nanos() < level.full_at;
    let taken = if is_open { level.taken } else { 0 };
    let reset = now.max(Time::from_nanos(level.full_at));
    Standing {
        limit: limits.burst,
        remaining: u64::from(limits.burst.saturating_sub(taken)),
        reset,
        retry_at: reset,
    }
}
