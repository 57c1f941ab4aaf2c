//! The front half: asks the questions that memory can answer, in order, and answers at once or hands
//! down to what may wait.
//!
//! Plain synchronous code, so that an answer from memory costs no box, no lock and no wait. The record
//! is filled as the questions are answered; log, metrics and audit are written once, at the end, from
//! it.

mod answering;
mod code;
mod finish;
mod forward;
mod origin;
mod refresh;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{CACHE_CONTROL, HeaderMap};
use http::request;
use tokio_util::task::TaskTracker;
use tower::util::BoxCloneSyncService;
use uuid::Uuid;

pub use self::answering::Answering;
use self::finish::{Ending, REQUEST_ID};
use self::forward::Forward;
use crate::audit::Journal;
use crate::auth::Connection;
use crate::authorize::Authorize;
use crate::cache::{self, Directives, Found};
use crate::classify;
use crate::deadline::Deadline;
use crate::error::{Error, Kind};
use crate::exchange::{Body, Inbound, Request, Response, Terms};
use crate::local::{self, Local};
use crate::metrics::Metrics;
use crate::operation::{Action, Operation};
use crate::origin::{Origins, Question};
use crate::quota::Quota;
use crate::record::{Bypass, Cache, Record};
use crate::shape::Buckets;
use crate::trace::Sampler;

/// The back half, whole.
pub type Back = BoxCloneSyncService<Request, Response, Error>;

/// What the front half is made of.
#[derive(Debug)]
pub struct Questions {
    /// Until when?
    pub deadline: Deadline,
    /// May they?
    pub authorize: Authorize,
    /// Not too often?
    pub quota: Quota,
    /// Do we know it already?
    pub cache: cache::Ask,
    /// Is it another origin's?
    pub origins: Origins,
    /// In gzip too? Nothing, if that is off.
    pub gzips: Option<cache::Gzips>,
    /// How much of the upstream's limit is left.
    pub buckets: Buckets,
    /// Which requests are traced.
    pub sampler: Sampler,
    /// Where what acts outside is recorded.
    pub journal: Journal,
    /// Where everything is counted.
    pub metrics: Metrics,
    /// How much a request body may be, in bytes, and how long it may take.
    pub body: (u64, Duration),
    /// Where the back half runs.
    pub work: tokio::runtime::Handle,
    /// What is fetched while nobody waits for it.
    pub flights: TaskTracker,
}

/// Answers every request; see the [module](self). Cheap to clone.
#[derive(Clone, Debug)]
pub struct Front {
    questions: Arc<Questions>,
    back: Back,
}

/// What the questions came to.
enum Step {
    /// An answer from memory.
    Answer(Response),
    /// The same for a caller who refuses the form that it is in.
    Encode(Response),
    /// The gateway's own, for which the body is needed.
    Local(Local),
    /// The upstream must be asked.
    Forward(Box<Forward>),
    /// It belongs to another origin.
    Origin(Box<Question>),
}

impl Front {
    /// Asks `questions`, then hands down to `back`.
    pub fn new(questions: Questions, back: Back) -> Self {
        Self {
            questions: Arc::new(questions),
            back,
        }
    }

    /// Answers one request that came in on `connection`.
    pub fn serve(&self, connection: &Arc<Connection>, request: Inbound) -> Answering {
        let (head, body) = request.into_parts();
        let id = request_id(&head.headers);
        let record = Record::new(id, head.method.clone(), head.uri.path().to_owned());
        let span = self.questions.sampler.decide(&head.headers);
        let mut ending = {
            let origin = connection.origin();
            Ending::new(Arc::clone(&self.questions), record, span, origin)
        };
        match self.ask(connection, &head, &mut ending.record) {
            Ok(Step::Answer(response)) => Answering::now(ending.finish(&head, Ok(response))),
            Err(error) => Answering::now(ending.finish(&head, Err(error))),
            Ok(Step::Encode(response)) => {
                let front = self.clone();
                Answering::later(async move {
                    let result = front.encode(response).await;
                    Ok(ending.finish(&head, result))
                })
            }
            Ok(Step::Local(local)) => {
                let connection = Arc::clone(connection);
                let front = self.clone();
                Answering::later(async move {
                    let result = front
                        .carry_out(local, &connection, &head, body, &ending)
                        .await;
                    Ok(ending.finish(&head, result))
                })
            }
            Ok(Step::Origin(question)) => {
                let front = self.clone();
                Answering::later(async move {
                    let result = front.answer_of_origin(*question, body, &mut ending).await;
                    Ok(ending.finish(&head, result))
                })
            }
            Ok(Step::Forward(forward)) => {
                let front = self.clone();
                Answering::later(async move {
                    let result = front.forward(*forward, body, &mut ending).await;
                    Ok(ending.finish(&head, result))
                })
            }
        }
    }

    /// Asks each question that memory can answer, cheapest first.
    fn ask(
        &self,
        connection: &Connection,
        head: &request::Parts,
        record: &mut Record,
    ) -> Result<Step, Error> {
        let questions = &*self.questions;
        // Until when is an answer worth anything?
        let deadline = questions.deadline.ask(&head.headers, record.started);
        // Is it another origin's?
        if let Some(mapping) = questions.origins.find(&head.uri) {
            return self.ask_of_origin(mapping, connection, head, record, deadline);
        }
        // What is asked?
        let operation = classify::ask(head)?;
        record.operation = Some(Arc::clone(&operation));
        // Is it ours, and open to everybody?
        if let Some(local) = local::ask(&operation) {
            return Ok(Step::Local(local));
        }
        // Who asks?
        let host = classify::host(&head.uri, &head.headers);
        let caller = connection.ask(&head.headers, host)?;
        record.caller = Some(Arc::clone(&caller));
        // May they, and as which principal?
        let principal = questions.authorize.ask(&caller, &operation)?;
        record.principal = Some(Arc::clone(&principal));
        // Not too often?
        questions.quota.ask(&caller)?;
        // In which form?
        let accepted = questions.accepted(&head.headers)?;
        let takes_gzip = questions.takes_gzip(&operation, accepted);
        // Do we know it already?
        let wanted = Directives::parse(&head.headers.get_all(CACHE_CONTROL));
        let (key, stale) = if operation.is_shareable() {
            let headers = forward::allowed(&operation, &head.headers);
            let key = cache::key(&principal, &operation, headers);
            let free = || questions.buckets.free(&principal);
            let (found, cache) = questions.cache.ask(&key, wanted, free)?;
            record.cache = cache;
            match found {
                Found::Fresh(entry, age) => {
                    return Ok(questions.give_kept(&key, &entry, age, accepted));
                }
                Found::Stale(entry, age, claim) => {
                    if let Some(claim) = claim {
                        let until = questions.deadline.of_none(record.started);
                        let terms = Terms::background(caller, until);
                        let request =
                            forward::to_ask(head, operation, principal, terms, takes_gzip);
                        self.refresh(claim, key.as_slice().into(), request);
                    }
                    return Ok(questions.give_kept(&key, &entry, age, accepted));
                }
                Found::Nothing(stale) => (Some(key.into()), stale),
            }
        } else {
            record.cache = Cache::Bypass(bypass(&operation));
            (None, None)
        };
        let terms = Terms::new(caller, deadline);
        let request = Request {
            key,
            may_store: !wanted.no_store,
            ..forward::to_ask(head, operation, principal, terms, takes_gzip)
        };
        record.trail = Some(Arc::clone(&request.trail));
        Ok(Step::Forward(Box::new(Forward {
            request,
            stale,
            accepted,
            wanted,
        })))
    }

    async fn carry_out(
        &self,
        local: Local,
        connection: &Connection,
        head: &request::Parts,
        body: Body,
        ending: &Ending,
    ) -> Result<Response, Error> {
        let operation = ending.record.operation.as_ref().ok_or(Kind::Internal)?;
        match local {
            Local::Nothing(_) => Err(Kind::NotFound.into()),
            Local::ServiceToken => {
                let body = self.read(body, KEY_BYTES).await?;
                let host = classify::host(&head.uri, &head.headers);
                local::service_token(connection, operation, &head.headers, host, &body)
            }
        }
    }
}

/// More than any key takes; nobody has said who they are when it is read.
const KEY_BYTES: u64 = 8 * 1024;

fn bypass(operation: &Operation) -> Bypass {
    match operation.endpoint.action {
        Action::SecretRead | Action::Reveal => Bypass::Secret,
        Action::Read | Action::Write(_) | Action::Local => Bypass::Method,
    }
}

/// The caller's own id if it looks like one, else a new one (UUID v7, so that ids sort by time).
fn request_id(headers: &HeaderMap) -> Arc<str> {
    let is_id = |id: &&str| {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:".contains(&b);
        (8..=64).contains(&id.len()) && id.bytes().all(is_plain)
    };
    let own = headers
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .filter(is_id);
    match own {
        Some(id) => id.into(),
        None => {
            let mut buffer = Uuid::encode_buffer();
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let millis = now.unwrap_or_default().as_millis();
            let millis = u64::try_from(millis).unwrap_or(u64::MAX);
            // An id is no secret: random numbers that are merely cheap will do.
            let mut random = [0; 10];
            fastrand::fill(&mut random);
            let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
            let id: &str = id.hyphenated().encode_lower(&mut buffer);
            id.into()
        }
    }
}
