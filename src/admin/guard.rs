//! Keeps web pages out.
//!
//! A browser on the operator's machine reaches loopback, and runs what any page tells it to. A page
//! from elsewhere that had its name point here (DNS rebinding) shows itself by `Host`. A page that
//! sends a request without being able to read the answer shows itself by `Origin` and
//! `Sec-Fetch-Site`, and cannot set a header of ours without being asked for leave first.

use std::net::IpAddr;

use http::header::{CONTENT_TYPE, HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, StatusCode, request};

use super::answer::Refusal;

const ADMIN: &str = "x-opagate-admin";

const HOST_REFUSED: Refusal = Refusal::new(
    StatusCode::FORBIDDEN,
    "host_refused",
    "ask this listener by address or as `localhost`",
);
const ORIGIN_REFUSED: Refusal = Refusal::new(
    StatusCode::FORBIDDEN,
    "origin_refused",
    "web pages of other origins change nothing here",
);
const HEADER_MISSING: Refusal = Refusal::new(
    StatusCode::FORBIDDEN,
    "admin_header_missing",
    "a change needs the header `X-Opagate-Admin: 1`",
);
const NOT_JSON: Refusal = Refusal::new(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "unsupported_content_type",
    "the body must be JSON, sent with `Content-Type: application/json`",
);

/// Lets through what asks for this machine by address or as `localhost`.
///
/// A request without any host is let through too: no browser sends one, but simple probes do.
pub(super) fn check_host(head: &request::Parts) -> Result<(), Refusal> {
    let mut headers = head.headers.get_all(HOST).iter();
    let named = headers.next().map(|host| host.to_str().unwrap_or_default());
    let in_target = head.uri.authority().map(Authority::as_str);
    let is_one = headers.next().is_none();
    let are_local = [named, in_target].into_iter().flatten().all(is_local);
    if is_one && are_local {
        Ok(())
    } else {
        Err(HOST_REFUSED)
    }
}

/// Lets through changes that a program asks for, and pages of this very listener.
pub(super) fn check_change(headers: &HeaderMap) -> Result<(), Refusal> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(HOST.as_str()).unwrap_or_default();
    let is_own = |origin: &str| origin.strip_prefix("http://") == Some(host);
    let is_foreign = text(ORIGIN.as_str()).is_some_and(|origin| !is_own(origin));
    let site = text("sec-fetch-site").unwrap_or("none");
    if is_foreign || !matches!(site, "none" | "same-origin") {
        return Err(ORIGIN_REFUSED);
    }
    if text(ADMIN) != Some("1") {
        return Err(HEADER_MISSING);
    }
    let kind = text(CONTENT_TYPE.as_str()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(NOT_JSON)
    }
}

fn is_local(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    // User information has no place here and is how names are disguised.
    !host.contains('@')
        && (name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_localhost_are_local() {
        for host in [
            "127.0.0.1:8081",
            "localhost",
            "LOCALHOST:1",
            "[::1]:8081",
            "10.0.0.3",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
            "127.0.0.1@evil.example:80",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
