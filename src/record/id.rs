//! What each request is called.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The id of a request: the caller's own, or a new one. Cheap to clone.
#[derive(Clone, Eq, PartialEq)]
pub struct Id(HeaderValue);

impl Id {
    /// The caller's own id if it sent one that looks like an id, else a new one, at this time since 1970.
    pub fn of(headers: &HeaderMap, now: Duration) -> Self {
        // A look at each costs less than to find it by its hash.
        let mut headers = headers.iter();
        match headers.find(|(name, _)| **name == REQUEST_ID) {
            Some((_, own)) if is_id(own.as_bytes()) => Self::copy(own.as_bytes()),
            Some(_) | None => Self::new(now),
        }
    }

    /// A UUID v7, so that ids sort by time.
    fn new(now: Duration) -> Self {
        let millis = now.as_secs().saturating_mul(1000) + u64::from(now.subsec_millis());
        // An id is no secret: random numbers that are merely cheap will do.
        let random = fastrand::u128(..).to_le_bytes();
        let random = random.first_chunk().unwrap_or(&[0; 10]);
        let id = uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid();
        let mut text = uuid::Uuid::encode_buffer();
        Self::copy(id.hyphenated().encode_lower(&mut text).as_bytes())
    }

    /// A copy, for as it came it is a part of the connection's whole buffer.
    fn copy(text: &[u8]) -> Self {
        Self(HeaderValue::from_bytes(text).unwrap_or_else(|_| HeaderValue::from_static("")))
    }

    /// As it stands in a header.
    pub fn to_header(&self) -> HeaderValue {
        self.0.clone()
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The same as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Whether `text` looks like an id.
fn is_id(text: &[u8]) -> bool {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:".contains(b);
    (SHORTEST..=LONGEST).contains(&text.len()) && text.iter().all(is_plain)
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// In which header it stands, both ways.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Shorter ones tell nothing apart.
const SHORTEST: usize = 8;
/// Twice what a UUID takes.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &'static str) -> String {
        let id = HeaderValue::from_static(text);
        let headers = [(REQUEST_ID, id)].into_iter().collect();
        Id::of(&headers, Duration::ZERO).as_str().to_owned()
    }

    #[test]
    fn callers_own_id_is_taken_if_it_looks_like_one() {
        const LONG: &str = "0123456789012345678901234567890123456789012345678901234567890123";

        for own in ["build-17", "a.b:c_d-e", LONG] {
            assert_eq!(of(own), own);
        }
        for other in ["short", "has space", "semi;colon", "0123456789\t"] {
            assert_eq!(of(other).len(), 36, "{other}");
        }
        let new = || Id::of(&HeaderMap::new(), Duration::ZERO);
        let (one, other) = (new(), new());
        assert_ne!(one, other);
    }
}
