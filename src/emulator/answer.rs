//! What the emulator answers: a whole body, or one of the errors of OPA's table.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::page::Neighbours;

/// A response before faults get at it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The pages beside this one; whether and how they are told is decided with the headers.
    pub(super) neighbours: Neighbours,
}

impl Answer {
    /// `body` as JSON.
    pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("own types have text keys only");
        Self::text(status, "application/json", body)
    }

    /// `body` as it is.
    pub(super) fn text(status: StatusCode, media: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let mut headers = HeaderMap::with_capacity(12);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        Self {
            status,
            headers,
            body,
            neighbours: Neighbours::default(),
        }
    }

    /// 204.
    pub(super) fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: HeaderMap::with_capacity(8),
            body: Bytes::new(),
            neighbours: Neighbours::default(),
        }
    }

    /// An error that is told in the form of OPA's errors, whatever status it has.
    pub(super) fn error(status: StatusCode, code: &str, message: &str) -> Self {
        let body = json!({ "code": status.as_u16(), "type": code, "message": message });
        Self::json(status, &body)
    }

    /// Sets a header; a value that cannot stand in one is left out.
    pub(super) fn set(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let code = problem.code;
        if let Some(list) = problem.list {
            return Self::json(code.status(), &json!({ "list": list }));
        }
        let mut answer = Self::error(code.status(), code.as_str(), &problem.message);
        if let Some(methods) = problem.allow {
            answer.set(ALLOW, &methods);
        }
        answer
    }
}

/// Why something was not done.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) code: Code,
    message: Cow<'static, str>,
    /// The methods that a path has, for the error that says so.
    allow: Option<String>,
    /// What is answered instead of the error: what would have let the caller in.
    list: Option<Vec<Value>>,
}

impl Problem {
    /// An error of the table with its reason.
    pub(super) fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self {
            code,
            message,
            allow: None,
            list: None,
        }
    }

    /// 405 that names the methods that there are.
    pub(super) fn not_allowed(methods: &[&str]) -> Self {
        let message = "The path does not have this method";
        let allow = Some(methods.join(", "));
        Self {
            allow,
            ..Self::new(Code::MethodNotAllowed, message)
        }
    }

    /// 403 of secrets and their folders, which is no error object but a list.
    pub(super) fn no_access(methods: Vec<Value>) -> Self {
        let list = Some(methods);
        Self {
            list,
            ..Self::new(Code::NoAccess, "No policy gives access")
        }
    }

    /// The reason.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// 400 that names what is wrong.
    pub(super) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidRequest, message)
    }

    /// 404 of a resource or a path.
    pub(super) fn missing() -> Self {
        Self::new(Code::ResourceDoesNotExist, "The resource does not exist")
    }
}

/// The errors that the emulator makes of itself; faults can make all others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Code {
    InvalidRequest,
    AuthenticationError,
    AuthorizationError,
    ForbiddenError,
    QuotaExceeded,
    /// The 403 that lists what would give access.
    NoAccess,
    ResourceDoesNotExist,
    /// Not of the table: a known path with a method that it does not have.
    MethodNotAllowed,
    ResourceAlreadyExists,
    /// Not of the table: a body that is too large.
    TooLarge,
    UnsupportedContentType,
    TooManyRequests,
    GatewayTimeout,
}

impl Code {
    /// The `type` of the error; what is not in the table borrows from `invalid_request`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::MethodNotAllowed | Self::TooLarge => "invalid_request",
            Self::AuthenticationError => "authentication_error",
            Self::AuthorizationError => "authorization_error",
            Self::ForbiddenError | Self::NoAccess => "forbidden_error",
            Self::QuotaExceeded => "quota_exceeded",
            Self::ResourceDoesNotExist => "resource_does_not_exist",
            Self::ResourceAlreadyExists => "resource_already_exists",
            Self::UnsupportedContentType => "unsupported_content_type",
            Self::TooManyRequests => "too_many_requests",
            Self::GatewayTimeout => "gateway_timeout",
        }
    }

    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::AuthenticationError | Self::AuthorizationError => StatusCode::UNAUTHORIZED,
            Self::ForbiddenError | Self::QuotaExceeded | Self::NoAccess => StatusCode::FORBIDDEN,
            Self::ResourceDoesNotExist => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::ResourceAlreadyExists => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::GatewayTimeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

/// The `type` that the specification's table has first for a status.
pub(super) fn type_of(status: StatusCode) -> &'static str {
    let row = TABLE.iter().find(|(code, _)| *code == status.as_u16());
    row.map_or("unknown_error", |(_, name)| name)
}

/// The table of errors in the specification, in its order.
pub(super) const TABLE: [(u16, &str); 16] = [
    (400, "invalid_request"),
    (401, "authentication_error"),
    (401, "authorization_error"),
    (401, "server_authorization_revoked"),
    (403, "forbidden_error"),
    (403, "quota_exceeded"),
    (403, "disabled_team"),
    (404, "resource_does_not_exist"),
    (404, "resource_deprecated"),
    (409, "resource_already_exists"),
    (415, "unsupported_content_type"),
    (429, "too_many_requests"),
    (499, "client_closed_connection"),
    (500, "unknown_error"),
    (503, "service_offline"),
    (504, "gateway_timeout"),
];
