//! One answer, as it was fetched.

use bytes::Bytes;
use http::header::{
    AGE, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, DATE, ETAG, HeaderMap,
    HeaderName, TRANSFER_ENCODING,
};
use http::{HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use crate::coding::{GZIP, gzip_tag};
use crate::exchange::{Body, Response};

/// A whole answer of the upstream, ready to be given to everybody who waits for it.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Its status.
    pub status: StatusCode,
    /// Its headers, without those of one connection or one moment.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// How many upstream calls it took.
    pub pages: u32,
}

impl Fetched {
    /// Takes a response whose body is whole; `None` if it still arrives.
    pub fn take(response: Response, pages: u32) -> Option<Self> {
        let body = response.body().whole()?;
        let (head, _) = response.into_parts();
        let mut headers = head.headers;
        // A refusal is about a moment: when to come back is what it is read for.
        let is_refusal = head.status == StatusCode::TOO_MANY_REQUESTS;
        for name in MOMENTARY.into_iter().filter(|_| !is_refusal) {
            headers.remove(name);
        }
        copy_values(&mut headers);
        // Merged lists have no tag of the upstream's, and what has none gets ours.
        let is_tagged = headers.contains_key(ETAG);
        if head.status == StatusCode::OK && (pages > 1 || !is_tagged) {
            headers.insert(ETAG, tag(&body));
        }
        Some(Self {
            status: head.status,
            headers,
            body,
            pages: pages.max(1),
        })
    }

    /// Whether there may be a form of it in another coding (RFC 9110 §7.7, §8.8.3).
    pub(super) fn may_be_coded(&self) -> bool {
        let cache_control = self.headers.get_all(CACHE_CONTROL).iter();
        let mut said = cache_control.filter_map(|line| line.to_str().ok());
        !self.headers.contains_key(CONTENT_ENCODING)
            && !said.any(|line| line.to_ascii_lowercase().contains("no-transform"))
            && self
                .headers
                .get(ETAG)
                .is_none_or(|tag| gzip_tag(tag).is_some())
    }

    /// The response for one of those who wait.
    pub fn to_response(&self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }
}

/// What the headers of a plain answer are for its gzip form.
pub(crate) fn dress_as_gzip(headers: &mut HeaderMap) {
    headers.insert(CONTENT_ENCODING, GZIP);
    if let Some(tag) = headers.remove(ETAG)
        && let Some(tag) = gzip_tag(&tag)
    {
        headers.insert(ETAG, tag);
    }
}

/// Below this gzip saves nothing that a packet would not hold anyway.
pub(super) const SMALLEST_CODED: usize = 1024;

/// Lets values stand on their own: as read, each is a part of the connection's whole buffer, which
/// it would keep in memory.
fn copy_values(headers: &mut HeaderMap) {
    for value in headers.values_mut() {
        if let Ok(copy) = HeaderValue::from_bytes(value.as_bytes()) {
            *value = copy;
        }
    }
}

/// A strong validator (RFC 9110 §8.8.3): the first 16 bytes of the body's SHA-256.
fn tag(body: &[u8]) -> HeaderValue {
    let hash = hex::encode(Sha256::digest(body));
    let short = hash.get(..32).unwrap_or_default();
    HeaderValue::from_str(&format!("\"{short}\"")).expect("hex stands in a header")
}

/// What is true of one connection or one moment only: a past `Retry-At` would send clients to sleep.
const MOMENTARY: [HeaderName; 9] = [
    AGE,
    CONNECTION,
    CONTENT_LENGTH,
    DATE,
    TRANSFER_ENCODING,
    HeaderName::from_static("x-ratelimit-limit"),
    HeaderName::from_static("x-ratelimit-remaining"),
    HeaderName::from_static("x-ratelimit-reset"),
    HeaderName::from_static("x-ratelimit-retry-at"),
];
