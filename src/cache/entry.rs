//! One answer, as it is kept.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AGE, HeaderMap};
use http::{HeaderValue, StatusCode};
use tokio::time::Instant;

use super::claim::Turn;
use super::fetched::{Fetched, SMALLEST_CODED, dress_as_gzip};
use super::held::Place;
use super::{Freshness, Slots, Stamp};
use crate::exchange::{Body, Response};

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
        self.age_at(super::now())
    }

    /// How old it is at that time.
    pub(super) fn age_at(&self, time: Instant) -> Duration {
        time.saturating_duration_since(self.stored)
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
        // The allocator rounds up: little what is small, what is large by up to a fifth.
        let weight = key.len() + bodies + bodies / 8 + headers.sum::<usize>() + PER_ENTRY;
        u64::try_from(weight).unwrap_or(u64::MAX)
    }
}

/// A header's name and place in the map, and what its value takes besides its bytes, about.
///
/// This and the next are fitted to what `benches/memory.rs` measures.
const PER_HEADER: usize = 208;

/// The entry itself and moka's own bookkeeping, about.
const PER_ENTRY: usize = 832;
