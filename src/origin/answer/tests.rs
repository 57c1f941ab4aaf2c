use std::time::SystemTime;

use tokio::time::Instant;

use super::*;
use crate::origin::directives::Said;
use crate::origin::freshness::Lifetime;
use crate::origin::vary::Selected;

fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

fn kept(status: StatusCode) -> Kept {
    let headers = headers(&[
        ("etag", "\"a\""),
        ("date", "Tue, 15 Nov 1994 08:12:31 GMT"),
        ("content-type", "text/plain"),
        ("vary", "accept"),
    ]);
    let made = SystemTime::now();
    Kept {
        status,
        selected: Selected::default(),
        lifetime: Lifetime::of(status, &Said::default(), &headers, made, false),
        headers,
        body: Bytes::from_static(b"0123456789"),
        made,
        arrival_age: Duration::ZERO,
        at: Instant::now(),
        slots: crate::cache::Slots::default(),
        sum: 0,
    }
}

fn answered(
    status: u16,
    method: &Method,
    asked: &[(&'static str, &'static str)],
) -> (u16, Bytes, HeaderMap) {
    let kept = kept(StatusCode::from_u16(status).unwrap());
    let response = of_kept(&kept, Duration::from_millis(3999), method, &headers(asked));
    let body = response.body().whole().unwrap();
    (response.status().as_u16(), body, response.headers().clone())
}

#[test]
fn whole_answer_tells_its_age_and_length() {
    let (status, body, headers) = answered(200, &Method::GET, &[]);

    assert_eq!((status, &*body), (200, &b"0123456789"[..]));
    assert_eq!(headers[AGE], "3");
    assert_eq!(headers[CONTENT_LENGTH], "10");
}

#[test]
fn head_is_answered_without_body_and_with_its_length() {
    let (status, body, headers) = answered(200, &Method::HEAD, &[("range", "bytes=0-1")]);

    assert_eq!(
        (status, body.len(), &headers[CONTENT_LENGTH]),
        (200, 0, &HeaderValue::from(10))
    );
}

#[test]
fn caller_who_has_it_gets_nothing_about_a_body() {
    let (status, body, headers) = answered(200, &Method::GET, &[("if-none-match", "\"a\"")]);

    assert_eq!((status, body.len()), (304, 0));
    let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["age", "date", "etag", "vary"]);
}

#[test]
fn part_says_which_it_is() {
    let (status, body, headers) = answered(200, &Method::GET, &[("range", "bytes=2-4")]);

    assert_eq!((status, &*body), (206, &b"234"[..]));
    assert_eq!(headers[CONTENT_RANGE], "bytes 2-4/10");
    assert_eq!(headers[CONTENT_LENGTH], "3");
    let (status, body, headers) = answered(200, &Method::GET, &[("range", "bytes=10-")]);
    assert_eq!((status, body.len()), (416, 0));
    assert_eq!(headers[CONTENT_RANGE], "bytes */10");
}

#[test]
fn whole_is_given_where_the_range_is_of_another_version() {
    let asked = [("range", "bytes=2-4"), ("if-range", "\"b\"")];

    assert_eq!(answered(200, &Method::GET, &asked).0, 200);
}

#[test]
fn conditions_and_ranges_are_about_a_success() {
    let asked = [("if-none-match", "\"a\""), ("range", "bytes=2-4")];

    assert_eq!(answered(404, &Method::GET, &asked).0, 404);
}
