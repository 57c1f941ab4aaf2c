//! Upstreams with a limit, for the tests of the whole concern.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use http::StatusCode;
use http::header::DATE;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};
use tower::service_fn;

use crate::exchange::{Body, Handler, Request, Response};

/// What the upstream's clock shows at the start of a test: not a whole second.
const EPOCH: f64 = 1_700_000_000.37;

/// How the upstream limits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// Slots come back one by one, this many a second.
    Refill(f64),
    /// All slots come back at once, every so many seconds.
    Window(f64),
    /// No more than so many are answered at once, however many slots are left.
    Crowd(u32),
    /// No limit, and no headers.
    None,
}

/// An upstream.
#[derive(Debug)]
pub(super) struct Upstream {
    pub(super) rule: Rule,
    pub(super) limit: u32,
    pub(super) latency: Duration,
    started: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// How far its clock is ahead, in seconds.
    skew: f64,
    level: f64,
    at: f64,
    served: Vec<(Arc<str>, Duration)>,
    refused: Vec<Duration>,
    most: u32,
    now: u32,
}

impl Upstream {
    pub(super) fn new(rule: Rule, limit: u32, latency: Duration) -> Self {
        Self {
            rule,
            limit,
            latency,
            started: Instant::now(),
            inner: Mutex::new(Inner {
                skew: 0.0,
                level: f64::from(limit),
                at: 0.0,
                served: Vec::new(),
                refused: Vec::new(),
                most: 0,
                now: 0,
            }),
        }
    }

    /// The upstream as the end of a stack.
    pub(super) fn handler(self: &Arc<Self>) -> impl Handler + use<> {
        let upstream = Arc::clone(self);
        service_fn(move |request: Request| {
            let upstream = Arc::clone(&upstream);
            async move {
                upstream.enter();
                sleep(upstream.latency / 2).await;
                let response = upstream.answer(&request.target);
                sleep(upstream.latency / 2).await;
                upstream.inner.lock().now -= 1;
                Ok(response)
            }
        })
    }

    /// Its clock is set forward by so many seconds.
    pub(super) fn set_clock(&self, seconds: f64) {
        self.inner.lock().skew += seconds;
    }

    /// Somebody else spends a slot, if there is one.
    pub(super) fn spend(&self) {
        let now = self.settle();
        let mut inner = self.inner.lock();
        if inner.level >= 1.0 - 1e-9 {
            inner.level -= 1.0;
        }
        inner.at = now;
    }

    /// Targets that were served, and when.
    pub(super) fn served(&self) -> Vec<(Arc<str>, Duration)> {
        self.inner.lock().served.clone()
    }

    /// When requests were refused.
    pub(super) fn refused(&self) -> Vec<Duration> {
        self.inner.lock().refused.clone()
    }

    /// The most that were under way at once.
    pub(super) fn most_at_once(&self) -> u32 {
        self.inner.lock().most
    }

    fn enter(&self) {
        let mut inner = self.inner.lock();
        inner.now += 1;
        inner.most = inner.most.max(inner.now);
    }

    fn settle(&self) -> f64 {
        let now = self.started.elapsed().as_secs_f64();
        let mut inner = self.inner.lock();
        let limit = f64::from(self.limit);
        inner.level = match self.rule {
            Rule::Refill(rate) => (inner.level + (now - inner.at) * rate).min(limit),
            Rule::Window(length) if (now / length).floor() > (inner.at / length).floor() => limit,
            Rule::Window(_) => inner.level,
            Rule::Crowd(_) | Rule::None => limit,
        };
        inner.at = now;
        now
    }

    fn answer(&self, target: &Arc<str>) -> Response {
        let now = self.settle();
        let mut inner = self.inner.lock();
        let mut response = Response::new(Body::empty());
        let is_crowded = matches!(self.rule, Rule::Crowd(most) if inner.now > most);
        if inner.level >= 1.0 - 1e-9 && !is_crowded {
            inner.level -= 1.0;
            inner
                .served
                .push((Arc::clone(target), self.started.elapsed()));
        } else {
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            inner.refused.push(self.started.elapsed());
        }
        let (level, skew) = (inner.level.max(0.0), inner.skew);
        drop(inner);
        self.tell(&mut response, level, skew, now);
        response
    }

    fn tell(&self, response: &mut Response, level: f64, skew: f64, now: f64) {
        let (reset, retry_at) = match self.rule {
            Rule::None => return,
            Rule::Crowd(_) => (now, now),
            Rule::Window(length) => {
                let end = ((now / length).floor() + 1.0) * length;
                (end, end)
            }
            Rule::Refill(rate) => {
                let reset = now + (f64::from(self.limit) - level) / rate;
                (reset, now + (1.0 - level).max(0.0) / rate)
            }
        };
        let theirs = |time: f64| EPOCH + skew + time;
        let date = UNIX_EPOCH + Duration::from_secs_f64(theirs(now).floor());
        let headers = response.headers_mut();
        headers.insert(DATE, httpdate::fmt_http_date(date).parse().unwrap());
        let mut set = |name: &'static str, value: f64| {
            headers.insert(name, format!("{value:.0}").parse().unwrap());
        };
        set("x-ratelimit-limit", f64::from(self.limit));
        set("x-ratelimit-remaining", (level + 1e-9).floor());
        set("x-ratelimit-reset", theirs(reset).ceil());
        set("x-ratelimit-retry-at", theirs(retry_at).ceil());
    }
}
