//! The upstream: the emulator's limiter, some time away.

use std::time::{Duration, UNIX_EPOCH};

use fastrand::Rng;
use http::header::DATE;
use http::{HeaderMap, HeaderValue, StatusCode};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

use crate::emulator::{Meter, Slot};
use crate::exchange::{Body, Response};
use crate::simulate::outside::Outside;
use crate::simulate::scenario::{EPOCH, Limit};

/// The upstream.
#[derive(Debug)]
pub(super) struct Upstream {
    limit: Limit,
    started: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    meter: Meter,
    outside: Outside,
    latency: Rng,
    count: Count,
}

/// What it has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    /// All calls.
    pub(super) calls: u64,
    /// Those for which there was a slot.
    pub(super) granted: u64,
    /// Slots that somebody else took.
    pub(super) outside: u64,
}

impl Upstream {
    pub(super) fn new(limit: &Limit, seed: u64) -> Self {
        let inner = Inner {
            meter: limit.meter(),
            outside: Outside::new(limit, seed),
            latency: Rng::with_seed(seed),
            count: Count::default(),
        };
        Self {
            limit: limit.clone(),
            started: Instant::now(),
            inner: Mutex::new(inner),
        }
    }

    /// Answers after a while; what it counts, it counts half-way, whoever still waits then.
    pub(super) async fn ask(&self) -> Response {
        let half = self.latency() / 2;
        sleep(half).await;
        let response = self.answer();
        sleep(half).await;
        response
    }

    /// Time since the start.
    pub(super) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn count(&self) -> Count {
        let inner = self.inner.lock();
        Count {
            outside: u64::from(inner.outside.taken()),
            ..inner.count
        }
    }

    fn latency(&self) -> Duration {
        let share = self.inner.lock().latency.f64();
        let (from, to) = (self.limit.latency_from, self.limit.latency_to);
        from + to.saturating_sub(from).mul_f64(share)
    }

    fn answer(&self) -> Response {
        let now = self.now();
        let mut guard = self.inner.lock();
        let inner = &mut *guard;
        inner.outside.take(&mut inner.meter, now);
        let slot = inner.meter.take(EPOCH + now);
        inner.count.calls += 1;
        inner.count.granted += u64::from(slot.is_taken);
        drop(guard);

        let mut response = Response::new(Body::empty());
        if !slot.is_taken {
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        }
        tell(response.headers_mut(), slot, now, self.limit.skew_seconds);
        response
    }
}

/// Writes the four headers, rounded up to seconds, and `Date`, rounded down.
fn tell(headers: &mut HeaderMap, slot: Slot, now: Duration, skew: i64) {
    let seconds = |time: Duration| time.as_secs() + u64::from(time.subsec_nanos() > 0);
    let skewed = |seconds: u64| seconds.saturating_add_signed(skew);
    let date = UNIX_EPOCH + Duration::from_secs(skewed((EPOCH + now).as_secs()));
    let date = HeaderValue::try_from(httpdate::fmt_http_date(date));
    headers.extend(date.ok().map(|date| (DATE, date)));
    headers.insert("x-ratelimit-limit", slot.limit.into());
    headers.insert("x-ratelimit-remaining", slot.remaining.into());
    headers.insert("x-ratelimit-reset", skewed(seconds(slot.reset)).into());
    headers.insert(RETRY_AT, skewed(seconds(slot.retry_at)).into());
}

/// What the vendor's clients read.
pub(super) const RETRY_AT: &str = "x-ratelimit-retry-at";
