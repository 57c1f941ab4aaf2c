//! The way of a request that belongs to an origin: the questions that are asked of it too, its body,
//! its audit intent.

use std::sync::Arc;

use http::request::Parts;
use tokio::time::timeout_at;

use super::{Ending, Front, Step};
use crate::auth::Connection;
use crate::caller::Caller;
use crate::classify;
use crate::error::{Error, Kind};
use crate::exchange::{Body, Response};
use crate::origin::{Mapping, Question};
use crate::record::Record;

impl Front {
    /// Asks who it is, may they, and not too often, unless anyone may.
    pub(super) fn ask_of_origin(
        &self,
        mapping: &Arc<Mapping>,
        connection: &Connection,
        head: &Parts,
        counted: Option<&Arc<Caller>>,
        record: &mut Record,
    ) -> Result<Step, Error> {
        record.is_origin = true;
        classify::check(head)?;
        if mapping.asks_who() {
            let host = classify::host(&head.uri, &head.headers);
            let caller = match counted {
                Some(counted) => Arc::clone(counted),
                None => connection.ask(&head.headers, host)?,
            };
            record.caller = Some(Arc::clone(&caller));
            if caller.grant.is_counted && counted.is_none() {
                return Ok(Step::Counted(caller));
            }
            let authorize = &self.questions.authorize;
            let (result, rule) = authorize.ask_origin(&caller, &head.method, head.uri.path());
            record.rule = rule;
            result?;
            self.questions.quota.ask(&caller)?;
        }
        let deadline = self.questions.deadline.ask(&head.headers, record.started);
        let question = Question::new(mapping, head, deadline)?;
        record.trail = Some(Arc::clone(&question.trail));
        Ok(Step::Origin(Box::new(question)))
    }

    /// Answers from what is kept of the origin, or asks it.
    pub(super) async fn answer_of_origin(
        &self,
        mut question: Question,
        body: Body,
        ending: &mut Ending,
    ) -> Result<Response, Error> {
        question.body = self.read(body, self.questions.body.0).await?;
        if !question.method.is_safe() {
            let intent = self.questions.journal.intent(&ending.record);
            let recorded = timeout_at(question.deadline, intent).await;
            recorded.map_err(|late| Kind::AuditUnavailable.because(late))??;
        }
        let origins = &self.questions.origins;
        origins.answer(question, &mut ending.record.cache).await
    }
}
