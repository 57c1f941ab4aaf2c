//! The way of what is the gateway's own: its audit intent, its body, its answer.

use std::sync::Arc;

use http::request;
use tokio::time::timeout_at;

use super::{Conversation, Ending, Front, forward};
use crate::answer::Form;
use crate::caller::Caller;
use crate::classify;
use crate::error::{Error, Kind};
use crate::exchange::{Body, Response};
use crate::local::{self, Local};

impl Front {
    /// Carries out what is the gateway's own; `caller` asks, unless everybody may.
    pub(super) async fn carry_out(
        &self,
        local: Local,
        caller: Option<Arc<Caller>>,
        conversation: &Conversation,
        head: &request::Parts,
        body: Body,
        ending: &Ending,
    ) -> Result<Response, Error> {
        let operation = ending.record.operation.as_ref().ok_or(Kind::Internal)?;
        let connection = conversation.connection();
        if !matches!(local, Local::Nothing(_)) && forward::acts_outside(operation) {
            let deadline = self.questions.deadline;
            let deadline = deadline.ask(&head.headers, ending.record.started);
            let intent = self.questions.journal.intent(&ending.record);
            let recorded = timeout_at(deadline, intent).await;
            recorded.map_err(|late| Kind::AuditUnavailable.because(late))??;
        }
        match local {
            Local::Nothing(Form::Vault) => Ok(local::vault::is_off()),
            Local::Nothing(Form::Opa) => Err(Kind::NotFound.into()),
            Local::ServiceToken => {
                let body = self.read(body, KEY_BYTES).await?;
                let host = classify::host(&head.uri, &head.headers);
                let vault = &self.questions.vault;
                local::service_token(vault, connection, operation, &head.headers, host, &body).await
            }
            Local::Vault(found) => {
                let body = self.read(body, self.questions.body.0).await?;
                let call = local::Call {
                    found,
                    caller,
                    operation: Arc::clone(operation),
                    headers: head.headers.clone(),
                    body,
                    peer: connection.peer(),
                    id: ending.record.id.as_str().to_owned(),
                };
                self.questions.vault.answer(call).await
            }
        }
    }
}

/// More than any key takes; nobody has said who they are when it is read.
const KEY_BYTES: u64 = 8 * 1024;
