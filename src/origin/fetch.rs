//! One question to the origin, and what becomes of its answer: kept, put right what is kept, or only
//! passed on.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::HeaderMap;
use http::{Method, StatusCode, response};
use http_body::Body as _;
use tokio::time::Instant;

use super::answer::of_kept;
use super::body::{Read, read};
use super::flow::Answered;
use super::judged::judge;
use super::question::Question;
use super::store::Kept;
use super::vary::Selected;
use super::{Origins, age, fields, validators};
use crate::cache::{Slots, Stamp};
use crate::error::Error;
use crate::exchange::{Body, Response};
use crate::upstream::resumed;

/// When an answer arrived, and what it stands on.
#[derive(Debug)]
pub(super) struct Arrival {
    /// By the clock that headers speak of.
    pub(super) received: SystemTime,
    pub(super) at: Instant,
    /// Since it was asked for.
    pub(super) delay: Duration,
    pub(super) slots: Slots,
    pub(super) stamp: Stamp,
}

impl Origins {
    /// Sends `question` with these headers.
    pub(super) async fn send(
        &self,
        question: &Question,
        headers: HeaderMap,
    ) -> (Result<Response, Error>, Arrival) {
        let generations = self.store.generations();
        let slots = question.slots(generations);
        let stamp = generations.stamp(&slots);
        let sent = Instant::now();
        let result = self.exchange(question, headers).await;
        let delay = sent.elapsed();
        let status = result.as_ref().ok().map(|answer| answer.status().as_u16());
        question.trail.attempted(delay, status);
        let arrival = Arrival {
            received: SystemTime::now(),
            at: Instant::now(),
            delay,
            slots,
            stamp,
        };
        let result = result.map(|mut answer| {
            fields::strip(answer.headers_mut());
            age::complete(answer.headers_mut(), arrival.received);
            answer
        });
        (result, arrival)
    }

    async fn exchange(&self, question: &Question, headers: HeaderMap) -> Result<Response, Error> {
        let upstream = &question.mapping.upstream;
        let mut message = http::Request::new(question.body.clone());
        *message.method_mut() = question.method.clone();
        *message.uri_mut() = upstream.uri(&question.key.target)?;
        *message.headers_mut() = headers;
        upstream.open(message).await
    }

    /// Asks the origin, by what is kept if that can be asked by.
    pub(super) async fn fetch(
        &self,
        question: &Question,
        kept: Option<Arc<Kept>>,
    ) -> Result<Answered, Error> {
        let by = kept.as_ref().filter(|kept| {
            let is_ours = question.method == Method::GET && !question.is_conditional_write();
            is_ours && validators::can_be_asked(&kept.headers)
        });
        let mut headers = question.headers.clone();
        if let Some(by) = by {
            validators::ask(&mut headers, &by.headers);
        }
        let (result, arrival) = self.send(question, headers).await;
        let failed = result
            .as_ref()
            .map_or(true, |answer| is_failure(answer.status()));
        if failed && let Some(kept) = self.in_need(question, kept.as_ref()) {
            return Ok(Answered::InNeed(kept));
        }
        let answer = result?;
        if answer.status() == StatusCode::NOT_MODIFIED
            && let Some(by) = by
        {
            if let Some(fresh) = self.freshen(question, by, answer.headers(), &arrival) {
                let age = fresh.age();
                let mut response = of_kept(&fresh, age, &question.method, &question.headers);
                fields::add_own(response.headers_mut(), answer.headers());
                return Ok(Answered::Anew(response));
            }
            // It speaks of something that is not kept: asked again, whole.
            let (result, arrival) = self.send(question, question.whole()).await;
            return self.take(question, kept.as_ref(), result?, &arrival).await;
        }
        self.take(question, kept.as_ref(), answer, &arrival).await
    }

    /// What may stand in for a failure now.
    fn in_need(&self, question: &Question, kept: Option<&Arc<Kept>>) -> Option<Arc<Kept>> {
        let kept = kept.filter(|kept| kept.lifetime.stands_in(kept.age(), question.wanted))?;
        // A change meanwhile may have touched it.
        let sum = self.store.generations().sum(&kept.slots);
        (sum == kept.sum).then(|| Arc::clone(kept))
    }

    /// Puts right what a 304 confirms (RFC 9111 §4.3.4): `by`, and every other that it names.
    fn freshen(
        &self,
        question: &Question,
        by: &Arc<Kept>,
        news: &HeaderMap,
        arrival: &Arrival,
    ) -> Option<Arc<Kept>> {
        let mut newest = None;
        let mut all = self.store.all(&question.key, &question.headers);
        if !all.iter().any(|kept| Arc::ptr_eq(kept, by)) {
            all.push(Arc::clone(by));
        }
        for kept in all {
            let is_by = Arc::ptr_eq(&kept, by);
            if !validators::confirms(news, &kept.headers, is_by) {
                continue;
            }
            let fresh = updated(question, &kept, news, arrival);
            let is_kept =
                self.store
                    .replace(&question.key, &kept, fresh.1.then(|| Arc::clone(&fresh.0)));
            if is_kept {
                question.trail.was_stored();
            }
            if is_by || newest.is_none() {
                newest = Some(fresh.0);
            }
        }
        newest
    }

    /// Keeps an answer if it may be kept, and passes it on.
    async fn take(
        &self,
        question: &Question,
        old: Option<&Arc<Kept>>,
        answer: Response,
        arrival: &Arrival,
    ) -> Result<Answered, Error> {
        let (head, body) = answer.into_parts();
        if question.method == Method::HEAD {
            self.compare(question, old, &head, arrival);
            return Ok(Answered::Anew(Response::from_parts(head, Body::empty())));
        }
        let judged = judge(question, head.status, &head.headers, arrival);
        let selected = Selected::by(&head.headers, &question.headers);
        let pause = question.mapping.config.upstream.limits.timeout;
        let limit = self.store.longest().filter(|_| judged.may_keep);
        let (Some(limit), Some(selected)) = (limit, selected) else {
            self.contradict(question, old, head.status);
            let body = if body.is_end_stream() {
                Body::empty()
            } else {
                resumed(Bytes::new(), body, pause)
            };
            return Ok(Answered::Anew(Response::from_parts(head, body)));
        };
        match read(body, limit, pause).await {
            Ok(Read::Whole(body)) => {
                let kept = judged.into_kept(head.status, selected, body.clone(), arrival);
                self.keep(question, old, kept);
                Ok(Answered::Anew(given(question, head, body)))
            }
            Ok(Read::Longer(body)) => {
                self.contradict(question, old, head.status);
                Ok(Answered::Anew(Response::from_parts(head, body)))
            }
            Err(error) => {
                let kept = self.in_need(question, old);
                kept.map(Answered::InNeed).ok_or(error)
            }
        }
    }

    fn keep(&self, question: &Question, old: Option<&Arc<Kept>>, kept: Kept) {
        // It may differ in what selects it, or seem newer by the clock of the origin.
        if let Some(old) = old {
            self.store.replace(&question.key, old, None);
        }
        if self.store.put(&question.key, Arc::new(kept)) {
            question.trail.was_stored();
        }
    }

    /// Drops what is no longer what the origin answers, though that may not be kept.
    fn contradict(&self, question: &Question, old: Option<&Arc<Kept>>, status: StatusCode) {
        let says_nothing = is_failure(status) || NEWS_OF_OTHERS.contains(&status);
        if let Some(old) = old.filter(|_| !says_nothing) {
            self.store.replace(&question.key, old, None);
        }
    }

    /// Compares an answer to `HEAD` with what is kept (RFC 9111 §4.3.5): it puts that right or shows
    /// that it is no longer true.
    fn compare(
        &self,
        question: &Question,
        old: Option<&Arc<Kept>>,
        head: &response::Parts,
        arrival: &Arrival,
    ) {
        let Some(old) = old.filter(|old| old.status == head.status) else {
            return self.contradict(question, old, head.status);
        };
        let is_same = validators::is_same(&head.headers, &old.headers, old.body.len());
        let fresh = is_same.then(|| updated(question, old, &head.headers, arrival));
        let fresh = fresh.and_then(|(fresh, may_keep)| may_keep.then_some(fresh));
        self.store.replace(&question.key, old, fresh);
    }
}

/// What a whole answer is given as: to a caller whose own conditions were not passed on they are
/// applied here.
fn given(question: &Question, head: response::Parts, body: Bytes) -> Response {
    let is_known =
        head.status == StatusCode::OK && validators::is_known(&question.headers, &head.headers);
    let mut response = Response::from_parts(head, Body::from(body));
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(http::header::CONTENT_LENGTH);
    }
    response
}

/// `kept` as `news` say it is now, and whether that may still be kept.
fn updated(
    question: &Question,
    kept: &Kept,
    news: &HeaderMap,
    arrival: &Arrival,
) -> (Arc<Kept>, bool) {
    let headers = fields::update(&kept.headers, news);
    let judged = judge(question, kept.status, &headers, arrival);
    let selected = Selected::by(&headers, &question.headers);
    let is_kept = judged.may_keep && selected.is_some();
    let fresh = judged.into_kept(
        kept.status,
        selected.unwrap_or_default(),
        kept.body.clone(),
        arrival,
    );
    (Arc::new(fresh), is_kept)
}

/// RFC 5861 §4.
fn is_failure(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504)
}

/// What says nothing about the answer to a plain `GET`.
const NEWS_OF_OTHERS: [StatusCode; 5] = [
    StatusCode::PARTIAL_CONTENT,
    StatusCode::NOT_MODIFIED,
    StatusCode::PRECONDITION_FAILED,
    StatusCode::RANGE_NOT_SATISFIABLE,
    StatusCode::TOO_MANY_REQUESTS,
];
