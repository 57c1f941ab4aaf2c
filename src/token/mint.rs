//! One call to the token endpoint.
//!
//! It is outside of the upstream's limit and never waits behind traffic.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, DATE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::timeout;

use super::{Config, Key};
use crate::caller::Principal;
use crate::error::Kind;
use crate::secret::{Secret, Source};
use crate::upstream::Upstream;

/// Asks for tokens with one principal's keys.
#[derive(Debug)]
pub(super) struct Mint {
    config: Config,
    principal: Arc<Principal>,
    keys: Vec<Key>,
    upstream: Upstream,
}

/// A token as issued.
#[derive(Debug)]
pub(super) struct Issued {
    /// `Bearer …`.
    pub(super) header: HeaderValue,
    /// How long it is good from now on.
    pub(super) life: Duration,
}

/// Why there is no token.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum MintError {
    /// Every key was refused.
    #[error("key refused ({0})")]
    Refused(StatusCode),
    /// The endpoint is rate limited.
    #[error("token endpoint answers 429")]
    Limited,
    /// The endpoint fails.
    #[error("token endpoint answers {0}")]
    Status(StatusCode),
    /// The endpoint cannot be reached.
    #[error("token endpoint not reachable")]
    Connect,
    /// It took too long.
    #[error("token endpoint does not answer in time")]
    Timeout,
    /// What it answered is no token.
    #[error("token endpoint answers something that is not a token: {0}")]
    Malformed(&'static str),
    /// The secret cannot be read.
    #[error("key file cannot be read: {0}")]
    KeyFile(String),
}

impl MintError {
    /// The metric label.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Refused(_) | Self::KeyFile(_) => "refused",
            Self::Limited => "limited",
            Self::Status(_) => "5xx",
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Malformed(_) => "malformed",
        }
    }
}

impl Mint {
    pub(super) fn new(
        config: Config,
        principal: Arc<Principal>,
        keys: Vec<Key>,
        upstream: Upstream,
    ) -> Self {
        Self {
            config,
            principal,
            keys,
            upstream,
        }
    }

    /// Gets a token with the first key that is not refused.
    pub(super) async fn issue(&self) -> Result<Issued, MintError> {
        let mut last = MintError::Malformed("no key is configured");
        for key in &self.keys {
            match self.issue_with(key).await {
                Ok(issued) => return Ok(issued),
                Err(refused @ (MintError::Refused(_) | MintError::KeyFile(_))) => last = refused,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    async fn issue_with(&self, key: &Key) -> Result<Issued, MintError> {
        let secret = read(&key.secret).await?;
        let request = self.request(&key.id, &secret)?;
        let answer = timeout(self.config.timeout, self.upstream.send(request, false))
            .await
            .map_err(|_| MintError::Timeout)?;
        let response = answer.map_err(|error| {
            let is_late = error.kind() == Kind::UpstreamTimeout;
            if is_late {
                MintError::Timeout
            } else {
                MintError::Connect
            }
        })?;
        let body = response.body().whole().unwrap_or_default();
        match response.status() {
            StatusCode::OK => self.understand(response.headers(), &body),
            StatusCode::TOO_MANY_REQUESTS => Err(MintError::Limited),
            status if status.is_client_error() => Err(MintError::Refused(status)),
            status => Err(MintError::Status(status)),
        }
    }

    fn request(&self, id: &str, secret: &Secret) -> Result<http::Request<Bytes>, MintError> {
        #[derive(serde::Serialize)]
        struct Body<'a> {
            key_id: &'a str,
            key_secret: &'a str,
        }
        let body = Body {
            key_id: id,
            key_secret: secret.expose(),
        };
        let body = serde_json::to_vec(&body).map_err(|_| MintError::Malformed("key"))?;
        let target = format!("/v1/teams/{}/service_token", self.principal.team);
        let uri = self
            .upstream
            .uri(&target)
            .map_err(|_| MintError::Malformed("team"))?;
        let mut request = http::Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        let json = HeaderValue::from_static("application/json");
        let agent = concat!("opagate/", env!("CARGO_PKG_VERSION"));
        let headers = request.headers_mut();
        headers.insert(ACCEPT, json.clone());
        headers.insert(CONTENT_TYPE, json);
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        Ok(request)
    }

    fn understand(&self, headers: &HeaderMap, body: &[u8]) -> Result<Issued, MintError> {
        #[derive(Deserialize)]
        struct Answer {
            bearer_token: String,
            expires_at: Option<String>,
            team_name: Option<String>,
        }
        let answer: Answer = serde_json::from_slice(body)
            .map_err(|_| MintError::Malformed("not the expected JSON"))?;
        let team = answer.team_name.as_deref().unwrap_or(&self.principal.team);
        if !team.eq_ignore_ascii_case(&self.principal.team) {
            return Err(MintError::Malformed("it is for another team"));
        }
        let token = Secret::new(answer.bearer_token);
        if !is_token(token.expose()) {
            return Err(MintError::Malformed("characters or length of the token"));
        }
        let header = token.to_bearer().ok_or(MintError::Malformed("token"))?;
        let life = life(answer.expires_at.as_deref(), headers);
        Ok(Issued { header, life })
    }
}

async fn read(source: &Source) -> Result<Secret, MintError> {
    match source {
        Source::Value(secret) => Ok(secret.clone()),
        Source::File(path) => {
            let text = tokio::fs::read_to_string(path).await;
            let text = text.map_err(|e| MintError::KeyFile(e.to_string()))?;
            Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
        }
    }
}

/// Whether the text can stand in a header and is of a length that tokens have.
fn is_token(text: &str) -> bool {
    let is_token68 = |b: u8| b.is_ascii_alphanumeric() || b"._~+/=-".contains(&b);
    (8..=8192).contains(&text.len()) && text.bytes().all(is_token68)
}

/// How long a token is good, by the upstream's own clock, so that ours may be wrong.
fn life(expires_at: Option<&str>, headers: &HeaderMap) -> Duration {
    let date = headers.get(DATE).and_then(|value| value.to_str().ok());
    let now = date
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or_else(SystemTime::now);
    let expires = expires_at.and_then(|text| text.parse::<Timestamp>().ok());
    let left = expires.and_then(|expires| SystemTime::from(expires).duration_since(now).ok());
    left.filter(|left| !left.is_zero())
        .unwrap_or(UNKNOWN_LIFE)
        .min(LONGEST_LIFE)
}

/// Where `expires_at` is missing, unreadable or past: short enough to do no harm.
const UNKNOWN_LIFE: Duration = Duration::from_secs(60);

/// OPA's tokens live about an hour; nothing is believed beyond a day.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    fn dated(date: &str) -> HeaderMap {
        [(DATE, HeaderValue::from_str(date).unwrap())]
            .into_iter()
            .collect()
    }

    #[test]
    fn life_is_told_by_the_upstreams_clock() {
        let headers = dated("Sat, 21 Nov 2020 12:00:00 GMT");

        let left = life(Some("2020-11-21T13:00:00Z"), &headers);

        assert_eq!(left, Duration::from_secs(3600));
    }

    #[test]
    fn unreasonable_expiry_is_a_minute() {
        let headers = dated("Sat, 21 Nov 2020 12:00:00 GMT");

        for bad in [
            None,
            Some("soon"),
            Some("0001-01-01T00:00:00Z"),
            Some("2020-11-21T12:00:00Z"),
        ] {
            assert_eq!(life(bad, &headers), UNKNOWN_LIFE, "{bad:?}");
        }
    }

    #[test]
    fn token_that_would_break_a_header_is_refused() {
        assert!(is_token("eyJhbGciOiJSUzI1NiJ9.e30.x-_"));
        assert!(!is_token("short"));
        assert!(!is_token("eyJhbGciOi\r\nX-Evil: 1"));
        assert!(!is_token("has a space in it"));
    }
}
