//! Answers of the admin listener: JSON, and errors in the form that callers know.

use std::any::Any;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::exchange::Body;

/// Why a request was not carried out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// The stable name of the reason.
    pub(super) code: &'static str,
    pub(super) message: &'static str,
}

impl Refusal {
    pub(super) const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self {
            status,
            code,
            message,
        }
    }

    pub(super) fn to_response(self) -> Response<Body> {
        json_response(self.status, &self.to_json())
    }

    /// The same, with a message of its own.
    pub(super) fn with_message(self, message: &str) -> Response<Body> {
        let mut body = self.to_json();
        if let Some(body) = body.as_object_mut() {
            body.insert("message".to_owned(), json!(message));
        }
        json_response(self.status, &body)
    }

    /// The same, with the paths that there are.
    pub(super) fn with_paths(self, paths: &[&str]) -> Response<Body> {
        let mut body = self.to_json();
        if let Some(body) = body.as_object_mut() {
            body.insert("paths".to_owned(), json!(paths));
        }
        json_response(self.status, &body)
    }

    /// The same, with the methods that there are.
    pub(super) fn with_allow(self, methods: &'static str) -> Response<Body> {
        let mut response = self.to_response();
        let methods = HeaderValue::from_static(methods);
        response.headers_mut().insert(ALLOW, methods);
        response
    }

    fn to_json(self) -> Value {
        json!({
            "code": self.status.as_u16(),
            "type": self.code,
            "message": self.message,
            "request_id": Uuid::now_v7().to_string(),
        })
    }
}

pub(super) fn json_response(status: StatusCode, body: &Value) -> Response<Body> {
    let text = format!("{body}\n");
    text_response(status, "application/json", text)
}

pub(super) fn text_response(
    status: StatusCode,
    kind: &'static str,
    text: String,
) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from(text)));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// The answer to a request that made the code for it panic.
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    tracing::error!(event = "admin", "an admin request ended in a panic");
    INTERNAL.to_response()
}

const INTERNAL: Refusal = Refusal::new(
    StatusCode::INTERNAL_SERVER_ERROR,
    "internal_error",
    "an error inside the gateway; report it with the request id",
);
