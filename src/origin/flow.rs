//! How a question is answered: from what is kept, by validating that, or by asking the origin.

use std::sync::Arc;

use http::{Method, StatusCode};
use tokio::time::timeout_at;

use super::Origins;
use super::answer::of_kept;
use super::flight::{Flight, Turn};
use super::freshness::Use;
use super::question::Question;
use super::store::{Found, Kept};
use super::{fields, validators};
use crate::error::{Error, Kind};
use crate::exchange::{Body, Response};
use crate::record::{Bypass, Cache, Miss, Stale};

impl Origins {
    /// Answers `question`; `cache` is told what was kept.
    ///
    /// # Errors
    ///
    /// Fails with `NotCached`, `Unreachable`, `UpstreamTimeout` or `DeadlineExceeded`.
    pub(crate) async fn answer(
        &self,
        question: Question,
        cache: &mut Cache,
    ) -> Result<Response, Error> {
        let question = Arc::new(question);
        if !question.is_read() {
            *cache = Cache::Bypass(Bypass::Method);
            return self.pass(question).await;
        }
        if let Some(answer) = self.look(&question, cache) {
            return Ok(answer);
        }
        if question.wanted.only_if_cached {
            return Err(Kind::NotCached.into());
        }
        let mut kept = self.kept(&question);
        let mut flight = None;
        if question.may_share(is_askable(kept.as_ref())) {
            match self.flights.join(&question.key) {
                Turn::Ask(own) => {
                    // Another may just have brought it.
                    if let Some(answer) = self.look(&question, cache) {
                        return Ok(answer);
                    }
                    kept = self.kept(&question);
                    flight = Some(own);
                }
                Turn::Wait(mut other) => {
                    // Its end is what is waited for; nothing is ever sent.
                    drop(timeout_at(question.deadline, other.changed()).await);
                    let missed = *cache;
                    if let Some(answer) = self.look(&question, cache) {
                        *cache = missed;
                        question.trail.was_shared();
                        return Ok(answer);
                    }
                    kept = self.kept(&question);
                }
                Turn::Alone => {}
            }
        }
        match self.ask(&question, kept, flight).await? {
            Answered::Anew(answer) => Ok(answer),
            Answered::InNeed(kept) => {
                *cache = stale(&kept, Stale::Error);
                Ok(give(&question, &kept))
            }
        }
    }

    /// The answer that is kept, if it may be given as it is.
    fn look(&self, question: &Arc<Question>, cache: &mut Cache) -> Option<Response> {
        let (kept, verdict) = match self.store.find(&question.key, &question.headers) {
            Found::Kept(kept) if question.is_conditional_write() => {
                (Some(kept), Use::Validate(Miss::Refused))
            }
            Found::Kept(kept) => {
                let verdict = kept.lifetime.judge(kept.age(), question.wanted);
                (Some(kept), verdict)
            }
            Found::Nothing => (None, Use::Validate(Miss::Absent)),
            Found::Others => (None, Use::Validate(Miss::Vary)),
            Found::Touched => (None, Use::Validate(Miss::Invalidated)),
        };
        *cache = match (verdict, &kept) {
            (Use::Validate(miss), _) => Cache::Miss(miss),
            (Use::Fresh, Some(kept)) => fresh(kept),
            (Use::Stale, Some(kept)) => stale(kept, Stale::Wanted),
            (Use::Refresh, Some(kept)) => stale(kept, Stale::Refresh),
            (Use::Fresh | Use::Stale | Use::Refresh, None) => Cache::Miss(Miss::Absent),
        };
        let kept = kept.filter(|_| !matches!(verdict, Use::Validate(_)))?;
        if verdict == Use::Refresh && !question.wanted.only_if_cached && !question.wanted.no_store {
            self.refresh(question, Arc::clone(&kept));
        }
        Some(give(question, &kept))
    }

    /// What can be validated, or given in need.
    fn kept(&self, question: &Question) -> Option<Arc<Kept>> {
        let found = self.store.find(&question.key, &question.headers);
        found.kept().cloned()
    }

    /// Validates `kept` while nobody waits for it, unless somebody does already.
    fn refresh(&self, question: &Arc<Question>, kept: Arc<Kept>) {
        let Turn::Ask(flight) = self.flights.join(&question.key) else {
            return;
        };
        let question = Question {
            method: Method::GET,
            trail: Arc::default(),
            ..Question::clone(question)
        };
        let question = question.without_conditions();
        let origins = self.clone();
        let refreshing = async move {
            let fetching = origins.fetch(&question, Some(kept));
            drop(timeout_at(question.deadline, fetching).await);
            drop(flight);
        };
        drop(self.tasks.reads.spawn_on(refreshing, &self.tasks.work));
    }

    /// Asks the origin in a task of its own: who hangs up takes nothing from those who wait, nor from
    /// what is kept.
    async fn ask(
        &self,
        question: &Arc<Question>,
        kept: Option<Arc<Kept>>,
        flight: Option<Flight>,
    ) -> Result<Answered, Error> {
        let (origins, asked) = (self.clone(), Arc::clone(question));
        let asking = async move {
            let fetched = timeout_at(asked.deadline, origins.fetch(&asked, kept)).await;
            drop(flight);
            fetched.map_err(|late| Kind::DeadlineExceeded.because(late))?
        };
        let asking = self.tasks.reads.spawn_on(asking, &self.tasks.work);
        asking
            .await
            .map_err(|panic| Kind::Internal.because(panic))?
    }

    /// Passes on what nothing kept can answer. A change makes stale what it may have changed before
    /// its sender hears of it, and runs to its end whether or not that one still listens.
    async fn pass(&self, question: Arc<Question>) -> Result<Response, Error> {
        let is_change = !question.method.is_safe();
        let tasks = if is_change {
            &self.tasks.changes
        } else {
            &self.tasks.reads
        };
        let mut headers = question.headers.clone();
        let is_counted = matches!(question.method, Method::OPTIONS | Method::TRACE);
        if is_counted && !fields::count_forward(&mut headers) {
            return last(&question.method);
        }
        let (origins, asked) = (self.clone(), Arc::clone(&question));
        let passing = async move {
            let (result, _) = origins.send(&asked, headers).await;
            if is_change {
                let generations = origins.store.generations();
                match &result {
                    Ok(answer) if is_error(answer.status()) => {}
                    Ok(answer) => asked.invalidate(generations, Some(answer.headers())),
                    // It was not sent, so it changed nothing.
                    Err(error) if error.kind() == (Kind::Unreachable { sent: false }) => {}
                    Err(_) => asked.invalidate(generations, None),
                }
            }
            result
        };
        let passing = tasks.spawn_on(passing, &self.tasks.work);
        let passed = timeout_at(question.deadline, passing).await;
        let passed = passed.map_err(|late| Kind::DeadlineExceeded.because(late))?;
        passed.map_err(|panic| Kind::Internal.because(panic))?
    }
}

/// What asking the origin came to.
#[derive(Debug)]
pub(super) enum Answered {
    /// What it says.
    Anew(Response),
    /// It failed, and this may stand in.
    InNeed(Arc<Kept>),
}

/// What the last recipient of a request says that goes no further.
fn last(method: &Method) -> Result<Response, Error> {
    if method == Method::TRACE {
        return Err(Kind::MethodNotAllowed.into());
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

fn give(question: &Question, kept: &Kept) -> Response {
    of_kept(kept, kept.age(), &question.method, &question.headers)
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

fn is_askable(kept: Option<&Arc<Kept>>) -> bool {
    kept.is_some_and(|kept| validators::can_be_asked(&kept.headers))
}

fn fresh(kept: &Kept) -> Cache {
    let age = kept.age();
    Cache::Hit {
        age,
        left: kept.lifetime.fresh_for.saturating_sub(age),
        pages: 1,
    }
}

fn stale(kept: &Kept, why: Stale) -> Cache {
    let age = kept.age();
    Cache::Stale {
        age,
        ttl: kept.lifetime.ttl(age),
        pages: 1,
        why,
    }
}
