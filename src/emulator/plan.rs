//! What happens to one request, and how that is done to its answer.

use std::future;
use std::io;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::header::{CACHE_CONTROL, DATE, LINK};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use serde_json::json;

use super::answer::{Answer, type_of};
use super::ask::Ask;
use super::clock::Time;
use super::fault::Effect;
use super::limit::{HEADERS, Standing};
use crate::exchange::{Body, BoxError, Response};

/// What the faults make of one request.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// What decides the answer.
    pub(super) main: Option<Effect>,
    /// How long it is not looked at.
    pub(super) delay: Duration,
    /// Seconds by which its clock is off.
    pub(super) skew: i64,
    /// How long ago a read is answered from.
    pub(super) lag: Option<Duration>,
    /// Keeps alive what such a read is answered from.
    pub(super) hold: Option<Arc<()>>,
    no_limits: bool,
    limits_past: bool,
    no_store: bool,
}

impl Plan {
    /// Takes an effect in, unless another has decided the answer already.
    pub(super) fn take(&mut self, effect: &Effect) -> bool {
        if !effect.is_tint() {
            let is_free = self.main.is_none();
            self.main.get_or_insert_with(|| effect.clone());
            return is_free;
        }
        if let Effect::Delay(delay) = effect {
            self.delay = self.delay.saturating_add(*delay);
        }
        if let Effect::ClockSkew(seconds) = effect {
            self.skew = self.skew.saturating_add(*seconds);
        }
        if let Effect::Lag(lag) = effect {
            self.lag = self.lag.max(Some(*lag));
        }
        self.no_limits |= matches!(effect, Effect::NoRateHeaders);
        self.limits_past |= matches!(effect, Effect::RetryAtPast);
        self.no_store |= matches!(effect, Effect::NoStore);
        true
    }

    /// Whether it is a refusal for which no slot is taken.
    pub(super) fn is_limited(&self) -> bool {
        matches!(self.main, Some(Effect::Limited { .. }))
    }

    /// What is answered instead of doing what was asked.
    pub(super) fn instead(&self) -> Option<Answer> {
        let json = "application/json";
        Some(match self.main.as_ref()? {
            Effect::Status { status, code } => {
                let code = if code.is_empty() {
                    type_of(*status)
                } else {
                    code
                };
                Answer::error(*status, code, "A fault of the emulator")
            }
            Effect::Html => Answer::text(StatusCode::OK, "text/html; charset=utf-8", HTML),
            Effect::EmptyOk => Answer::text(StatusCode::OK, json, ""),
            Effect::Garbage => Answer::text(StatusCode::OK, json, "{\"list\": [{\"id\": "),
            Effect::NotAList => Answer::text(StatusCode::OK, json, "{\"list\":null}"),
            Effect::Limited { .. } => Answer::error(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                "Too many API requests were received",
            ),
            Effect::TokenGarbage => {
                let body = json!({ "bearer_token": "", "expires_at": "soon", "team_name": 7 });
                Answer::json(StatusCode::OK, &body)
            }
            Effect::Delay(_)
            | Effect::Reset
            | Effect::ResetAfter
            | Effect::ResetBody
            | Effect::Truncate
            | Effect::WrongLength
            | Effect::Hang
            | Effect::LinkLoop
            | Effect::LinkElsewhere
            | Effect::LinkMalformed
            | Effect::RetryAtPast
            | Effect::NoRateHeaders
            | Effect::SlowBody(_)
            | Effect::ApplyLate(_)
            | Effect::Lag(_)
            | Effect::NoStore
            | Effect::ClockSkew(_) => return None,
        })
    }

    /// Puts on the headers that every answer has, and spoils what is to be spoiled.
    pub(super) fn finish(
        &self,
        answer: &mut Answer,
        ask: &Ask,
        standing: Option<Standing>,
        now: Time,
    ) {
        answer.set(DATE, &now.skewed(self.skew).imf());
        answer.set(VERSION, env!("CARGO_PKG_VERSION"));
        if let Some(standing) = standing {
            self.limits(standing, now).write(answer, self.skew);
        }
        let bare = matches!(
            self.main,
            Some(Effect::Limited {
                with_headers: false
            })
        );
        if self.no_limits || bare {
            for name in HEADERS {
                answer.headers.remove(name);
            }
        }
        if self.no_store {
            let value = HeaderValue::from_static("no-cache, no-store");
            answer.headers.insert(CACHE_CONTROL, value);
        }
        if answer.status == StatusCode::OK {
            self.link(answer, ask);
        }
    }

    /// When another service's limit is said to end, or nothing if that is not to be said.
    pub(super) fn told_reset(&self, reset: Time, now: Time) -> Option<Time> {
        let is_bare = matches!(
            self.main,
            Some(Effect::Limited {
                with_headers: false
            })
        );
        if self.no_limits || is_bare {
            return None;
        }
        if self.limits_past {
            return Some(now.skewed(-60));
        }
        Some(reset.skewed(self.skew))
    }

    /// Makes the response, whose body may come late, in part, or not at all.
    pub(super) fn respond(&self, answer: Answer) -> Response {
        let whole = answer.body;
        let half = whole.slice(..whole.len() / 2);
        let body = match self.main {
            Some(Effect::ResetBody) => cut(half, Some(reset())),
            Some(Effect::Truncate) => cut(half, Some(broken_off())),
            Some(Effect::WrongLength) => cut(half, None),
            Some(Effect::SlowBody(time)) => slow(whole, time),
            _ => Body::from(whole),
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        response
    }

    fn limits(&self, standing: Standing, now: Time) -> Standing {
        if self.limits_past {
            let past = now.skewed(-60);
            return Standing {
                reset: past,
                retry_at: past,
                ..standing
            };
        }
        if self.is_limited() {
            let soon = now.plus(Duration::from_secs(1));
            return Standing {
                remaining: 0,
                retry_at: soon,
                reset: standing.reset.max(soon),
                ..standing
            };
        }
        standing
    }

    fn link(&self, answer: &mut Answer, ask: &Ask) {
        let link = match self.main {
            Some(Effect::LinkLoop) => format!("<{}>; rel=\"next\"", ask.url()),
            Some(Effect::LinkElsewhere) => {
                let url = ask.url_on("https", "elsewhere.invalid");
                format!("<{url}>; rel=\"next\"")
            }
            Some(Effect::LinkMalformed) => "<http://[::not a url; rel=next".to_owned(),
            _ => return,
        };
        answer.set(LINK, &link);
    }
}

/// The error of a connection that a fault resets.
pub(super) fn reset() -> BoxError {
    let kind = io::ErrorKind::ConnectionReset;
    io::Error::new(kind, "reset by a fault of the emulator").into()
}

/// Whether an error, or what caused it, is a connection that was reset.
pub(super) fn is_reset(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = iter::successors(Some(error), |error| error.source());
    causes.any(|cause| {
        let cause = cause.downcast_ref::<io::Error>();
        cause.is_some_and(|cause| cause.kind() == io::ErrorKind::ConnectionReset)
    })
}

/// The error of a body that a fault ends early.
fn broken_off() -> BoxError {
    let kind = io::ErrorKind::UnexpectedEof;
    io::Error::new(kind, "cut by a fault of the emulator").into()
}

/// A body that ends early, in an error or as if it were whole.
fn cut(half: Bytes, end: Option<BoxError>) -> Body {
    let start = stream::iter([Ok(Frame::data(half))]);
    // What is given at once may be thrown away at once: a connection is to send the half first.
    let end = stream::once(async move {
        tokio::task::yield_now().await;
        end
    });
    let end = end.filter_map(|end| future::ready(end.map(Err)));
    Body::stream(StreamBody::new(start.chain(end)))
}

fn slow(whole: Bytes, time: Duration) -> Body {
    let pause = time / PIECES;
    let size = whole.len().div_ceil(8).max(1);
    let rest = stream::unfold(whole, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let piece = rest.split_to(size.min(rest.len()));
        Some((Ok::<_, BoxError>(Frame::data(piece)), rest))
    });
    Body::stream(StreamBody::new(rest))
}

/// Pieces of a slow body.
const PIECES: u32 = 8;

/// Tells the emulator from the real one.
const VERSION: HeaderName = HeaderName::from_static("x-opagate-emulator");

const HTML: &str = "<!doctype html><title>Sign in</title><p>Please sign in to the network.</p>\n";
