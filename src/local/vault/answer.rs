//! Vault's envelope, and how it tells of errors.
//!
//! Every answer with a body has all fields of the envelope: some of Vault's clients read none without.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::Call;
use crate::caller::Caller;
use crate::error::{Error, Kind};
use crate::exchange::{Body, Response};
use crate::policy::policy_path;
use crate::sessions::Session;

/// An answer, or why there is none.
pub(super) type Answered = Result<Response, Said>;

/// Why something is not done: in Vault's words, or as an error of the gateway's.
#[derive(Debug)]
pub(super) enum Said {
    /// A status, and what is told; nothing for what is not there.
    Words(u16, Vec<String>),
    /// An error.
    Ours(Error),
}

impl Said {
    /// What was sent cannot be meant.
    pub(super) fn bad(words: impl Into<String>) -> Self {
        Self::with(400, words)
    }

    /// It may not be done.
    pub(super) fn denied(words: impl Into<String>) -> Self {
        Self::with(403, words)
    }

    /// A status with these words.
    pub(super) fn with(status: u16, words: impl Into<String>) -> Self {
        Self::Words(status, vec![words.into()])
    }

    /// A status without words.
    pub(super) fn status(status: u16) -> Self {
        Self::Words(status, Vec::new())
    }
}

impl From<Error> for Said {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<Said> for Result<Response, Error> {
    fn from(said: Said) -> Self {
        match said {
            Said::Words(status, errors) => Ok(plain(status, &json!({ "errors": errors }))),
            Said::Ours(error) => Err(error),
        }
    }
}

/// What a client gets of a token that it was just given, or that was renewed.
pub(super) struct Auth(Value);

impl Auth {
    /// Tells of `session`, which lasts for `ttl` from now on; a token that is not to be shown is empty.
    pub(super) fn of(session: &Session, token: &str, ttl: Duration) -> Self {
        Self(json!({
            "client_token": token,
            "accessor": session.accessor(),
            "policies": session.set().names(),
            "token_policies": session.set().names(),
            "metadata": session.metadata(),
            "lease_duration": ttl.as_secs(),
            "renewable": session.is_renewable(),
            "entity_id": "",
            "token_type": "service",
            "orphan": session.parent().is_none(),
            "mfa_requirement": null,
            "num_uses": session.uses().unwrap_or(0),
        }))
    }
}

impl Call {
    /// Who asks.
    pub(super) fn caller(&self) -> Result<&Caller, Said> {
        let caller = self.caller.as_deref();
        caller.ok_or_else(|| Said::Ours(Kind::Unauthenticated.into()))
    }

    /// Its path, canonical and without `/v1/`.
    pub(super) fn path(&self) -> &str {
        policy_path(self.operation.path.canonical())
    }

    /// An answer with data.
    pub(super) fn data(&self, data: &Value) -> Answered {
        self.data_with(data, &[])
    }

    /// The same, and what whoever reads it should be told.
    pub(super) fn data_with(&self, data: &Value, warnings: &[String]) -> Answered {
        Ok(plain(200, &self.envelope(data, &Value::Null, warnings)))
    }

    /// The same as Vault's oldest paths have it, with everything at the top too.
    pub(super) fn both(&self, data: &Value) -> Answered {
        let mut whole = self.envelope(data, &Value::Null, &[]);
        if let (Value::Object(whole), Value::Object(data)) = (&mut whole, data) {
            for (key, value) in data {
                whole.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        Ok(plain(200, &whole))
    }

    /// A list; an empty one is not there, as Vault has it.
    pub(super) fn keys(&self, keys: &[String]) -> Answered {
        if keys.is_empty() {
            return Err(Said::status(404));
        }
        self.data(&json!({ "keys": keys }))
    }

    /// A token, and what whoever gets it should be told.
    pub(super) fn auth(&self, auth: &Auth, warnings: &[String]) -> Answered {
        Ok(plain(200, &self.envelope(&Value::Null, &auth.0, warnings)))
    }

    /// It was done, and there is nothing to say but perhaps these warnings.
    pub(super) fn done(&self, warnings: &[String]) -> Response {
        if !warnings.is_empty() {
            return plain(200, &self.envelope(&Value::Null, &Value::Null, warnings));
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let no_store = HeaderValue::from_static("no-store");
        response.headers_mut().insert(CACHE_CONTROL, no_store);
        response
    }

    fn envelope(&self, data: &Value, auth: &Value, warnings: &[String]) -> Value {
        json!({
            "request_id": self.id,
            "lease_id": "",
            "renewable": false,
            "lease_duration": 0,
            "data": data,
            "wrap_info": null,
            "warnings": (!warnings.is_empty()).then_some(warnings),
            "auth": auth,
        })
    }
}

/// An answer without envelope.
pub(super) fn plain(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Body::from(Bytes::from(body.to_string())));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    let headers = response.headers_mut();
    // hvac compares it as a whole, so there is no `charset`.
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether a client wants its answer wrapped. It must not get in clear what it asked for so.
pub(super) fn is_wrapped(headers: &HeaderMap) -> bool {
    let mut wanted = headers.get_all("x-vault-wrap-ttl").iter();
    wanted.any(|ttl| !ttl.is_empty() && ttl != "0")
}
