//! Whether the caller has already what is kept, and what to ask the origin by (RFC 9110 §8.8, §13).

use std::time::{Duration, SystemTime};

use http::header::{ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED};
use http::{HeaderName, HeaderValue};

use super::age::{date, time};
use super::directives::members;

/// Whether a caller that asks with `asked` has already what `kept` are the headers of.
///
/// `If-Modified-Since` counts only without `If-None-Match` (RFC 9110 §13.1.3); what says not when it
/// was changed counts as changed when it was made (RFC 9111 §4.3.2).
pub(super) fn is_known(asked: &HeaderMap, kept: &HeaderMap) -> bool {
    if asked.contains_key(IF_NONE_MATCH) {
        return is_named(asked, kept);
    }
    let mut lines = asked.get_all(IF_MODIFIED_SINCE).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return false;
    };
    let changed = kept.get(LAST_MODIFIED).map_or_else(|| date(kept), time);
    matches!((changed, time(line)), (Some(changed), Some(since)) if changed <= since)
}

fn is_named(asked: &HeaderMap, kept: &HeaderMap) -> bool {
    let tag = kept.get(ETAG).map(HeaderValue::as_bytes);
    let lines = asked.get_all(IF_NONE_MATCH).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let mut named = lines.flat_map(members);
    named
        .any(|named| named == "*" || tag.is_some_and(|tag| opaque(tag) == opaque(named.as_bytes())))
}

/// A tag as the weak comparison sees it.
fn opaque(tag: &[u8]) -> &[u8] {
    let tag = tag.trim_ascii();
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

/// A tag as the strong comparison sees it: weak ones are like nothing.
fn strong(headers: &HeaderMap) -> Option<&[u8]> {
    let tag = headers.get(ETAG)?.as_bytes().trim_ascii();
    (!tag.starts_with(b"W/")).then_some(tag)
}

/// Whether the range that is asked for may be taken of what is kept (RFC 9110 §13.1.5): the strong
/// comparison, of tags or of dates.
pub(super) fn is_same_range(asked: &HeaderMap, kept: &HeaderMap) -> bool {
    let Some(condition) = asked.get(IF_RANGE) else {
        return true;
    };
    let condition_text = condition.as_bytes().trim_ascii();
    if condition_text.starts_with(b"\"") || condition_text.starts_with(b"W/") {
        return strong(kept) == Some(condition_text);
    }
    let changed = kept.get(LAST_MODIFIED).and_then(time);
    // A date is strong if it was not the present second (RFC 9110 §8.8.2.2).
    let is_strong = |changed: SystemTime| {
        date(kept).is_some_and(|made| made.duration_since(changed).is_ok_and(|d| d >= SECOND))
    };
    changed.is_some_and(|changed| is_strong(changed) && time(condition) == Some(changed))
}

/// Whether there is anything to ask the origin by.
pub(super) fn can_be_asked(kept: &HeaderMap) -> bool {
    kept.contains_key(ETAG) || kept.get(LAST_MODIFIED).and_then(time).is_some()
}

/// Makes a request conditional: whether what is kept is still true. Whatever the caller asked by goes.
pub(super) fn ask(request: &mut HeaderMap, kept: &HeaderMap) {
    for name in &CONDITIONS {
        request.remove(name);
    }
    if let Some(tag) = kept.get(ETAG) {
        request.insert(IF_NONE_MATCH, tag.clone());
    }
    if let Some(changed) = kept
        .get(LAST_MODIFIED)
        .filter(|changed| time(changed).is_some())
    {
        request.insert(IF_MODIFIED_SINCE, changed.clone());
    }
}

/// Whether a 304 with headers `news` is about what is kept (RFC 9111 §4.3.4).
///
/// One that names nothing is about what was asked by: many origins answer so.
pub(super) fn confirms(news: &HeaderMap, kept: &HeaderMap, is_asked_by: bool) -> bool {
    match (news.get(ETAG), news.get(LAST_MODIFIED)) {
        (Some(_), _) if strong(news).is_some() => strong(news) == strong(kept),
        (Some(tag), _) => {
            let known = kept.get(ETAG).map(|known| opaque(known.as_bytes()));
            is_asked_by && known == Some(opaque(tag.as_bytes()))
        }
        (None, Some(changed)) if !kept.contains_key(ETAG) => {
            is_asked_by && kept.get(LAST_MODIFIED).and_then(time) == time(changed)
        }
        (None, _) => is_asked_by,
    }
}

/// Whether an answer to `HEAD` speaks of the same representation as is kept (RFC 9111 §4.3.5).
pub(super) fn is_same(news: &HeaderMap, kept: &HeaderMap, length: usize) -> bool {
    let said = news.get(http::header::CONTENT_LENGTH);
    let is_length = said.is_none_or(|said| said.as_bytes() == length.to_string().as_bytes());
    let is_like = |name: &HeaderName| news.get(name).is_none_or(|new| kept.get(name) == Some(new));
    is_length && is_like(&ETAG) && is_like(&LAST_MODIFIED)
}

/// Whether a request depends on what its sender has.
pub(super) fn is_conditional(request: &HeaderMap) -> bool {
    CONDITIONS.iter().any(|name| request.contains_key(name))
}

/// What makes a request depend on what its sender has; a request of our own has none of them.
pub(super) static CONDITIONS: [HeaderName; 6] = [
    http::header::IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_RANGE,
    http::header::IF_UNMODIFIED_SINCE,
    http::header::RANGE,
];

const SECOND: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "Tue, 15 Nov 1994 08:00:00 GMT";
    const NEW: &str = "Tue, 15 Nov 1994 09:00:00 GMT";

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let lines = lines.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        lines.collect()
    }

    fn known(
        asked: &[(&'static str, &'static str)],
        kept: &[(&'static str, &'static str)],
    ) -> bool {
        is_known(&headers(asked), &headers(kept))
    }

    #[test]
    fn tags_are_compared_weakly() {
        for tag in ["\"a\"", "W/\"a\"", "\"x\", W/\"a\"", "\"x,y\",\"a\"", "*"] {
            assert!(
                known(&[("if-none-match", tag)], &[("etag", "W/\"a\"")]),
                "{tag}"
            );
        }
        assert!(!known(&[("if-none-match", "\"b\"")], &[("etag", "\"a\"")]));
        assert!(!known(&[("if-none-match", "\"a\"")], &[]));
    }

    #[test]
    fn date_counts_only_without_tag() {
        let both = [("if-none-match", "\"b\""), ("if-modified-since", NEW)];

        assert!(known(&both[1..], &[("last-modified", OLD)]));
        assert!(known(&both[1..], &[("last-modified", NEW)]));
        assert!(known(&both[1..], &[("date", NEW)]));
        assert!(!known(
            &[("if-modified-since", OLD)],
            &[("last-modified", NEW)]
        ));
        assert!(!known(
            &[("if-modified-since", "now")],
            &[("last-modified", OLD)]
        ));
        assert!(!known(&both, &[("etag", "\"a\""), ("last-modified", OLD)]));
    }

    #[test]
    fn range_is_taken_only_of_what_is_strongly_the_same() {
        let same = |condition, kept: &[_]| {
            is_same_range(&headers(&[("if-range", condition)]), &headers(kept))
        };

        assert!(is_same_range(&HeaderMap::new(), &HeaderMap::new()));
        assert!(same("\"a\"", &[("etag", "\"a\"")]));
        assert!(!same("\"a\"", &[("etag", "W/\"a\"")]));
        assert!(!same("W/\"a\"", &[("etag", "W/\"a\"")]));
        assert!(same(OLD, &[("last-modified", OLD), ("date", NEW)]));
        assert!(!same(OLD, &[("last-modified", OLD), ("date", OLD)]));
        assert!(!same(NEW, &[("last-modified", OLD), ("date", NEW)]));
    }

    #[test]
    fn not_modified_is_about_what_it_names_or_else_what_was_asked_by() {
        let tagged = headers(&[("etag", "\"a\""), ("last-modified", OLD)]);
        let dated = headers(&[("last-modified", OLD)]);
        let about = |news: &[_], kept, is_asked_by| confirms(&headers(news), kept, is_asked_by);

        assert!(about(&[("etag", "\"a\"")], &tagged, false));
        assert!(!about(&[("etag", "\"b\"")], &tagged, true));
        assert!(about(&[("etag", "W/\"a\"")], &tagged, true));
        assert!(!about(&[("etag", "W/\"a\"")], &tagged, false));
        assert!(about(&[], &tagged, true) && !about(&[], &tagged, false));
        assert!(about(&[("last-modified", OLD)], &dated, true));
        assert!(!about(&[("last-modified", NEW)], &dated, true));
    }

    #[test]
    fn our_question_replaces_the_callers_conditions() {
        let mut request = headers(&[("if-none-match", "\"x\""), ("range", "bytes=0-1")]);

        ask(
            &mut request,
            &headers(&[("etag", "W/\"a\""), ("last-modified", OLD)]),
        );

        let expected = headers(&[("if-none-match", "W/\"a\""), ("if-modified-since", OLD)]);
        assert_eq!(request, expected);
    }
}
