//! Everything that can stop a request, and what the caller sees of it.
//!
//! Upstream statuses are responses, not errors: an [`Error`] is ours. No response could be had, or
//! the request was refused here.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

/// Why a request could not be answered: a [`Kind`], and the cause for the log.
///
/// Cheap to clone, because everybody who waited for one fetch gets the same error.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    kind: Kind,
    #[source]
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// What happened, without the cause.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The chain of causes, outermost first, for the log; never for callers.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = self.source();
        while let Some(cause) = next {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            next = cause.source();
        }
        text
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self { kind, source: None }
    }
}

/// The closed list of failures; each is one status, one code, one metric label.
///
/// What it displays is the sentence that callers read: who has to act, and how.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Kind {
    /// The path cannot be read in one way only.
    #[error(
        "the path is malformed: no `.` or `..` segments, no empty segments, no control characters, \
         valid percent-encoding, no slash inside the team's name"
    )]
    MalformedPath,
    /// Something else in the request cannot be understood.
    #[error("the request is malformed: check its headers and that the body is complete")]
    MalformedRequest,
    /// The request body is over the limit.
    #[error(
        "the request body is larger than this gateway accepts; see `limits.request_body_bytes`"
    )]
    BodyTooLarge,
    /// The caller did not send its body in time.
    #[error("the request body did not arrive in time")]
    BodyTooSlow,
    /// JSON is needed and this is not.
    #[error("the body must be JSON, sent with `Content-Type: application/json`")]
    NotJson,
    /// The caller takes neither gzip nor the plain form.
    #[error("this gateway answers in gzip or in the plain form; accept one of them")]
    NotAcceptable,
    /// A method that is never forwarded.
    #[error("this method is not accepted here")]
    MethodNotAllowed,
    /// The caller showed no credential that is known here.
    #[error("no valid credential of this gateway was sent; use `Authorization: Bearer <token>`")]
    Unauthenticated,
    /// A web page, or a name that was not configured, asks the trusted listener.
    #[error("the trusted listener does not answer web pages or unknown host names; see `hosts`")]
    OriginRefused,
    /// The caller may not do this.
    #[error("this caller may not do this; ask the gateway's operator for access")]
    Forbidden,
    /// Equal rules of the caller's policies name different service users.
    #[error("this caller's policies name several service users here; ask the gateway's operator")]
    AmbiguousPrincipal,
    /// A write names a service user whose key the gateway itself holds.
    #[error("this service user belongs to the gateway and is not changed through it")]
    PrincipalIsManaged,
    /// No such team is configured.
    #[error("this gateway serves no team of that name; check the path")]
    UnknownTeam,
    /// The gateway's own resource does not exist.
    #[error("there is nothing at this path")]
    NotFound,
    /// The caller's own quota is spent.
    #[error("this caller's quota is spent; come back after the time in Retry-After")]
    QuotaExceeded {
        /// When a request fits again.
        retry_after: Duration,
    },
    /// The upstream's budget is spent, or the queue for it is full.
    #[error("the gateway waits for the upstream's limit; come back after the time in Retry-After")]
    Saturated {
        /// When capacity is expected again.
        retry_after: Duration,
        /// How many wait that would go first, where that is known.
        ahead: Option<usize>,
    },
    /// The deadline passed before there was an answer.
    #[error("no answer within the deadline; the work may go on, so come back")]
    DeadlineExceeded,
    /// `Cache-Control: only-if-cached`, and it is not.
    #[error("not in the cache, and the request said only-if-cached")]
    NotCached,
    /// No token for the service user can be had.
    #[error("the gateway has no token for the upstream now; it keeps trying")]
    NoToken {
        /// When the next try is made.
        retry_after: Duration,
    },
    /// The upstream refuses a token that it has just issued, or every key.
    #[error("the upstream refuses the gateway's own credentials; its operator must act")]
    CredentialsRefused,
    /// The upstream could not be reached, or the connection broke.
    #[error("the upstream could not be reached or broke off")]
    Unreachable {
        /// Whether bytes of the request may have reached it.
        sent: bool,
    },
    /// The upstream did not answer in time.
    #[error("the upstream did not answer in time")]
    UpstreamTimeout,
    /// The upstream's answer is not what it claims to be.
    #[error("the upstream's answer cannot be understood")]
    UpstreamMalformed,
    /// A list's next page is a loop, or leads elsewhere.
    #[error(
        "the upstream's link to the next page is a loop or leads elsewhere; the list is not cut"
    )]
    LinkRefused,
    /// The list has more pages or bytes than the limit.
    #[error("the list is longer than `paginate` allows; ask page by page with `?count=`")]
    ListTooLong,
    /// An answer that must be read whole is over the limit.
    #[error("the upstream's answer is larger than `limits.response_body_bytes`")]
    ResponseTooLarge,
    /// The circuit is open.
    #[error("the upstream keeps failing, so nothing is sent to it for a moment")]
    BreakerOpen {
        /// When the next probe is sent.
        retry_after: Duration,
    },
    /// The request must be recorded first and cannot be.
    #[error("the audit record could not be written, so nothing was done")]
    AuditUnavailable,
    /// What must be kept cannot be written or read.
    #[error("the store could not be written or read, so nothing was changed")]
    StoreUnavailable,
    /// The gateway is stopping.
    #[error("the gateway is stopping; ask again, another one may answer")]
    Draining,
    /// A bug here.
    #[error("an error inside the gateway; report it with the request id")]
    Internal,
}

impl Kind {
    /// An error of this kind, brought about by `source`.
    pub fn because(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        Error {
            kind: self,
            source: Some(Arc::from(source.into())),
        }
    }

    /// The status that the caller gets.
    pub fn status(self) -> StatusCode {
        match self {
            Self::MalformedPath | Self::MalformedRequest => StatusCode::BAD_REQUEST,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::OriginRefused
            | Self::Forbidden
            | Self::AmbiguousPrincipal
            | Self::PrincipalIsManaged => StatusCode::FORBIDDEN,
            Self::UnknownTeam | Self::NotFound => StatusCode::NOT_FOUND,
            Self::QuotaExceeded { .. } | Self::Saturated { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::DeadlineExceeded | Self::NotCached | Self::UpstreamTimeout => {
                StatusCode::GATEWAY_TIMEOUT
            }
            Self::NoToken { .. }
            | Self::BreakerOpen { .. }
            | Self::AuditUnavailable
            | Self::StoreUnavailable
            | Self::Draining => StatusCode::SERVICE_UNAVAILABLE,
            Self::CredentialsRefused
            | Self::Unreachable { .. }
            | Self::UpstreamMalformed
            | Self::LinkRefused
            | Self::ListTooLong
            | Self::ResponseTooLarge => StatusCode::BAD_GATEWAY,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable name that the caller gets as `type` and that metrics are labelled with.
    pub fn code(self) -> &'static str {
        match self {
            Self::MalformedPath => "malformed_path",
            Self::MalformedRequest => "malformed_request",
            Self::BodyTooLarge => "body_too_large",
            Self::BodyTooSlow => "body_too_slow",
            Self::NotJson => "unsupported_content_type",
            Self::NotAcceptable => "not_acceptable",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Unauthenticated => "authentication_error",
            Self::OriginRefused => "origin_refused",
            Self::Forbidden => "forbidden_error",
            Self::AmbiguousPrincipal => "ambiguous_principal",
            Self::PrincipalIsManaged => "principal_is_managed",
            Self::UnknownTeam => "unknown_team",
            Self::NotFound => "resource_does_not_exist",
            Self::QuotaExceeded { .. } => "caller_quota_exceeded",
            Self::Saturated { .. } => "too_many_requests",
            Self::DeadlineExceeded => "gateway_timeout",
            Self::NotCached => "not_cached",
            Self::NoToken { .. } => "no_upstream_token",
            Self::CredentialsRefused => "upstream_credentials_refused",
            Self::Unreachable { .. } => "upstream_unreachable",
            Self::UpstreamTimeout => "upstream_timeout",
            Self::UpstreamMalformed => "upstream_malformed",
            Self::LinkRefused => "upstream_link_refused",
            Self::ListTooLong => "list_too_long",
            Self::ResponseTooLarge => "response_too_large",
            Self::BreakerOpen { .. } => "upstream_unavailable",
            Self::AuditUnavailable => "audit_unavailable",
            Self::StoreUnavailable => "store_unavailable",
            Self::Draining => "draining",
            Self::Internal => "internal_error",
        }
    }

    /// Whose failure it is: what `retry`, `breaker` and the cache decide by.
    pub fn fault(self) -> Fault {
        match self {
            Self::Unreachable { .. } | Self::UpstreamTimeout => Fault::Connection,
            Self::UpstreamMalformed => Fault::Answer,
            Self::LinkRefused | Self::ListTooLong | Self::ResponseTooLarge => Fault::Size,
            Self::BreakerOpen { .. } => Fault::Breaker,
            Self::Saturated { .. }
            | Self::NoToken { .. }
            | Self::CredentialsRefused
            | Self::DeadlineExceeded => Fault::Wait,
            Self::MalformedPath
            | Self::MalformedRequest
            | Self::BodyTooLarge
            | Self::BodyTooSlow
            | Self::NotJson
            | Self::NotAcceptable
            | Self::MethodNotAllowed
            | Self::Unauthenticated
            | Self::OriginRefused
            | Self::Forbidden
            | Self::AmbiguousPrincipal
            | Self::PrincipalIsManaged
            | Self::UnknownTeam
            | Self::NotFound
            | Self::QuotaExceeded { .. }
            | Self::NotCached => Fault::Caller,
            Self::AuditUnavailable | Self::StoreUnavailable | Self::Draining | Self::Internal => {
                Fault::Gateway
            }
        }
    }

    /// How many who wait would go first, where that is known.
    pub fn ahead(self) -> Option<usize> {
        if let Self::Saturated { ahead, .. } = self {
            ahead
        } else {
            None
        }
    }

    /// When asking again could help, where that is known.
    pub fn retry_after(self) -> Option<Duration> {
        match self {
            Self::QuotaExceeded { retry_after }
            | Self::Saturated { retry_after, .. }
            | Self::NoToken { retry_after }
            | Self::BreakerOpen { retry_after } => Some(retry_after),
            Self::DeadlineExceeded
            | Self::AuditUnavailable
            | Self::StoreUnavailable
            | Self::Draining => Some(Duration::from_secs(1)),
            Self::MalformedPath
            | Self::MalformedRequest
            | Self::BodyTooLarge
            | Self::BodyTooSlow
            | Self::NotJson
            | Self::NotAcceptable
            | Self::MethodNotAllowed
            | Self::Unauthenticated
            | Self::OriginRefused
            | Self::Forbidden
            | Self::AmbiguousPrincipal
            | Self::PrincipalIsManaged
            | Self::UnknownTeam
            | Self::NotFound
            | Self::NotCached
            | Self::CredentialsRefused
            | Self::Unreachable { .. }
            | Self::UpstreamTimeout
            | Self::UpstreamMalformed
            | Self::LinkRefused
            | Self::ListTooLong
            | Self::ResponseTooLarge
            | Self::Internal => None,
        }
    }
}

/// Whose failure an error is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The caller's: asking otherwise would help.
    Caller,
    /// The connection to the upstream, or its silence.
    Connection,
    /// What the upstream answered.
    Answer,
    /// What the upstream answered is more, or elsewhere, than may be followed.
    Size,
    /// Nothing was sent, because of what was answered before.
    Breaker,
    /// Nothing was sent: the limit, the token or the time was missing.
    Wait,
    /// Ours.
    Gateway,
}
