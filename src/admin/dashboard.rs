//! The page at `/`: one document, put together once, and the policy that keeps it to itself.
//!
//! Style and script stand in the document; the policy names both by their hash, so that nothing else
//! runs, and lets nothing leave the origin.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY};
use http::header::{X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderValue, Response};
use sha2::{Digest, Sha256};

use crate::exchange::Body;

/// The document, with a place for style and script.
const PAGE: &str = include_str!("dashboard/page.html");
const STYLES: [&str; 3] = [
    include_str!("dashboard/base.css"),
    include_str!("dashboard/panels.css"),
    include_str!("dashboard/lists.css"),
];
/// In the order in which they use each other.
const SCRIPTS: [&str; 8] = [
    include_str!("dashboard/say.js"),
    include_str!("dashboard/chart.js"),
    include_str!("dashboard/summary.js"),
    include_str!("dashboard/limits.js"),
    include_str!("dashboard/tables.js"),
    include_str!("dashboard/requests.js"),
    include_str!("dashboard/cache.js"),
    include_str!("dashboard/live.js"),
];

/// The page and its policy.
struct Document {
    html: Bytes,
    policy: HeaderValue,
}

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let style = STYLES.concat();
    let script = format!("\"use strict\";\n(() => {{\n{}}})();\n", SCRIPTS.concat());
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash(&script),
        hash(&style),
    );
    let html = PAGE
        .replace("{{style}}", &style)
        .replace("{{script}}", &script);
    Document {
        html: html.into(),
        policy: HeaderValue::try_from(policy).expect("hashes stand in a header"),
    }
});

/// The page.
pub(super) fn response() -> Response<Body> {
    let mut response = Response::new(Body::from(DOCUMENT.html.clone()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, DOCUMENT.policy.clone());
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (OPENER_POLICY, "same-origin"),
        (RESOURCE_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn hash(text: &str) -> String {
    BASE64_STANDARD.encode(Sha256::digest(text))
}

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_is_small_and_names_no_other_place() {
        let html = str::from_utf8(&DOCUMENT.html).unwrap();

        assert!(html.len() < 100_000, "{}", html.len());
        assert!(!html.contains("{{"));
        for outside in ["https://", "//cdn", "@import", "url(", "innerHTML", "eval("] {
            assert!(!html.contains(outside), "{outside}");
        }
        // The name of the language of pictures, which nobody asks for.
        assert_eq!(
            html.matches("http://").count(),
            html.matches("http://www.w3.org/2000/svg").count()
        );
    }

    #[test]
    fn policy_names_what_stands_in_the_page() {
        let html = str::from_utf8(&DOCUMENT.html).unwrap();
        let between = |from: &str, to: &str| {
            let (_, rest) = html.split_once(from).unwrap();
            hash(rest.split_once(to).unwrap().0)
        };
        let policy = DOCUMENT.policy.to_str().unwrap();

        for hash in [
            between("<style>", "</style>"),
            between("<script>", "</script>"),
        ] {
            assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
        }
        assert!(policy.starts_with("default-src 'none';"));
    }
}
