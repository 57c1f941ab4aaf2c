//! A request as the emulator reads it: the path in decoded segments, the query in decoded pairs.
//!
//! This reading is the emulator's own and shares nothing with the gateway's.

use std::borrow::Cow;
use std::fmt::Write;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use super::MAX_BODY;
use super::answer::{Code, Problem};

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    /// Decoded; empty if the path is not UTF-8.
    pub(super) segments: Vec<String>,
    uri: Uri,
    body: Bytes,
}

impl Ask {
    /// Reads `request`.
    pub(super) fn read(request: http::Request<Bytes>) -> Self {
        let (head, body) = request.into_parts();
        Self {
            segments: segments(head.uri.path()),
            method: head.method,
            headers: head.headers,
            uri: head.uri,
            body,
        }
    }

    /// The path as it came.
    pub(super) fn raw_path(&self) -> &str {
        self.uri.path()
    }

    /// The query as it came.
    pub(super) fn raw_query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    /// The path in the one spelling that it is counted under.
    pub(super) fn canonical(&self) -> String {
        join(&self.segments)
    }

    /// Whether it asks for a bearer token.
    pub(super) fn is_token_call(&self) -> bool {
        self.method == Method::POST
            && matches!(self.parts().as_slice(), ["v1", "teams", _, "service_token"])
    }

    /// Whether it can change nothing.
    pub(super) fn is_read(&self) -> bool {
        self.method == Method::GET
    }

    /// The path below a team of this name, in any case.
    pub(super) fn below_team(&self, name: &str) -> Option<&[String]> {
        match self.segments.as_slice() {
            [v1, teams, team, rest @ ..]
                if v1 == "v1" && teams == "teams" && team.eq_ignore_ascii_case(name) =>
            {
                Some(rest)
            }
            _ => None,
        }
    }

    /// The segments, to be matched.
    pub(super) fn parts(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The first value of a query parameter; an empty one counts as absent.
    pub(super) fn param(&self, name: &str) -> Option<Cow<'_, str>> {
        self.params(name).next()
    }

    /// All values of a query parameter that are not empty.
    pub(super) fn params(&self, name: &str) -> impl Iterator<Item = Cow<'_, str>> {
        self.values(name).filter(|value| !value.is_empty())
    }

    /// The first value of a query parameter for which an empty one makes no sense.
    pub(super) fn exact_param(&self, name: &str) -> Option<Cow<'_, str>> {
        self.values(name).next()
    }

    fn values(&self, name: &str) -> impl Iterator<Item = Cow<'_, str>> {
        let pairs = self.raw_query().split('&').filter_map(pair);
        let values = pairs.filter_map(move |(key, value)| (decode(key) == name).then_some(value));
        values.map(decode)
    }

    /// A query parameter that is true or false.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.param(name).as_deref() {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(_) => Err(Problem::invalid(format!("{name}: not a boolean"))),
        }
    }

    /// The body, which must be a JSON object.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Problem> {
        if self.body.len() > MAX_BODY {
            return Err(Problem::new(Code::TooLarge, "The body is too large"));
        }
        let media = self.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let media = media.and_then(|value| value.split(|byte| *byte == b';').next());
        let media = media.unwrap_or_default().trim_ascii();
        if !media.eq_ignore_ascii_case(b"application/json") {
            return Err(unsupported("the Content-Type is not application/json"));
        }
        let object = serde_json::from_slice(&self.body);
        object.map_err(|_| unsupported("the body is not a JSON object"))
    }

    /// The body, whatever it is.
    pub(super) fn body(&self) -> &Bytes {
        &self.body
    }

    /// The absolute URL that was asked.
    pub(super) fn url(&self) -> String {
        let (scheme, host) = self.scheme_and_host();
        self.url_on(scheme, host)
    }

    /// Scheme and host that were asked, as the beginning of a URL.
    pub(super) fn origin(&self) -> String {
        let (scheme, host) = self.scheme_and_host();
        format!("{scheme}://{host}")
    }

    fn scheme_and_host(&self) -> (&str, &str) {
        let host = self.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| self.uri.authority().map(Authority::as_str));
        let scheme = self.uri.scheme_str().unwrap_or("http");
        (scheme, host.unwrap_or("localhost"))
    }

    /// What was asked, as a URL on another origin.
    pub(super) fn url_on(&self, scheme: &str, host: &str) -> String {
        let mut url = format!("{scheme}://{host}{}", self.raw_path());
        if !self.raw_query().is_empty() {
            let _ = write!(url, "?{}", utf8_percent_encode(self.raw_query(), LINKED));
        }
        url
    }

    /// The absolute URL of the page beyond `offset`, all other parameters carried on.
    pub(super) fn url_beyond(&self, offset: &str) -> String {
        format!("{}offset={offset}", self.url_without(&["offset"]))
    }

    /// The absolute URL of the page that ends before `offset`, all other parameters carried on.
    pub(super) fn url_before(&self, offset: &str) -> String {
        let url = self.url_without(&["offset", "prev"]);
        format!("{url}offset={offset}&prev=true")
    }

    /// The absolute URL that was asked, without these parameters and open for more.
    fn url_without(&self, names: &[&str]) -> String {
        let url = self.url();
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        let mut rest = format!("{path}?");
        for (key, value) in query.split('&').filter_map(pair) {
            if !names.contains(&decode(key).as_ref()) {
                let _ = write!(rest, "{key}={value}&");
            }
        }
        rest
    }
}

/// Any spelling of a path in the one that requests are counted under.
///
/// The team is lower-cased, for teams have no case.
pub(super) fn canonical(path: &str) -> String {
    join(&segments(path))
}

/// Whether a path in its canonical spelling is the one that is wanted, in any spelling.
///
/// A `*` at the end of what is wanted stands for any rest.
pub(super) fn matches_path(path: &str, wanted: &str) -> bool {
    let prefix = wanted.strip_suffix('*');
    prefix.map_or_else(
        || path == canonical(wanted),
        |prefix| path.starts_with(&canonical(prefix)),
    )
}

/// Slashes doubled at the very start count as one: the vendor's client sends them with a host that ends
/// in one.
fn segments(path: &str) -> Vec<String> {
    let parts = path.trim_start_matches('/').split('/');
    let parts = parts.map(|part| percent_decode_str(part).decode_utf8());
    let parts: Result<Vec<_>, _> = parts.map(|part| part.map(Cow::into_owned)).collect();
    parts.unwrap_or_default()
}

fn join(segments: &[String]) -> String {
    let mut path = String::new();
    let is_team = matches!(segments, [v1, teams, ..] if v1 == "v1" && teams == "teams");
    for (at, segment) in segments.iter().enumerate() {
        let lower = (is_team && at == 2).then(|| segment.to_lowercase());
        let segment = lower.as_deref().unwrap_or(segment);
        let _ = write!(path, "/{}", utf8_percent_encode(segment, RESERVED));
    }
    path
}

fn pair(text: &str) -> Option<(&str, &str)> {
    if text.is_empty() {
        return None;
    }
    Some(text.split_once('=').unwrap_or((text, "")))
}

fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let text = text.replace('+', " ");
        return Cow::Owned(percent_decode_str(&text).decode_utf8_lossy().into_owned());
    }
    percent_decode_str(text).decode_utf8_lossy()
}

fn unsupported(message: &'static str) -> Problem {
    Problem::new(Code::UnsupportedContentType, message)
}

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What would end a URL, or part it, in the eyes of those who read `Link` simply.
const LINKED: &AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b',')
    .add(b';')
    .add(b'<')
    .add(b'>');

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(uri: &str) -> Ask {
        let request = http::Request::get(uri).body(Bytes::new()).unwrap();
        Ask::read(request)
    }

    #[test]
    fn every_spelling_of_a_path_is_counted_as_one() {
        assert_eq!(
            ask("/v1/teams/DEMO/groups/%61%2fb").canonical(),
            "/v1/teams/demo/groups/a%2Fb"
        );
        assert_eq!(
            canonical("//v1/%74eams/Demo/groups/x@y"),
            "/v1/teams/demo/groups/x%40y"
        );
    }

    #[test]
    fn next_url_carries_all_parameters_but_the_offset() {
        let ask = ask("https://opa.test/v1/teams/demo/users?count=2&offset=old&contains=a,b");

        assert_eq!(
            ask.url_beyond("new"),
            "https://opa.test/v1/teams/demo/users?count=2&contains=a%2Cb&offset=new"
        );
    }

    #[test]
    fn parameters_are_decoded_and_may_come_again() {
        let ask = ask("/x?status=A&status=B&contains=a+b%26c&empty=");

        assert_eq!(ask.params("status").collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(ask.param("contains").as_deref(), Some("a b&c"));
        assert_eq!(ask.param("empty"), None);
        assert!(ask.flag("contains").is_err());
    }
}
