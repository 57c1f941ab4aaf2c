//! An answer made of what is kept: whole, a part, only its head, or that nothing has changed.

use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, AGE, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, DATE, ETAG,
    EXPIRES, HeaderMap, LAST_MODIFIED, VARY,
};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::range::{self, Part};
use super::store::Kept;
use super::validators;
use crate::exchange::{Body, Response};

/// What a caller gets that asks by `method` with these headers, of what is kept and of this age.
pub(super) fn of_kept(kept: &Kept, age: Duration, method: &Method, asked: &HeaderMap) -> Response {
    let mut response = if kept.status != StatusCode::OK {
        // Conditions and ranges are about a success (RFC 9110 §13.2.1, §14.2).
        whole(kept)
    } else if validators::is_known(asked, &kept.headers) {
        not_modified(kept)
    } else if method == Method::GET && validators::is_same_range(asked, &kept.headers) {
        part(kept, asked)
    } else {
        whole(kept)
    };
    if method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    response
        .headers_mut()
        .insert(AGE, HeaderValue::from(age.as_secs()));
    response
}

fn whole(kept: &Kept) -> Response {
    let mut response = with_headers(kept.status, kept.headers.clone(), kept.body.clone());
    if kept.status != StatusCode::NO_CONTENT {
        let length = HeaderValue::from(kept.body.len());
        response.headers_mut().insert(CONTENT_LENGTH, length);
    }
    response
}

/// What updates the caller's own copy, and nothing about a body (RFC 9110 §15.4.5).
fn not_modified(kept: &Kept) -> Response {
    let mut headers = HeaderMap::new();
    let has_tag = kept.headers.contains_key(ETAG);
    let names = OF_NOT_MODIFIED
        .iter()
        .filter(|name| !(has_tag && *name == LAST_MODIFIED));
    for name in names {
        for value in kept.headers.get_all(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    with_headers(StatusCode::NOT_MODIFIED, headers, Bytes::new())
}

fn part(kept: &Kept, asked: &HeaderMap) -> Response {
    let length = kept.body.len();
    match range::part(asked, length) {
        Part::Whole => whole(kept),
        Part::Bytes(bytes) => {
            let mut headers = kept.headers.clone();
            if let Some(range) = range::content_range(&bytes, length) {
                headers.insert(CONTENT_RANGE, range);
            }
            headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            with_headers(StatusCode::PARTIAL_CONTENT, headers, kept.body.slice(bytes))
        }
        Part::Nothing => {
            let mut headers = HeaderMap::new();
            let range = range::unsatisfied(length).map(|range| (CONTENT_RANGE, range));
            let date = kept.headers.get(DATE).map(|date| (DATE, date.clone()));
            let bytes = HeaderValue::from_static("bytes");
            headers.extend(
                range
                    .into_iter()
                    .chain(date)
                    .chain([(ACCEPT_RANGES, bytes)]),
            );
            with_headers(StatusCode::RANGE_NOT_SATISFIABLE, headers, Bytes::new())
        }
    }
}

fn with_headers(status: StatusCode, headers: HeaderMap, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

static OF_NOT_MODIFIED: [HeaderName; 7] = [
    CACHE_CONTROL,
    CONTENT_LOCATION,
    DATE,
    ETAG,
    EXPIRES,
    LAST_MODIFIED,
    VARY,
];

#[cfg(test)]
mod tests;
