//! Okta's errors: a code, a summary, and sometimes a cause.

use std::borrow::Cow;

use fastrand::Rng;
use http::StatusCode;
use serde_json::json;

use super::super::answer::Answer;
use super::seed;

/// Why something was not done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Problem {
    status: StatusCode,
    code: Cow<'static, str>,
    summary: Cow<'static, str>,
    cause: Option<&'static str>,
}

impl Problem {
    /// 400 of what is missing or wrong in a request.
    pub(super) fn invalid(what: &'static str, cause: &'static str) -> Self {
        let summary = format!("Api validation failed: {what}");
        Self::new(StatusCode::BAD_REQUEST, "E0000001", summary).because(cause)
    }

    /// 400 of a body that cannot be read.
    pub(super) fn malformed() -> Self {
        let summary = "The request body was not well-formed.";
        Self::new(StatusCode::BAD_REQUEST, "E0000003", summary)
    }

    /// 401 of a login that failed, whatever the reason.
    pub(super) fn login() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "E0000004",
            "Authentication failed",
        )
    }

    /// 403 of one who is known, but may not.
    pub(super) fn forbidden() -> Self {
        let summary = "You do not have permission to perform the requested action";
        Self::new(StatusCode::FORBIDDEN, "E0000006", summary)
    }

    /// 404 of a thing of some kind.
    pub(super) fn missing(id: &str, kind: &str) -> Self {
        let summary = format!("Not found: Resource not found: {id} ({kind})");
        Self::new(StatusCode::NOT_FOUND, "E0000007", summary)
    }

    /// 500, and whatever else has no code of its own.
    pub(super) fn internal() -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "E0000009", "Internal Server Error")
    }

    /// 401 of a token that is missing, wrong, used up or too old.
    pub(super) fn token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "E0000011",
            "Invalid token provided",
        )
    }

    /// 415 of a body that does not say it is JSON.
    pub(super) fn media() -> Self {
        let summary = "Bad request. Accept and/or Content-Type headers likely do not match \
                       supported values.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "E0000021", summary)
    }

    /// 405.
    pub(super) fn method() -> Self {
        let summary = "The endpoint does not support the provided HTTP method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "E0000022", summary)
    }

    /// 429.
    pub(super) fn limited() -> Self {
        let summary = "API call exceeded rate limit due to too many requests.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "E0000047", summary)
    }

    /// 403 of a code that is wrong, or was right before.
    pub(super) fn passcode(cause: &'static str) -> Self {
        let summary = "Invalid Passcode/Answer";
        Self::new(StatusCode::FORBIDDEN, "E0000068", summary).because(cause)
    }

    /// 403 of one who failed too often with a factor.
    pub(super) fn locked() -> Self {
        let summary = "User Locked";
        let cause = "Max attempts to enter passcode exceeded.";
        Self::new(StatusCode::FORBIDDEN, "E0000069", summary).because(cause)
    }

    /// 403 of a step that is not due.
    pub(super) fn not_now() -> Self {
        let summary = "This operation is not allowed in the current authentication state.";
        Self::new(StatusCode::FORBIDDEN, "E0000079", summary)
    }

    /// The same problem with another status.
    pub(super) fn with(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// What Okta would say with this status; a code of Okta's own stands, any other does not.
    pub(super) fn of_status(status: StatusCode, code: &str) -> Self {
        let problem = match status.as_u16() {
            400 => Self::malformed(),
            401 => Self::token(),
            403 => Self::forbidden(),
            404 => Self::missing("null", "null"),
            405 => Self::method(),
            415 => Self::media(),
            429 => Self::limited(),
            _ => Self::internal(),
        };
        let problem = problem.with(status);
        if code.starts_with("E0") {
            let code = Cow::Owned(code.to_owned());
            return Self { code, ..problem };
        }
        problem
    }

    /// Answers with it; `rng` makes the id, the one thing that differs between equal errors.
    pub(super) fn answer(&self, rng: &mut Rng) -> Answer {
        let causes: Vec<_> = self
            .cause
            .iter()
            .map(|cause| json!({ "errorSummary": cause }))
            .collect();
        let body = json!({
            "errorCode": self.code,
            "errorSummary": self.summary,
            "errorLink": self.code,
            "errorId": seed::name(rng, "oae", 22),
            "errorCauses": causes,
        });
        Answer::json(self.status, &body)
    }

    fn new(status: StatusCode, code: &'static str, summary: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code: Cow::Borrowed(code),
            summary: summary.into(),
            cause: None,
        }
    }

    fn because(self, cause: &'static str) -> Self {
        let cause = Some(cause);
        Self { cause, ..self }
    }
}
