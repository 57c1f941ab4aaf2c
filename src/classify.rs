//! Question: what is asked?
//!
//! Also refuses what can be read in two ways before anybody looks at it: doubtful framing, a doubtful
//! host.

use std::sync::Arc;

use http::header::{HOST, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{HeaderMap, Uri, Version, request};

use crate::error::{Error, Kind};
use crate::operation::Operation;

/// Reads what a request asks.
///
/// # Errors
///
/// Fails with `MalformedRequest`, `MalformedPath` or `MethodNotAllowed`.
pub fn ask(head: &request::Parts) -> Result<Arc<Operation>, Error> {
    check(head)?;
    Operation::parse(&head.method, &head.uri).map(Arc::new)
}

/// Refuses what can be read in two ways, whatever is asked.
///
/// # Errors
///
/// Fails with `MalformedRequest`.
pub fn check(head: &request::Parts) -> Result<(), Error> {
    check_framing(&head.headers)?;
    check_host(head.version, &head.uri, &head.headers)
}

/// The host that the caller named, for the links that it gets.
pub fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let named = headers.get(HOST).and_then(|host| host.to_str().ok());
    uri.authority().map(Authority::as_str).or(named)
}

/// Only `chunked`, once: other codings and repetitions are read differently by different servers.
fn check_framing(headers: &HeaderMap) -> Result<(), Error> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(one), None) if one.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        (Some(_), _) => Err(Kind::MalformedRequest.into()),
    }
}

/// Exactly one valid host (RFC 9112 §3.2), without user.
fn check_host(version: Version, uri: &Uri, headers: &HeaderMap) -> Result<(), Error> {
    let mut lines = headers.get_all(HOST).iter();
    let host = match (lines.next(), lines.next()) {
        (None, _) if uri.authority().is_some() || version < Version::HTTP_11 => return Ok(()),
        (Some(one), None) => one.to_str().ok(),
        (None | Some(_), _) => None,
    };
    if host.is_some_and(is_valid) {
        Ok(())
    } else {
        Err(Kind::MalformedRequest.into())
    }
}

/// Whether a host can be read in one way only.
fn is_valid(host: &str) -> bool {
    let mut colons = 0;
    let mut is_literal = false;
    for byte in host.bytes() {
        match byte {
            b':' => colons += 1,
            b'[' | b']' => is_literal = true,
            b'-' | b'.' | b'_' => {}
            _ if byte.is_ascii_alphanumeric() => {}
            _ => return false,
        }
    }
    if !is_literal {
        // What is left is what nearly all send, and cheaper than to parse it: a name, perhaps a port.
        return colons <= 1 && !host.is_empty() && !host.starts_with(':');
    }
    let host = host.parse::<Authority>();
    host.is_ok_and(|host| !host.host().is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked(headers: &[(&'static str, &'static str)]) -> Result<Arc<Operation>, Error> {
        let mut request = http::Request::get("/v1/teams/demo/groups");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        ask(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn plain_request_is_understood() {
        assert_eq!(
            asked(&[("host", "gw:8080")]).unwrap().endpoint.name,
            "groups.list"
        );
    }

    #[test]
    fn doubtful_hosts_are_refused() {
        for host in ["", "a/b", "user@host", "a b", "a,b"] {
            let error = asked(&[("host", host)]).unwrap_err();
            assert_eq!(error.kind(), Kind::MalformedRequest, "{host}");
        }
        assert!(asked(&[]).is_err());
        assert!(asked(&[("host", "a"), ("host", "a")]).is_err());
    }

    proptest! {
        #[test]
        fn host_is_valid_as_the_parser_of_authorities_says(host in "[a:.\\[\\]1/@ -]{0,8}") {
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
            let parsed = host.parse::<Authority>();
            let expected = host.bytes().all(is_plain)
                && parsed.is_ok_and(|host| !host.host().is_empty());

            prop_assert_eq!(is_valid(&host), expected);
        }
    }

    #[test]
    fn doubtful_framing_is_refused() {
        for coding in [
            "cow, chunked",
            "chunked, chunked",
            "gzip, chunked",
            "identity",
        ] {
            let error = asked(&[("host", "a"), ("transfer-encoding", coding)]).unwrap_err();
            assert_eq!(error.kind(), Kind::MalformedRequest, "{coding}");
        }
        assert!(asked(&[("host", "a"), ("transfer-encoding", "Chunked")]).is_ok());
    }
}
