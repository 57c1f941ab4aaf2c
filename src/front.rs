//! The front half: asks the questions that memory can answer, in order, and answers at once or hands
//! down to what may wait.
//!
//! Plain synchronous code, so that an answer from memory costs no box, no lock and no wait. The record
//! is filled as the questions are answered; log, metrics and audit are written once, at the end, from
//! it. What only follows from a request's head is not asked again for the same head on one connection
//! (see [`Conversation`]).

mod allowance;
mod answering;
mod asked;
mod code;
mod compare;
mod conversation;
mod finish;
mod forward;
mod head;
mod origin;
mod ours;
mod recent;
mod refresh;
mod told;
mod warm;

use std::sync::Arc;
use std::time::Duration;

use http::request;
use tokio_util::task::TaskTracker;
use tower::util::BoxCloneSyncService;

pub use self::answering::Answering;
pub use self::conversation::Conversation;
pub use self::warm::Warmed;

use self::asked::{Asked, Understood};
use self::finish::Ending;
use self::forward::Forward;
use crate::audit::Journal;
use crate::authorize::Authorize;
use crate::cache::{self, Entry, Found, Memo};
use crate::caller::Caller;
use crate::deadline::{self, Deadline};
use crate::error::{Error, Kind};
use crate::exchange::{Body, Inbound, Request, Response, Terms};
use crate::local::{Local, Vault};
use crate::metrics::Metrics;
use crate::operation::{Action, Operation};
use crate::origin::{Origins, Question};
use crate::quota::Quota;
use crate::recent::Recent;
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
    /// Is it ours?
    pub vault: Vault,
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
    /// Where the last of all are shown.
    pub recent: Recent,
    /// How much a request body may be, in bytes, and how long it may take.
    pub body: (u64, Duration),
    /// Where the back half runs.
    pub work: tokio::runtime::Handle,
    /// What is fetched while nobody waits for it.
    pub flights: TaskTracker,
    /// What is kept before anybody asks.
    pub warm: Vec<Warmed>,
}

/// Answers every request; see the [module](self). Cheap to clone.
#[derive(Clone, Debug)]
pub struct Front {
    questions: Arc<Questions>,
    back: Back,
}

/// What the questions came to.
enum Step {
    /// The answer that was given before to the same, ready.
    Again(Response),
    /// An answer from memory; and where it is to be remembered, if it is.
    Answer(Response, Option<(Arc<Asked>, Arc<Entry>, Memo)>),
    /// The same for a caller who refuses the form that it is in.
    Encode(Response),
    /// The gateway's own, for which the body is needed; and who asks, unless everybody may.
    Local(Local, Option<Arc<Caller>>),
    /// One whose requests are counted, and this one was not yet.
    Counted(Arc<Caller>),
    /// The upstream must be asked.
    Forward(Box<Forward>),
    /// It belongs to another origin.
    Origin(Box<Question>),
}

impl Front {
    /// Asks `questions`, then hands down to `back`.
    pub fn new(questions: Questions, back: Back) -> Self {
        let questions = Arc::new(questions);
        Self { questions, back }
    }

    /// Answers one request that came in on the connection of `conversation`.
    pub fn serve(&self, conversation: &Arc<Conversation>, request: Inbound) -> Answering {
        let (head, body) = request.into_parts();
        let recalled = conversation.recall(&head);
        let path = match &recalled {
            Some(asked) => Arc::clone(&asked.path),
            None => head.uri.path().into(),
        };
        let record = Record::new(&head.headers, head.method.clone(), path);
        let span = self.questions.sampler.decide(&head.headers);
        let questions = Arc::clone(&self.questions);
        let mut ending = Ending::new(questions, conversation.connection(), record, span);
        match self.ask(conversation, &head, recalled, None, &mut ending.record) {
            Ok(Step::Again(mut response)) => {
                ending.close(&mut response);
                Answering::now(response)
            }
            Ok(Step::Answer(response, remembered)) => {
                let cache = ending.record.cache;
                let response = ending.finish(&head, Ok(response));
                if let Some((asked, entry, memo)) = remembered {
                    asked.given.keep(&entry, memo, cache, &response);
                }
                Answering::now(response)
            }
            Err(error) => Answering::now(ending.finish(&head, Err(error))),
            Ok(step) => {
                let (front, conversation) = (self.clone(), Arc::clone(conversation));
                Answering::later(async move {
                    let result = front
                        .go_on(step, &conversation, &head, body, &mut ending)
                        .await;
                    Ok(ending.finish(&head, result))
                })
            }
        }
    }

    /// Goes the way of what may wait.
    async fn go_on(
        &self,
        mut step: Step,
        conversation: &Arc<Conversation>,
        head: &request::Parts,
        body: Body,
        ending: &mut Ending,
    ) -> Result<Response, Error> {
        if let Step::Counted(caller) = step {
            self.questions.vault.count(&caller).await?;
            step = self.ask(conversation, head, None, Some(&caller), &mut ending.record)?;
        }
        match step {
            Step::Again(response) | Step::Answer(response, _) => Ok(response),
            Step::Encode(response) => self.encode(response).await,
            Step::Local(local, caller) => {
                self.carry_out(local, caller, conversation, head, body, ending)
                    .await
            }
            Step::Origin(question) => self.answer_of_origin(*question, body, ending).await,
            Step::Forward(forward) => self.forward(*forward, body, ending).await,
            // It was counted above.
            Step::Counted(_) => Err(Kind::Internal.into()),
        }
    }

    /// Asks each question that memory can answer, cheapest first; this request was `counted` for them,
    /// if it counts.
    fn ask(
        &self,
        conversation: &Conversation,
        head: &request::Parts,
        recalled: Option<Arc<Asked>>,
        counted: Option<&Arc<Caller>>,
        record: &mut Record,
    ) -> Result<Step, Error> {
        let questions = &*self.questions;
        let is_recalled = recalled.is_some();
        // What is asked, who asks, and may they?
        let connection = conversation.connection();
        let asked = match recalled {
            Some(asked) => asked,
            None => match questions.understand(connection, head, counted, record)? {
                Understood::Origin(mapping) => {
                    return self.ask_of_origin(&mapping, connection, head, counted, record);
                }
                Understood::Local(local, caller) => {
                    if let Some(caller) = &caller {
                        record.left = questions.quota.ask(caller)?;
                    }
                    return Ok(Step::Local(local, caller));
                }
                Understood::Counted(caller) => return Ok(Step::Counted(caller)),
                Understood::Asked(asked) => asked,
            },
        };
        asked.note(record);
        // Not too often?
        record.left = questions.quota.ask(&asked.caller)?;
        // Do we know it already?
        let Some(key) = &asked.key else {
            record.cache = Cache::Bypass(bypass(&asked.operation));
            return Ok(self.forward_to(head, &asked, None, record));
        };
        let free = || questions.buckets.free(&asked.principal);
        let wanted = asked.wanted;
        let (given, takes_gzip) = (&asked.given, asked.accepted.gzip);
        let again = given.again(&questions.cache, wanted, takes_gzip, record, |record| {
            questions.allowance(record)
        });
        if let Some((response, entry)) = again {
            self.check(head, &asked, &entry, record);
            return Ok(Step::Again(response));
        }
        let (found, cache) = questions.cache.ask(key, wanted, free)?;
        record.cache = cache;
        match found {
            Found::Fresh(entry, age, seen) => {
                if !is_recalled {
                    conversation.remember(head, &asked);
                }
                self.check(head, &asked, &entry, record);
                Ok(questions.give_kept(asked, entry, age, Some(seen)))
            }
            Found::Stale(entry, age, claim) => {
                if let Some(claim) = claim {
                    self.refresh(claim, questions.later(head, &asked, record.started));
                }
                Ok(questions.give_kept(asked, entry, age, None))
            }
            Found::Nothing(stale) => Ok(self.forward_to(head, &asked, stale, record)),
        }
    }

    /// What the upstream must be asked.
    fn forward_to(
        &self,
        head: &request::Parts,
        asked: &Asked,
        stale: Option<Arc<Entry>>,
        record: &mut Record,
    ) -> Step {
        let questions = &*self.questions;
        // Until when is an answer worth anything?
        let deadline = questions.deadline.ask(&head.headers, record.started);
        let terms = Terms::new(Arc::clone(&asked.caller), deadline);
        let terms = terms.yielding(deadline::urgency(&head.headers));
        let request = Request {
            key: asked.key.clone(),
            may_store: !asked.wanted.no_store,
            ..questions.to_ask(head, asked, terms)
        };
        record.trail = Some(Arc::clone(&request.trail));
        Step::Forward(Box::new(Forward {
            request,
            stale,
            accepted: asked.accepted,
            wanted: asked.wanted,
            applied: questions.deadline.applied(&head.headers),
        }))
    }
}

fn bypass(operation: &Operation) -> Bypass {
    match operation.endpoint.action {
        Action::SecretRead | Action::Reveal => Bypass::Secret,
        Action::Read | Action::Write(_) | Action::Local => Bypass::Method,
    }
}
