//! Reads an answer whole and checks that it is what it claims to be.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, SET_COOKIE};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt, StreamBody};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Limits;
use super::plain::{Coding, is_error};
use crate::coding::GunzipError;
use crate::error::{Error, Kind};
use crate::exchange::{Body, BoxError, Response};

/// In which form an answer may be passed on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// As it arrives, if it is large.
    pub(super) may_stream: bool,
    /// Then also as gzip.
    pub(super) takes_gzip: bool,
}

/// Reads the body of `response` up to the limit, and makes it plain.
pub(super) async fn read(
    response: http::Response<Body>,
    limits: &Limits,
    form: Form,
) -> Result<Response, Error> {
    let (mut head, mut body) = response.into_parts();
    strip(&mut head.headers);
    let coding = Coding::of(&head.headers);
    let may_stream = form.may_stream && (coding == Coding::Plain || form.takes_gzip);
    let limit = usize::try_from(limits.response_body_bytes.get()).unwrap_or(usize::MAX);
    let expected = body
        .size_hint()
        .exact()
        .and_then(|n| usize::try_from(n).ok());
    let mut read = Vec::with_capacity(expected.unwrap_or(0).min(limit).min(1 << 20));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| Kind::Unreachable { sent: true }.because(e))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        read.extend_from_slice(&data);
        if read.len() > limit {
            if !may_stream {
                return Err(Kind::ResponseTooLarge.into());
            }
            let body = resumed(read.into(), body, limits.timeout);
            return Ok(http::Response::from_parts(head, body));
        }
    }
    head.headers.remove(CONTENT_LENGTH);
    // It may be kept, and then without the room that it grew into.
    read.shrink_to_fit();
    let read = Bytes::from(read);
    let plain = match coding.undo(&read, limit, head.status).await {
        Ok(plain) => plain,
        Err(GunzipError::TooLarge) if may_stream => {
            let body = resumed(read, Body::empty(), limits.timeout);
            return Ok(http::Response::from_parts(head, body));
        }
        Err(GunzipError::TooLarge) => return Err(Kind::ResponseTooLarge.into()),
        Err(error) => return Err(Kind::UpstreamMalformed.because(error)),
    };
    coding.forget(&mut head.headers);
    Ok(http::Response::from_parts(head, Body::from(plain)))
}

/// A body that begins with what was read and goes on as it arrives, with no longer pauses than this.
pub(crate) fn resumed(read: Bytes, body: Body, pause: Duration) -> Body {
    let read = Some(read).filter(|read| !read.is_empty());
    let start = futures_util::stream::iter(read.map(|read| Ok(http_body::Frame::data(read))));
    let rest = futures_util::stream::unfold(body, move |mut body| async move {
        let frame = match tokio::time::timeout(pause, body.frame()).await {
            Ok(frame) => frame?,
            Err(late) => Err(BoxError::from(late)),
        };
        Some((frame, body))
    });
    let frames = futures_util::StreamExt::chain(start, rest);
    Body::stream(StreamBody::new(frames))
}

/// Drops what belongs to one connection, and cookies: they are the principal's.
fn strip(headers: &mut HeaderMap) {
    strip_connection(headers);
    headers.remove(SET_COOKIE);
}

/// Drops what belongs to one connection: what `Connection` names, and what always does.
pub(crate) fn strip_connection(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(http::header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// RFC 9110 §7.6.1 and §11.7, and what proxies add. Trailers are not passed on, so nothing announces
/// them.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Makes sure that an answer which should be JSON is.
///
/// An error without readable body keeps its status and gets a body that clients can read.
///
/// A deletion may succeed without a body, whatever its status.
///
/// # Errors
///
/// Fails with [`Kind::UpstreamMalformed`] if a success is not JSON.
pub(super) fn understand(response: Response, may_be_empty: bool) -> Result<Response, Error> {
    let status = response.status();
    let is_bodiless = status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED;
    let Some(body) = response.body().whole().filter(|_| !is_bodiless) else {
        return Ok(response);
    };
    let is_json =
        is_json_type(response.headers()) && serde_json::from_slice::<IgnoredAny>(&body).is_ok();
    if is_json || (may_be_empty && status.is_success() && body.is_empty()) {
        Ok(response)
    } else if is_error(status) {
        let mut response = response.map(|_| json_error(status, UNREADABLE, MESSAGE));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        Ok(response)
    } else {
        Err(Kind::UpstreamMalformed.into())
    }
}

/// The code of an error whose body the upstream did not make readable.
pub const UNREADABLE: &str = "upstream_error";

const MESSAGE: &str = "the upstream answered with this status and no readable body";

fn is_json_type(headers: &HeaderMap) -> bool {
    let Some(value) = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.ends_with("+json")
}

/// The body of an error in OPA's form.
pub fn json_error(status: StatusCode, code: &str, message: &str) -> Body {
    let body = serde_json::json!({ "code": status.as_u16(), "type": code, "message": message });
    Body::from(Bytes::from(body.to_string()))
}

/// The stable code in an upstream's error body, wherever it stands.
///
/// OPA's documents do not show the form of the body; its clients know several.
pub fn error_code(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Codes {
        r#type: Option<String>,
        error: Option<String>,
        code: Option<serde_json::Value>,
    }
    let codes: Codes = serde_json::from_slice(body).ok()?;
    let code = codes.code.and_then(|code| code.as_str().map(str::to_owned));
    codes.r#type.or(codes.error).or(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Form = Form {
        may_stream: false,
        takes_gzip: false,
    };

    fn answer(status: u16, kind: &'static str, body: &'static str) -> Response {
        http::Response::builder()
            .status(status)
            .header(CONTENT_TYPE, kind)
            .body(Body::from(Bytes::from_static(body.as_bytes())))
            .unwrap()
    }

    #[test]
    fn success_that_is_not_json_is_an_error() {
        for (kind, body) in [
            ("text/html", "<html>"),
            ("application/json", "<html>"),
            ("application/json", ""),
            ("application/json", "{\"list\":["),
        ] {
            let error = understand(answer(200, kind, body), false).unwrap_err();
            assert_eq!(error.kind(), Kind::UpstreamMalformed, "{kind} {body}");
        }
    }

    #[test]
    fn error_without_readable_body_keeps_its_status_and_gets_one() {
        let response = understand(answer(503, "text/html", "<html>"), false).unwrap();

        assert_eq!(response.status(), 503);
        let body = response.body().whole().unwrap();
        assert_eq!(error_code(&body).as_deref(), Some("upstream_error"));
    }

    #[test]
    fn readable_answers_pass_unchanged() {
        let response =
            understand(answer(404, "application/json", "{\"type\":\"x\"}"), false).unwrap();

        assert_eq!(response.body().whole().unwrap(), "{\"type\":\"x\"}");
    }

    #[test]
    fn code_is_found_in_each_known_form() {
        for body in [
            r#"{"type":"authorization_error"}"#,
            r#"{"error":"authorization_error","message":""}"#,
            r#"{"code":"authorization_error"}"#,
            r#"{"code":401,"type":"authorization_error"}"#,
        ] {
            assert_eq!(
                error_code(body.as_bytes()).as_deref(),
                Some("authorization_error")
            );
        }
        assert_eq!(error_code(b"<html>"), None);
    }

    #[tokio::test]
    async fn cookies_and_connection_headers_stay_here() {
        let mut response = answer(200, "application/json", "{}");
        for (name, value) in [
            ("set-cookie", "a=b"),
            ("connection", "x-one"),
            ("x-one", "1"),
        ] {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }

        let response = read(response, &Limits::default(), PLAIN).await.unwrap();

        assert_eq!(response.headers().len(), 1);
    }
}
