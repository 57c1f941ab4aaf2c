//! How long an answer is fresh (RFC 9111 §4.2), and what may be done with it when it no longer is
//! (§4.2.4, RFC 5861).

use std::time::{Duration, SystemTime};

use http::StatusCode;
use http::header::{EXPIRES, HeaderMap, LAST_MODIFIED};

use super::age::time;
use super::directives::{Extent, Said, Wanted};
use crate::record::Miss;

/// What an answer lets be done with it, by age.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Lifetime {
    pub(super) fresh_for: Duration,
    /// It says itself how long it is fresh.
    pub(super) is_explicit: bool,
    /// It is never given without being validated (`no-cache`).
    always_validate: bool,
    /// It is never given stale.
    never_stale: bool,
    stale_while_revalidate: Duration,
    stale_if_error: Duration,
}

/// What is to be done with what is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Use {
    /// It is given.
    Fresh,
    /// It is given although it is stale: the caller takes that (`max-stale`).
    Stale,
    /// It is given although it is stale, and validated in the background.
    Refresh,
    /// It is validated first, for this reason.
    Validate(Miss),
}

impl Lifetime {
    /// What an answer made at `date` says; `heuristic` lets a lifetime be guessed.
    pub(super) fn of(
        status: StatusCode,
        said: &Said,
        headers: &HeaderMap,
        date: SystemTime,
        heuristic: bool,
    ) -> Self {
        let explicit = explicit(said, headers, date);
        let guess = || {
            let may = heuristic && (said.public || is_cacheable_by_default(status));
            if may {
                guessed(headers, date)
            } else {
                Duration::ZERO
            }
        };
        Self {
            fresh_for: explicit.unwrap_or_else(guess),
            is_explicit: explicit.is_some(),
            always_validate: said.no_cache == Extent::Whole,
            // §5.2.2.10: `s-maxage` says `proxy-revalidate` too.
            never_stale: said.must_revalidate || said.proxy_revalidate || said.s_maxage.is_some(),
            stale_while_revalidate: said.stale_while_revalidate,
            stale_if_error: said.stale_if_error,
        }
    }

    /// What to do with an answer of this age for a caller who wants this.
    pub(super) fn judge(&self, age: Duration, wanted: Wanted) -> Use {
        if self.always_validate {
            return Use::Validate(Miss::Expired);
        }
        let is_too_old = wanted.max_age.is_some_and(|limit| age > limit);
        let is_refused = wanted.no_cache || is_too_old;
        let left = self.fresh_for.saturating_sub(age);
        if !left.is_zero() {
            let is_too_short = wanted.min_fresh.is_some_and(|least| left < least);
            let is_given = !is_refused && !is_too_short;
            return if is_given {
                Use::Fresh
            } else {
                Use::Validate(Miss::Refused)
            };
        }
        if self.never_stale || is_refused || wanted.min_fresh.is_some() {
            return Use::Validate(Miss::Expired);
        }
        let over = age.saturating_sub(self.fresh_for);
        match wanted.max_stale {
            _ if wanted.max_stale.is_none() && wanted.max_age.is_some() => {
                Use::Validate(Miss::Expired)
            }
            limit if self.may_refresh(over) && limit.is_none_or(|limit| over <= limit) => {
                Use::Refresh
            }
            Some(limit) if over <= limit => Use::Stale,
            Some(_) | None => Use::Validate(Miss::Expired),
        }
    }

    fn may_refresh(&self, over: Duration) -> bool {
        !self.stale_while_revalidate.is_zero() && over <= self.stale_while_revalidate
    }

    /// Whether it may stand in, at this age, where the origin fails.
    pub(super) fn stands_in(&self, age: Duration, wanted: Wanted) -> bool {
        let over = age.saturating_sub(self.fresh_for);
        let limit = self
            .stale_if_error
            .max(wanted.stale_if_error.unwrap_or_default());
        let is_fresh = age < self.fresh_for;
        !self.always_validate
            && !wanted.no_cache
            && (is_fresh || !self.never_stale)
            && !limit.is_zero()
            && over <= limit
    }

    /// Seconds that it is still fresh; below zero when it is not.
    pub(super) fn ttl(&self, age: Duration) -> i64 {
        let whole = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        whole(self.fresh_for) - whole(age)
    }
}

/// What it says itself, in the order of §4.2.1; what is invalid is stale.
fn explicit(said: &Said, headers: &HeaderMap, date: SystemTime) -> Option<Duration> {
    let by_expires = || {
        let value = headers.get(EXPIRES).filter(|_| !said.is_targeted)?;
        let until = time(value).and_then(|expires| expires.duration_since(date).ok());
        Some(until.unwrap_or_default())
    };
    said.s_maxage.or(said.max_age).or_else(by_expires)
}

/// A tenth of the time that it had not changed for, at most a day (§4.2.2).
fn guessed(headers: &HeaderMap, date: SystemTime) -> Duration {
    let changed = headers.get(LAST_MODIFIED).and_then(time);
    let unchanged = changed.and_then(|changed| date.duration_since(changed).ok());
    (unchanged.unwrap_or_default() / 10).min(DAY)
}

/// Whether an answer of this status may be kept without a word (RFC 9110 §15.1; 206 never is here).
pub(super) fn is_cacheable_by_default(status: StatusCode) -> bool {
    matches!(
        status.as_u16(),
        200 | 203 | 204 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501
    )
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests;
