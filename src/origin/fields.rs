//! Which header fields go on, which are kept, and which are put right (RFC 9110 §7.6, RFC 9111 §3.1,
//! §3.2).

use http::header::{
    AGE, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, EXPECT, HOST, HeaderMap,
    HeaderName, MAX_FORWARDS, SET_COOKIE, VIA,
};
use http::{HeaderValue, Version};

use super::directives::Said;
use super::mapping::Callers;
pub(super) use crate::upstream::strip_connection as strip;

/// What of a request goes to the origin: everything, but for the connection's, the name of this host,
/// and a credential that was meant for the gateway.
pub(super) fn to_origin(asked: &HeaderMap, version: Version, callers: Callers) -> HeaderMap {
    let mut headers = asked.clone();
    strip(&mut headers);
    for name in [HOST, EXPECT, CONTENT_LENGTH] {
        headers.remove(name);
    }
    if callers == Callers::Known {
        headers.remove(AUTHORIZATION);
    }
    headers.append(VIA, via(version));
    headers
}

/// RFC 9110 §7.6.3: who forwards a request says so.
fn via(version: Version) -> HeaderValue {
    HeaderValue::from_static(match version {
        Version::HTTP_2 => "2.0 opagate",
        Version::HTTP_10 => "1.0 opagate",
        _ => "1.1 opagate",
    })
}

/// What of an answer's fields may be given to others later.
///
/// `Age` is counted anew, cookies are one caller's, and the fields that `no-cache` and `private` name
/// are given to nobody else.
pub(super) fn to_keep(headers: &HeaderMap, said: &Said) -> HeaderMap {
    let mut kept = headers.clone();
    kept.remove(AGE);
    kept.remove(SET_COOKIE);
    for name in said.no_cache.fields().iter().chain(said.private.fields()) {
        kept.remove(name);
    }
    kept
}

/// What is kept with what a later answer says about it (RFC 9111 §3.2); what describes the body stays,
/// because the body does.
pub(super) fn update(kept: &HeaderMap, news: &HeaderMap) -> HeaderMap {
    let mut updated = kept.clone();
    let is_taken = |name: &&HeaderName| !OF_THE_BODY.contains(name) && **name != SET_COOKIE;
    for name in news.keys().filter(is_taken) {
        updated.remove(name);
        for value in news.get_all(name) {
            updated.append(name.clone(), value.clone());
        }
    }
    updated
}

/// Adds to the answer of the caller whose request was confirmed what only that one may have.
pub(super) fn add_own(answer: &mut HeaderMap, news: &HeaderMap) {
    let missing: Vec<&HeaderName> = news
        .keys()
        .filter(|name| !answer.contains_key(*name) && !OF_THE_BODY.contains(name))
        .collect();
    for name in missing {
        for value in news.get_all(name) {
            answer.append(name.clone(), value.clone());
        }
    }
}

/// What `Max-Forwards` lets a request be (RFC 9110 §7.6.2): passed on with one less, or, at zero, not at
/// all.
pub(super) fn count_forward(headers: &mut HeaderMap) -> bool {
    let said = headers
        .get(MAX_FORWARDS)
        .and_then(|value| value.to_str().ok());
    let Some(left) = said.and_then(|value| value.trim().parse::<u64>().ok()) else {
        return true;
    };
    match left.checked_sub(1) {
        Some(left) => {
            headers.insert(MAX_FORWARDS, HeaderValue::from(left));
            true
        }
        None => false,
    }
}

static OF_THE_BODY: [HeaderName; 3] = [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE];

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn fields_of_the_connection_are_dropped() {
        let mut all = headers(&[
            ("connection", "close, X-One"),
            ("connection", "x-two"),
            ("x-one", "1"),
            ("x-two", "2"),
            ("proxy-authenticate", "Basic"),
            ("keep-alive", "timeout=5"),
            ("x-three", "3"),
        ]);

        strip(&mut all);

        assert_eq!(all, headers(&[("x-three", "3")]));
    }

    #[test]
    fn only_a_credential_for_the_gateway_is_taken_off() {
        let asked = headers(&[
            ("host", "gw"),
            ("authorization", "Bearer x"),
            ("cookie", "a=b"),
        ]);

        let known = to_origin(&asked, Version::HTTP_11, Callers::Known);
        let anyone = to_origin(&asked, Version::HTTP_2, Callers::Anyone);

        assert_eq!(known, headers(&[("cookie", "a=b"), ("via", "1.1 opagate")]));
        assert_eq!(anyone[AUTHORIZATION], "Bearer x");
        assert_eq!(anyone[VIA], "2.0 opagate");
    }

    #[test]
    fn what_is_one_callers_is_not_kept() {
        let all = headers(&[
            (
                "cache-control",
                "private=\"x-a\", no-cache=\"X-B\", max-age=9",
            ),
            ("x-a", "1"),
            ("x-b", "1"),
            ("x-c", "1"),
            ("age", "4"),
            ("set-cookie", "a=b"),
        ]);

        let kept = to_keep(&all, &Said::read(&all));

        let names: Vec<_> = kept.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["cache-control", "x-c"]);
    }

    #[test]
    fn forwards_are_counted_down_to_nothing() {
        let counted = |value| {
            let mut headers = headers(&[("max-forwards", value)]);
            let is_passed = count_forward(&mut headers);
            (
                is_passed,
                headers[MAX_FORWARDS].to_str().unwrap().to_owned(),
            )
        };

        assert_eq!(counted("5"), (true, "4".to_owned()));
        assert_eq!(counted("1"), (true, "0".to_owned()));
        assert_eq!(counted("0"), (false, "0".to_owned()));
        assert_eq!(counted("x"), (true, "x".to_owned()));
    }

    #[test]
    fn caller_whose_request_was_confirmed_gets_what_others_do_not() {
        let mut answer = headers(&[("x-a", "1")]);
        let news = headers(&[
            ("x-a", "2"),
            ("set-cookie", "a"),
            ("set-cookie", "b"),
            ("content-length", "0"),
        ]);

        add_own(&mut answer, &news);

        assert_eq!(
            answer,
            headers(&[("x-a", "1"), ("set-cookie", "a"), ("set-cookie", "b")])
        );
    }

    #[test]
    fn later_answer_changes_all_but_what_describes_the_body() {
        let kept = headers(&[
            ("x-a", "1"),
            ("x-a", "2"),
            ("x-b", "1"),
            ("content-length", "5"),
        ]);
        let news = headers(&[
            ("x-a", "3"),
            ("x-a", "4"),
            ("content-length", "0"),
            ("x-c", "1"),
        ]);

        let updated = update(&kept, &news);

        let expected = [
            ("x-a", "3"),
            ("x-a", "4"),
            ("x-b", "1"),
            ("content-length", "5"),
            ("x-c", "1"),
        ];
        assert_eq!(updated, headers(&expected));
    }
}
