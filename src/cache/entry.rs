//! One answer, as it was fetched and as it is kept.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    AGE, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, DATE, ETAG, HeaderMap,
    HeaderName, TRANSFER_ENCODING,
};
use http::{HeaderValue, StatusCode};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::claim::Turn;
use super::held::Place;
use super::{Freshness, Slots, Stamp};
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
    fn may_be_coded(&self) -> bool {
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
const SMALLEST_CODED: usize = 1024;

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

/// An answer that is kept.
#[derive(Debug)]
pub struct Entry {
    fetched: Fetched,
    /// What it stands on.
    pub(super) slots: Slots,
    /// The generations of these when it was let go.
    pub(super) sum: u64,
    stored: Instant,
    pub(super) freshness: Freshness,
    pub(super) turn: Turn,
    /// What it counts against.
    pub(super) place: Place,
    gzip: Option<Bytes>,
    /// Whether the gzip form is being made, or was tried.
    is_gzip_claimed: AtomicBool,
}

impl Entry {
    pub(super) fn new(
        fetched: &Fetched,
        slots: Slots,
        stamp: &Stamp,
        freshness: Freshness,
    ) -> Self {
        let fetched = fetched.clone();
        Self {
            fetched,
            slots,
            sum: stamp.sum,
            // What it says was so when it was asked for, not when its last page came.
            stored: stamp.at,
            freshness,
            turn: Turn::default(),
            place: Place::default(),
            gzip: None,
            is_gzip_claimed: AtomicBool::new(false),
        }
    }

    /// The same, counting against `place`.
    pub(super) fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// Whether it says that there is nothing.
    pub(super) fn is_absent(&self) -> bool {
        self.fetched.status == StatusCode::NOT_FOUND
    }

    /// The same with its gzip form; whoever fetches it anew fetches both.
    pub(super) fn with_gzip(&self, gzip: Bytes) -> Self {
        Self {
            fetched: self.fetched.clone(),
            slots: self.slots.clone(),
            turn: self.turn.clone(),
            gzip: Some(gzip),
            is_gzip_claimed: AtomicBool::new(true),
            ..*self
        }
    }

    /// Whether whoever asks is to make the gzip form: the first who does, if one is worth it.
    pub(super) fn claim_gzip(&self) -> bool {
        !self.is_gzip_claimed.load(Ordering::Relaxed)
            && !self.is_gzip_claimed.swap(true, Ordering::Relaxed)
            && self.fetched.body.len() >= SMALLEST_CODED
            && self.fetched.may_be_coded()
    }

    /// Lets another make the gzip form.
    pub(super) fn give_back_gzip(&self) {
        self.is_gzip_claimed.store(false, Ordering::Relaxed);
    }

    /// Whether a whole response says the same.
    pub fn says(&self, response: &Response) -> bool {
        let body = response.body().whole();
        response.status() == self.fetched.status && body.as_ref() == Some(&self.fetched.body)
    }

    /// Whether `other` is this answer, with the gzip form or without.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.turn.is(&other.turn)
    }

    /// Whether its gzip form is there, being made, or not to be had.
    pub fn is_gzip_settled(&self) -> bool {
        self.is_gzip_claimed.load(Ordering::Relaxed)
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.fetched.status
    }

    /// Its body, as gzip if that is taken and there.
    pub fn form(&self, takes_gzip: bool) -> &Bytes {
        let gzip = self.gzip.as_ref().filter(|_| takes_gzip);
        gzip.unwrap_or(&self.fetched.body)
    }

    /// Its plain body.
    pub(super) fn body(&self) -> &Bytes {
        &self.fetched.body
    }

    /// How old it is.
    pub fn age(&self) -> Duration {
        super::now().saturating_duration_since(self.stored)
    }

    /// How long it is still fresh at that age; zero if it is not.
    pub fn left(&self, age: Duration) -> Duration {
        self.freshness.fresh_for.saturating_sub(age)
    }

    /// For how long it has not been fresh at that age; zero if it is.
    pub(super) fn over(&self, age: Duration) -> Duration {
        age.saturating_sub(self.freshness.fresh_for)
    }

    /// How long it is still fresh, in whole seconds; below zero, rounded down, if it was so long ago
    /// (RFC 9211 §2.6).
    pub fn ttl(&self, age: Duration) -> i64 {
        let over = self.over(age);
        let past = over.as_secs() + u64::from(over.subsec_nanos() > 0);
        let left = i64::try_from(self.left(age).as_secs()).unwrap_or(i64::MAX);
        i64::try_from(past).map_or(i64::MIN, |past| left - past)
    }

    /// Whether it may be given at that age while it is fetched anew.
    pub(super) fn is_usable_meanwhile(&self, age: Duration) -> bool {
        age < self.freshness.fresh_for + self.freshness.stale_for
    }

    /// Whether it may be given at that age while the upstream fails.
    pub(super) fn is_usable_in_need(&self, age: Duration) -> bool {
        age < self.freshness.fresh_for + self.freshness.stale_if_error
    }

    /// How many upstream calls it took to fetch.
    pub fn pages(&self) -> u32 {
        self.fetched.pages
    }

    /// Its headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.fetched.headers
    }

    /// The response, with `Age` (RFC 9111 §5.1); as gzip if that is taken and there.
    pub fn to_response(&self, age: Duration, takes_gzip: bool) -> Response {
        let mut response = self.fetched.to_response();
        if let Some(gzip) = self.gzip.as_ref().filter(|_| takes_gzip) {
            dress_as_gzip(response.headers_mut());
            *response.body_mut() = Body::from(gzip.clone());
        }
        response
            .headers_mut()
            .insert(AGE, HeaderValue::from(age.as_secs()));
        response
    }

    /// What it takes in memory under `key`, about, in bytes.
    pub(super) fn weight(&self, key: &[u8]) -> u64 {
        let headers = self
            .fetched
            .headers
            .values()
            .map(|value| value.len() + PER_HEADER);
        let gzip = self.gzip.as_ref().map_or(0, Bytes::len);
        let bodies = self.fetched.body.len() + gzip;
        let weight = key.len() + bodies + headers.sum::<usize>() + PER_ENTRY;
        u64::try_from(weight).unwrap_or(u64::MAX)
    }
}

/// A header's name and place in the map, about.
const PER_HEADER: usize = 96;

/// The entry itself and moka's own bookkeeping, about.
const PER_ENTRY: usize = 512;
