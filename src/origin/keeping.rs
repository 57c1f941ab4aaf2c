//! Whether an answer may be kept (RFC 9111 §3).

use http::StatusCode;
use http::header::{AUTHORIZATION, COOKIE, HeaderMap, SET_COOKIE};

use super::directives::{Extent, Said, Wanted};
use super::freshness::{Lifetime, is_cacheable_by_default};
use super::validators;

/// Whether a shared cache may keep the answer to a `GET` with these headers, and whether that could
/// ever be of use.
pub(super) fn may_keep(
    (asked, wanted): (&HeaderMap, Wanted),
    (status, headers): (StatusCode, &HeaderMap),
    said: &Said,
    lifetime: &Lifetime,
) -> bool {
    let is_stated = lifetime.is_explicit || said.public;
    is_understood(status, said)
        // What a range or a condition brought about is no answer to others (206, 412, 416).
        && (status == StatusCode::OK || !validators::is_conditional(asked))
        && !wanted.no_store
        && (said.must_understand || !said.no_store)
        && said.private != Extent::Whole
        && (is_shared_anyway(said) || !has_credential(asked))
        && (is_stated || is_cacheable_by_default(status))
        && (!headers.contains_key(SET_COOKIE) || is_without_cookie(said))
        && (validators::can_be_asked(headers)
            || (said.no_cache != Extent::Whole && (lifetime.is_explicit || !lifetime.fresh_for.is_zero())))
}

/// A cookie is one caller's, and an answer without its cookie is another answer, which only the origin
/// can allow: by naming the field in `no-cache` or `private`.
fn is_without_cookie(said: &Said) -> bool {
    let mut fields = said.no_cache.fields().iter().chain(said.private.fields());
    fields.any(|name| name == SET_COOKIE)
}

/// §3.5: what an answer to a request with a credential must say to be given to others.
fn is_shared_anyway(said: &Said) -> bool {
    said.public || said.must_revalidate || said.s_maxage.is_some()
}

/// Whether a request shows who sends it. RFC 9111 speaks of `Authorization` only; a cookie is treated
/// alike, because what is given for one is as often one person's.
pub(super) fn has_credential(asked: &HeaderMap) -> bool {
    asked.contains_key(AUTHORIZATION) || asked.contains_key(COOKIE)
}

/// Whether a status can be kept here: parts and news about other answers cannot; one that nobody knows
/// can, unless it is said that it must be understood (§5.2.2.3).
fn is_understood(status: StatusCode, said: &Said) -> bool {
    let is_final = !status.is_informational();
    let is_whole = status != StatusCode::PARTIAL_CONTENT && status != StatusCode::NOT_MODIFIED;
    is_final && is_whole && (!said.must_understand || status.canonical_reason().is_some())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::HeaderValue;

    use super::*;

    fn kept(
        status: u16,
        asked: &[(&'static str, &'static str)],
        lines: &[(&'static str, &'static str)],
    ) -> bool {
        let map = |lines: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, HeaderValue::from_static(value));
            }
            headers
        };
        let (asked, headers) = (map(asked), map(lines));
        let status = StatusCode::from_u16(status).unwrap();
        let said = Said::read(&headers);
        let lifetime = Lifetime::of(status, &said, &headers, SystemTime::now(), false);
        may_keep(
            (&asked, Wanted::read(&asked)),
            (status, &headers),
            &said,
            &lifetime,
        )
    }

    fn says(control: &'static str) -> bool {
        kept(200, &[], &[("cache-control", control)])
    }

    #[test]
    fn what_says_how_long_or_can_be_validated_is_kept() {
        assert!(says("max-age=1") && says("s-maxage=1") && says("max-age=0"));
        assert!(kept(200, &[], &[("expires", "0")]));
        assert!(kept(200, &[], &[("etag", "\"a\"")]));
        assert!(kept(
            200,
            &[],
            &[("etag", "\"a\""), ("cache-control", "no-cache")]
        ));
        assert!(!says("no-cache, max-age=9") && !says("") && !says("public"));
    }

    #[test]
    fn what_forbids_it_is_not_kept() {
        assert!(!says("no-store, max-age=9") && !says("private, max-age=9"));
        assert!(says("private=\"x-a\", max-age=9"));
        assert!(!kept(
            200,
            &[("cache-control", "no-store")],
            &[("cache-control", "max-age=9")]
        ));
    }

    #[test]
    fn status_decides_where_nothing_is_said() {
        for status in [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501] {
            assert!(kept(status, &[], &[("etag", "\"a\"")]), "{status}");
        }
        for status in [201, 302, 307, 400, 403, 500, 503, 299] {
            assert!(!kept(status, &[], &[("etag", "\"a\"")]), "{status}");
            assert!(
                kept(status, &[], &[("cache-control", "max-age=9")]),
                "{status}"
            );
        }
        for status in [206, 304] {
            assert!(
                !kept(status, &[], &[("cache-control", "max-age=9")]),
                "{status}"
            );
        }
    }

    #[test]
    fn what_must_be_understood_is_kept_only_then_and_then_in_spite_of_no_store() {
        let control = [("cache-control", "must-understand, no-store, max-age=9")];

        assert!(kept(200, &[], &control));
        assert!(!kept(299, &[], &control));
    }

    #[test]
    fn answer_to_a_credential_is_kept_only_if_it_says_that_it_is_everybodys() {
        for asked in [("authorization", "Basic x"), ("cookie", "a=b")] {
            assert!(!kept(200, &[asked], &[("cache-control", "max-age=9")]));
            for control in [
                "public, max-age=9",
                "must-revalidate, max-age=9",
                "s-maxage=9",
            ] {
                assert!(
                    kept(200, &[asked], &[("cache-control", control)]),
                    "{control}"
                );
            }
        }
    }

    #[test]
    fn answer_with_a_cookie_is_kept_only_if_it_may_be_without() {
        let cookie = ("set-cookie", "a=b");

        for control in [
            "max-age=9",
            "public, max-age=9",
            "private=\"x-a\", max-age=9",
        ] {
            assert!(
                !kept(200, &[], &[cookie, ("cache-control", control)]),
                "{control}"
            );
        }
        for control in [
            "private=\"Set-Cookie\", max-age=9",
            "no-cache=\"set-cookie\", max-age=9",
        ] {
            assert!(
                kept(200, &[], &[cookie, ("cache-control", control)]),
                "{control}"
            );
        }
    }

    #[test]
    fn what_a_range_or_a_condition_brought_about_is_not_kept() {
        for (asked, status) in [(("range", "bytes=9-"), 416), (("if-match", "\"a\""), 412)] {
            assert!(
                !kept(status, &[asked], &[("cache-control", "max-age=9")]),
                "{status}"
            );
            assert!(
                kept(200, &[asked], &[("cache-control", "max-age=9")]),
                "{status}"
            );
        }
    }
}
