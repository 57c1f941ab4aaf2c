//! What an answer says of the cache: `Cache-Status`, `X-Cache`, and how others may keep it.

use std::fmt::Write as _;

use http::HeaderValue;

use crate::record::{Bypass, Cache, Miss, Record, Stale};

/// How others may keep the answer: only this cache hears of writes, and knows who may see what.
pub(super) fn keeping(cache: Cache) -> HeaderValue {
    let is_secret = cache == Cache::Bypass(Bypass::Secret);
    HeaderValue::from_static(if is_secret {
        "no-store"
    } else {
        "private, no-cache"
    })
}

/// `X-Cache`, which older tools and people look for.
pub(super) fn in_a_word(cache: Cache) -> HeaderValue {
    HeaderValue::from_static(match cache {
        Cache::Hit { .. } => "HIT",
        Cache::Stale { .. } => "STALE",
        Cache::Miss(_) => "MISS",
        Cache::Bypass(_) | Cache::None => "BYPASS",
    })
}

/// `Cache-Status` (RFC 9211).
pub(super) fn cache_status(record: &Record) -> Option<HeaderValue> {
    let mut text = String::from("opagate");
    match record.cache {
        Cache::None => return None,
        Cache::Hit { left, .. } => {
            write!(text, "; hit; ttl={}", left.as_secs()).ok()?;
        }
        // It was asked and failed, so what is kept was no plain hit (RFC 9211 §2.1).
        Cache::Stale {
            why: Stale::Error, ..
        } if record.is_origin => {
            text.push_str("; fwd=stale");
            if let Some(code) = record
                .trail
                .as_ref()
                .and_then(|trail| trail.upstream_status())
            {
                write!(text, "; fwd-status={code}").ok()?;
            }
            text.push_str("; detail=error");
        }
        Cache::Stale { ttl, why, .. } => {
            write!(text, "; hit; ttl={ttl}").ok()?;
            text.push_str(match why {
                Stale::Refresh | Stale::Wanted => "",
                Stale::Budget => "; detail=budget",
                Stale::Error => "; detail=error",
            });
        }
        Cache::Miss(miss) => text.push_str(match miss {
            Miss::Absent => "; fwd=miss",
            Miss::Invalidated => "; fwd=miss; detail=invalidated",
            Miss::Expired => "; fwd=stale",
            Miss::Refused => "; fwd=request",
            Miss::Vary => "; fwd=vary-miss",
        }),
        Cache::Bypass(bypass) => text.push_str(match bypass {
            Bypass::Method => "; fwd=method",
            Bypass::Secret => "; fwd=bypass; detail=secret",
        }),
    }
    if let (Some(trail), Cache::Miss(Miss::Expired | Miss::Refused), true) =
        (&record.trail, record.cache, record.is_origin)
        && let Some(code) = trail.upstream_status()
    {
        write!(text, "; fwd-status={code}").ok()?;
    }
    if let (Some(trail), Cache::Miss(_)) = (&record.trail, record.cache) {
        let marks = [
            (trail.is_stored(), "; stored"),
            (trail.is_shared(), "; collapsed"),
            (trail.is_changed(), "; detail=changed"),
        ];
        text.extend(
            marks
                .into_iter()
                .filter(|(is, _)| *is)
                .map(|(_, mark)| mark),
        );
    }
    HeaderValue::from_str(&text).ok()
}
