//! Errors become responses: the only place where that happens.
//!
//! What callers read is fixed for each kind; causes, upstream bodies and names never leave the
//! process. Vault's clients read `errors`, everybody else OPA's form.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::HeaderValue;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;

use crate::allowance::RETRY_AT;
use crate::error::{Error, Kind};
use crate::exchange::{Body, Response};

/// Whose form an error has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// `{"code", "type", "message", "request_id"}`, and where asking again could help `"retry_after"` in
    /// seconds; where the upstream's limit is waited for, `"ahead"`: how many would go first.
    Opa,
    /// `{"errors": […]}`.
    Vault,
}

/// Makes the response for `error`.
pub fn answer(error: &Error, form: Form, request_id: &str) -> Response {
    let kind = error.kind();
    let mut response = Response::new(Body::from(body(kind, form, request_id)));
    *response.status_mut() = match form {
        // Vault knows no 401, and its clients know what to do about a 403.
        Form::Vault if kind == Kind::Unauthenticated => StatusCode::FORBIDDEN,
        Form::Opa | Form::Vault => kind.status(),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if kind == Kind::Unauthenticated && form == Form::Opa {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(after) = kind.retry_after() {
        let after = whole_seconds(after);
        headers.insert(RETRY_AFTER, HeaderValue::from(after));
        if kind.status() == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(RETRY_AT, HeaderValue::from(unix_now() + after));
        }
    }
    response
}

fn body(kind: Kind, form: Form, request_id: &str) -> Bytes {
    #[derive(Serialize)]
    struct Opa<'a> {
        code: u16,
        r#type: &'a str,
        message: String,
        request_id: &'a str,
        /// In seconds.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ahead: Option<usize>,
    }
    #[derive(Serialize)]
    struct Vault {
        errors: Vec<String>,
    }
    let message = || kind.to_string();
    let json = match form {
        Form::Opa => {
            let code = kind.status().as_u16();
            serde_json::to_vec(&Opa {
                code,
                r#type: kind.code(),
                message: message(),
                request_id,
                retry_after: kind.retry_after().map(in_tenths),
                ahead: kind.ahead(),
            })
        }
        Form::Vault => {
            let errors = if kind == Kind::NotFound {
                Vec::new()
            } else if kind == Kind::Unauthenticated {
                vec![DENIED.to_owned()]
            } else if kind == Kind::Forbidden {
                vec![one_of_several(DENIED)]
            } else if kind == Kind::MethodNotAllowed {
                vec![one_of_several("unsupported operation")]
            } else {
                vec![message()]
            };
            serde_json::to_vec(&Vault { errors })
        }
    };
    Bytes::from(json.unwrap_or_default())
}

fn in_tenths(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}

/// As Vault tells of one error where there could be several.
fn one_of_several(error: &str) -> String {
    format!("1 error occurred:\n\t* {error}\n\n")
}

/// What Vault's clients look for.
const DENIED: &str = "permission denied";

/// Rounded up, and never zero: OPA's clients take a time that is not in the future for an hour-long
/// pause.
fn whole_seconds(time: Duration) -> u64 {
    let whole = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    whole.max(1)
}

/// The present second, rounded up.
fn unix_now() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    now.as_secs() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_is_json_with_a_number_as_code_and_a_stable_type() {
        let response = answer(&Kind::Forbidden.because("secret cause"), Form::Opa, "id-1");

        let body = response.body().whole().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (&json["code"], &json["type"]),
            (&403.into(), &"forbidden_error".into())
        );
        assert_eq!(json["request_id"], "id-1");
        assert!(!String::from_utf8_lossy(&body).contains("secret cause"));
    }

    #[test]
    fn too_many_requests_says_when_in_both_dialects_and_in_the_future() {
        let kind = Kind::Saturated {
            retry_after: Duration::from_millis(1_500),
            ahead: Some(7),
        };

        let response = answer(&kind.into(), Form::Opa, "");

        assert_eq!(response.headers()[RETRY_AFTER], "2");
        let json: serde_json::Value =
            serde_json::from_slice(&response.body().whole().unwrap()).unwrap();
        assert_eq!(
            (&json["retry_after"], &json["ahead"]),
            (&1.5.into(), &7.into())
        );
        let at: u64 = response.headers()[RETRY_AT]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!(at > unix_now() - 1);
    }

    #[test]
    fn vault_paths_answer_in_vaults_form() {
        for (kind, status, errors) in [
            (Kind::NotFound, 404, "[]"),
            (Kind::Unauthenticated, 403, "[\"permission denied\"]"),
            (
                Kind::Forbidden,
                403,
                "[\"1 error occurred:\\n\\t* permission denied\\n\\n\"]",
            ),
        ] {
            let response = answer(&kind.into(), Form::Vault, "");

            assert_eq!(response.status(), status);
            let body = response.body().whole().unwrap();
            assert_eq!(body, format!("{{\"errors\":{errors}}}").as_bytes());
        }
    }
}
