//! What one request asks, and the answer that was last given to it.

use std::sync::Arc;

use http::header::{CACHE_CONTROL, HeaderMap};
use http::{HeaderName, HeaderValue, request};
use parking_lot::Mutex;

use super::{Questions, forward};
use crate::allowance::Allowance;
use crate::auth::Connection;
use crate::cache::{self, Directives, Entry, Memo};
use crate::caller::{Caller, Principal};
use crate::classify;
use crate::coding::Accepted;
use crate::error::Error;
use crate::exchange::{Body, Response};
use crate::local::Local;
use crate::operation::Operation;
use crate::origin::Mapping;
use crate::policy::policy_path;
use crate::record::{Cache, REQUEST_ID, Record, Told};
use crate::trace;

/// What a request asks, by whom, and all that follows from both.
#[derive(Debug)]
pub(super) struct Asked {
    /// The path as it came, without query.
    pub(super) path: Arc<str>,
    pub(super) operation: Arc<Operation>,
    pub(super) caller: Arc<Caller>,
    /// In which epoch all this was found out.
    pub(super) epoch: u64,
    pub(super) principal: Arc<Principal>,
    /// What let the caller do it.
    pub(super) rule: Option<Arc<str>>,
    /// In which codings the caller takes the answer.
    pub(super) accepted: Accepted,
    /// What it says about kept answers.
    pub(super) wanted: Directives,
    /// Under which key the answer is kept or shared; `None` for what is neither.
    pub(super) key: Option<Arc<[u8]>>,
    pub(super) given: Given,
}

impl Asked {
    /// Tells `record` of it.
    pub(super) fn note(&self, record: &mut Record) {
        record.operation = Some(Arc::clone(&self.operation));
        record.caller = Some(Arc::clone(&self.caller));
        record.principal = Some(Arc::clone(&self.principal));
        record.rule.clone_from(&self.rule);
    }
}

/// What a head came to.
pub(super) enum Understood {
    /// Another origin's.
    Origin(Arc<Mapping>),
    /// Something of the gateway's own, and who asks, unless it is open to everybody.
    Local(Local, Option<Arc<Caller>>),
    /// One whose requests are counted, of whom this one was not yet.
    Counted(Arc<Caller>),
    /// All the rest.
    Asked(Arc<Asked>),
}

impl Questions {
    /// Asks what only follows from the head: what is asked, by whom, and may they?
    ///
    /// `record` is told of each as it becomes known. Who asks need not be found out if this request was
    /// `counted` for them already.
    ///
    /// # Errors
    ///
    /// Fails with what the first question refuses.
    pub(super) fn understand(
        &self,
        connection: &Connection,
        head: &request::Parts,
        counted: Option<&Arc<Caller>>,
        record: &mut Record,
    ) -> Result<Understood, Error> {
        // Is it another origin's?
        if let Some(mapping) = self.origins.find(&head.uri) {
            return Ok(Understood::Origin(Arc::clone(mapping)));
        }
        // First of all: what changes from here on makes old what is found out below.
        let epoch = connection.epoch();
        // What is asked?
        let operation = classify::ask(head)?;
        record.operation = Some(Arc::clone(&operation));
        // Is it ours?
        if let Some(local) = self.vault.ask(&operation) {
            return self.understand_local(local, connection, head, counted, record);
        }
        // Who asks?
        let host = classify::host(&head.uri, &head.headers);
        let caller = match counted {
            Some(counted) => Arc::clone(counted),
            None => connection.ask(&head.headers, host)?,
        };
        record.caller = Some(Arc::clone(&caller));
        if caller.grant.is_counted && counted.is_none() {
            return Ok(Understood::Counted(caller));
        }
        // May they, and as which principal?
        let verdict = self.authorize.ask(&caller, &operation);
        record.rule.clone_from(&verdict.rule);
        let principal = verdict.principal?;
        // In which form?
        let accepted = self.accepted(&head.headers)?;
        let wanted = Directives::parse(&head.headers.get_all(CACHE_CONTROL));
        let key = operation.is_shareable().then(|| {
            let headers = forward::allowed(&operation, &head.headers);
            cache::key(&principal, &operation, headers).into()
        });
        let asked = Asked {
            path: Arc::clone(&record.path),
            operation,
            caller,
            epoch,
            principal,
            rule: verdict.rule,
            accepted,
            wanted,
            key,
            given: Given::default(),
        };
        Ok(Understood::Asked(Arc::new(asked)))
    }
}

impl Questions {
    /// Asks who asks for something of the gateway's own, and may they, unless everybody may.
    fn understand_local(
        &self,
        local: Local,
        connection: &Connection,
        head: &request::Parts,
        counted: Option<&Arc<Caller>>,
        record: &mut Record,
    ) -> Result<Understood, Error> {
        let Some((capability, needs_sudo)) = local.needs() else {
            return Ok(Understood::Local(local, None));
        };
        let host = classify::host(&head.uri, &head.headers);
        let caller = match counted {
            Some(counted) => Arc::clone(counted),
            None => connection.ask_vault(&head.headers, host)?,
        };
        record.caller = Some(Arc::clone(&caller));
        if caller.grant.is_counted && counted.is_none() {
            return Ok(Understood::Counted(caller));
        }
        let path = record.operation.as_ref().map(|op| op.path.canonical());
        let path = policy_path(path.unwrap_or_default());
        let (result, rule) = self
            .authorize
            .ask_vault(&caller, path, capability, needs_sudo);
        record.rule = rule;
        result?;
        Ok(Understood::Local(local, Some(caller)))
    }
}

/// The head of the answer that was last given, all but the request's id.
///
/// It is given again for as long as nothing of it would be otherwise: the same kept answer, in the
/// same second of its age and of its freshness. So clients that ask often cost no header but one. What
/// is left of the limits is looked at anew ten times a second.
#[derive(Debug, Default)]
pub(super) struct Given(Mutex<Option<Dressed>>);

#[derive(Debug)]
struct Dressed {
    /// Whose head it is.
    memo: Memo,
    seconds: (u64, u64),
    /// The tenth of a second of its age in which it was told what is left of the limits.
    tenth: u32,
    headers: HeaderMap,
    /// What the line of each of these answers says, once there was a second.
    told: Option<Told>,
}

impl Given {
    /// Gives the same again without a look into the store, if it would be the same; `record` is told of
    /// it.
    ///
    /// So the store is asked once a second at least, and knows what is used.
    pub(super) fn again(
        &self,
        cache: &cache::Ask,
        wanted: Directives,
        takes_gzip: bool,
        record: &mut Record,
        allowance: impl FnOnce(&Record) -> Option<Allowance>,
    ) -> Option<(Response, Arc<Entry>)> {
        let mut given = self.0.lock();
        let given = given.as_mut()?;
        let (entry, found) = cache.again(&given.memo, wanted, record.started)?;
        // The first hit that takes gzip has it made.
        let is_settled = !takes_gzip || entry.is_gzip_settled();
        if !is_settled || Some(given.seconds) != seconds(found) {
            return None;
        }
        record.cache = found;
        let tenth = tenth(found);
        if given.tenth != tenth {
            given.tenth = tenth;
            Allowance::tell(allowance(record), &mut given.headers, record.arrived);
        }
        let mut response = Response::new(Body::from(entry.form(takes_gzip).clone()));
        *response.status_mut() = entry.status();
        response.headers_mut().clone_from(&given.headers);
        record.answered(&response);
        if given.told.is_none() {
            given.told = trace::told(record);
        }
        record.told.clone_from(&given.told);
        Some((response, entry))
    }

    /// Keeps the head of `response`, which is `entry` as it was just given.
    pub(super) fn keep(&self, entry: &Entry, memo: Memo, cache: Cache, response: &Response) {
        // A 304 is not the entry.
        if response.status() != entry.status() {
            return;
        }
        if let Some(seconds) = seconds(cache) {
            let headers = response.headers();
            let copied = |(name, value): (&HeaderName, &HeaderValue)| (name.clone(), value.clone());
            // It is replaced each time, and found soonest where it comes first.
            let id = headers.get(&REQUEST_ID).map(|id| (REQUEST_ID, id.clone()));
            let others = headers.iter().filter(|(name, _)| **name != REQUEST_ID);
            *self.0.lock() = Some(Dressed {
                memo,
                seconds,
                tenth: tenth(cache),
                headers: id.into_iter().chain(others.map(copied)).collect(),
                told: None,
            });
        }
    }
}

/// What of a fresh answer's head moves with time: the whole seconds of `Age` and of `Cache-Status`.
fn seconds(cache: Cache) -> Option<(u64, u64)> {
    match cache {
        Cache::Hit { age, left, .. } => Some((age.as_secs(), left.as_secs())),
        Cache::None | Cache::Stale { .. } | Cache::Miss(_) | Cache::Bypass(_) => None,
    }
}

fn tenth(cache: Cache) -> u32 {
    match cache {
        Cache::Hit { age, .. } => age.subsec_millis() / 100,
        Cache::None | Cache::Stale { .. } | Cache::Miss(_) | Cache::Bypass(_) => 0,
    }
}
