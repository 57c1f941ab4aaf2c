//! What a caller may still ask, in the four headers that OPA's clients read.
//!
//! They are the gateway's own view at the time of the answer, never the upstream's of another time: a
//! kept one would be wrong, and a `Retry-At` that is past makes OPA's clients wait for hours.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

/// What is left of a limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Allowance {
    /// How many requests fit into all of it.
    pub limit: u32,
    /// How many could be sent now.
    pub remaining: u32,
    /// In what time all fit again, if none is sent.
    pub full_in: Duration,
    /// In what time one more may be sent.
    pub next_in: Duration,
}

impl Allowance {
    /// The one of both that ends sooner.
    pub fn tighter(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) if other.remaining < one.remaining => Some(other),
            (one, other) => one.or(other),
        }
    }

    /// Tells `headers` of it, `now` being the time since 1970; of nothing, if it is not known.
    pub fn tell(this: Option<Self>, headers: &mut HeaderMap, now: Duration) {
        let Some(this) = this else {
            for name in [LIMIT, REMAINING, RESET, RETRY_AT] {
                headers.remove(name);
            }
            return;
        };
        let reset = rounded_up(now + this.full_in);
        headers.insert(LIMIT, HeaderValue::from(this.limit));
        headers.insert(REMAINING, HeaderValue::from(this.remaining));
        headers.insert(RESET, HeaderValue::from(reset));
        headers.insert(RETRY_AT, retry_at(now, rounded_up(now + this.next_in)));
    }
}

/// `X-RateLimit-Retry-At`: the second `at`, but in any case one that is not past when it is read.
pub fn retry_at(now: Duration, at: u64) -> HeaderValue {
    HeaderValue::from(at.max(now.as_secs() + 2))
}

fn rounded_up(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
/// What OPA's clients read on a 429; they do not know `Retry-After`.
pub const RETRY_AT: HeaderName = HeaderName::from_static("x-ratelimit-retry-at");

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_millis(1_000_300);

    fn told(allowance: Option<Allowance>, headers: &mut HeaderMap) -> [Option<&str>; 4] {
        Allowance::tell(allowance, headers, NOW);
        [LIMIT, REMAINING, RESET, RETRY_AT].map(|name| headers.get(name)?.to_str().ok())
    }

    fn left(remaining: u32) -> Option<Allowance> {
        Some(Allowance {
            limit: 100,
            remaining,
            full_in: Duration::from_secs(10),
            next_in: Duration::from_secs(4),
        })
    }

    #[test]
    fn times_are_rounded_up_and_never_past() {
        let mut headers = HeaderMap::new();
        let known = ["100", "7", "1011", "1005"].map(Some);
        assert_eq!(told(left(7), &mut headers), known);

        let now = left(7).map(|left| Allowance {
            next_in: Duration::ZERO,
            ..left
        });
        assert_eq!(told(now, &mut headers)[3], Some("1002"));
        assert_eq!(told(None, &mut headers), [None; 4]);
    }

    #[test]
    fn what_ends_sooner_counts() {
        assert_eq!(Allowance::tighter(left(7), left(3)), left(3));
        assert_eq!(Allowance::tighter(left(3), left(7)), left(3));
        assert_eq!(Allowance::tighter(None, left(7)), left(7));
        assert_eq!(Allowance::tighter(left(7), None), left(7));
    }
}
