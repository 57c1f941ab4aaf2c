//! The generic cell rate algorithm: slots come back one by one.
//!
//! A bucket's theoretical arrival time is the moment at which all slots are free again. A request
//! moves it one interval on, and is refused if that would lead further ahead than all slots together.

use super::{Level, Limits, Standing, Time};

/// The level after one more slot was taken.
pub(super) fn take(limits: &Limits, level: Level, now: Time) -> Level {
    let arrival = level.full_at.max(now.nanos());
    Level {
        full_at: arrival.saturating_add(limits.interval),
        ..level
    }
}

/// How a bucket stands.
pub(super) fn look(limits: &Limits, level: Level, now: Time) -> Standing {
    let arrival = level.full_at.max(now.nanos());
    let window = limits.interval.saturating_mul(u64::from(limits.burst));
    let free = now.nanos().saturating_add(window).saturating_sub(arrival);
    let remaining = free / limits.interval;
    let next = limits.interval.saturating_mul(remaining.saturating_add(1));
    let retry_at = if remaining >= u64::from(limits.burst) {
        now
    } else {
        Time::from_nanos(arrival.saturating_add(next).saturating_sub(window))
    };
    Standing {
        limit: limits.burst,
        remaining,
        reset: Time::from_nanos(arrival),
        retry_at,
    }
}
