//! Okta's API, as far as a login needs it.
//!
//! The API token goes to `/api/v1/users/…` only: one of a read-only administrator would be refused
//! elsewhere, and a login needs none. Each call has little patience: what Okta's limit does not let
//! through is sent again after the time that Okta names if that is short, and what may have acted is
//! never sent again.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::Settings;
use super::headers::{next, until_reset};
use super::trouble::{Trouble, refused};
use crate::error::{Error, Kind};
use crate::secret::Secret;
use crate::upstream::{self, Limits, TransportError, Upstream};

/// The organisation of one mount.
#[derive(Debug)]
pub(super) struct Okta {
    upstream: Upstream,
    token: Option<Secret>,
}

/// One call.
struct Call<'c> {
    method: Method,
    target: &'c str,
    body: Option<Value>,
    /// Who is at the other end, for Okta's own log and rules.
    peer: Option<IpAddr>,
    with_token: bool,
}

/// Why an organisation cannot be reached by some settings.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreachable {
    #[error(transparent)]
    Settings(#[from] super::Wrong),
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl Okta {
    /// The way to the organisation; connects to nothing yet.
    pub(super) fn new(settings: &Settings) -> Result<Self, Unreachable> {
        let config = upstream::Config {
            url: settings.url()?,
            ca_file: None,
            proxy: None,
            limits: Limits {
                response_body_bytes: LARGEST_ANSWER.try_into().expect("not zero"),
                ..Limits::default()
            },
        };
        let transport = upstream::connect(&config)?;
        Ok(Self {
            upstream: Upstream::new(config.url, transport, config.limits),
            token: settings.api_token.clone(),
        })
    }

    /// Whether it can look into the directory.
    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// `POST /api/v1/authn`: name and password.
    pub(super) async fn authn(
        &self,
        name: &str,
        password: &Secret,
        peer: Option<IpAddr>,
    ) -> Result<Value, Trouble> {
        let body = json!({ "username": name, "password": password.expose() });
        self.ask(Call {
            method: Method::POST,
            target: "/api/v1/authn",
            body: Some(body),
            peer,
            with_token: false,
        })
        .await
        .map(|(_, answer)| answer)
    }

    /// `POST /api/v1/authn/factors/{id}/verify`: a code, or a push sent or asked after.
    pub(super) async fn verify(
        &self,
        factor: &str,
        state: &Secret,
        code: Option<&str>,
        peer: Option<IpAddr>,
    ) -> Result<Value, Trouble> {
        let mut body = json!({ "stateToken": state.expose() });
        if let (Some(code), Some(body)) = (code, body.as_object_mut()) {
            body.insert("passCode".to_owned(), code.into());
        }
        self.ask(Call {
            method: Method::POST,
            target: &format!("/api/v1/authn/factors/{factor}/verify"),
            body: Some(body),
            peer,
            with_token: false,
        })
        .await
        .map(|(_, answer)| answer)
    }

    /// `GET /api/v1/users/{id}`.
    pub(super) async fn user(&self, id: &str) -> Result<Value, Trouble> {
        let target = format!("/api/v1/users/{id}");
        self.read(&target).await.map(|(_, answer)| answer)
    }

    /// `GET /api/v1/users/{id}/groups`, all pages: the groups' names.
    pub(super) async fn groups(&self, id: &str) -> Result<Vec<String>, Trouble> {
        let mut target = format!("/api/v1/users/{id}/groups?limit=200");
        let mut names = Vec::new();
        for _ in 0..MOST_PAGES {
            let (headers, page) = self.read(&target).await?;
            let groups = page.as_array().ok_or(Trouble::Odd)?;
            for group in groups {
                let name = group.pointer("/profile/name").and_then(Value::as_str);
                names.push(name.ok_or(Trouble::Odd)?.to_owned());
            }
            match next(&headers) {
                None => return Ok(names),
                // A loop, or another place.
                Some(next) if next == target || !next.starts_with("/api/v1/users/") => {
                    return Err(Trouble::Odd);
                }
                Some(next) => target = next,
            }
        }
        Err(Trouble::Odd)
    }

    async fn read(&self, target: &str) -> Result<(HeaderMap, Value), Trouble> {
        self.ask(Call {
            method: Method::GET,
            target,
            body: None,
            peer: None,
            with_token: true,
        })
        .await
    }

    /// Asks, again if nothing can have come of it, and not for long.
    async fn ask(&self, call: Call<'_>) -> Result<(HeaderMap, Value), Trouble> {
        let mut waited = Duration::ZERO;
        for turn in 1.. {
            let trouble = match self.once(&call).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            let pause = match &trouble {
                Trouble::Limited(pause) => *pause,
                Trouble::Silent(error) if call.may_repeat(error) => BACKOFF * turn,
                Trouble::Refused { status, .. }
                    if status.is_server_error() && call.method == Method::GET =>
                {
                    BACKOFF * turn
                }
                Trouble::Silent(_) | Trouble::Refused { .. } | Trouble::Odd => return Err(trouble),
            };
            waited += pause;
            if waited > PATIENCE || turn == TURNS {
                return Err(trouble);
            }
            // Not all who wait at once.
            sleep(pause + Duration::from_millis(fastrand::u64(0..250))).await;
        }
        Err(Trouble::Odd)
    }

    async fn once(&self, call: &Call<'_>) -> Result<(HeaderMap, Value), Trouble> {
        let request = self.request(call).map_err(Trouble::Silent)?;
        let response = self.upstream.send(request, false).await;
        let response = response.map_err(Trouble::Silent)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.body().whole().unwrap_or_default();
        let answer: Option<Value> = serde_json::from_slice(&body).ok();
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(Trouble::Limited(until_reset(&headers)));
        }
        match answer {
            Some(answer) if status.is_success() => Ok((headers, answer)),
            Some(answer) => Err(refused(status, &answer)),
            None if status.is_server_error() => Err(Trouble::Refused {
                status,
                code: String::new(),
                summary: status.to_string(),
            }),
            None => Err(Trouble::Odd),
        }
    }

    fn request(&self, call: &Call<'_>) -> Result<Request<Bytes>, Error> {
        let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = self.upstream.uri(call.target)?;
        let json = HeaderValue::from_static("application/json");
        let headers = request.headers_mut();
        headers.insert(ACCEPT, json.clone());
        if call.body.is_some() {
            headers.insert(CONTENT_TYPE, json);
        }
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let peer = call.peer.filter(|peer| !peer.is_loopback());
        if let Some(peer) = peer.and_then(|peer| peer.to_string().parse().ok()) {
            headers.insert(FORWARDED_FOR, peer);
        }
        if let Some(token) = self.token.as_ref().filter(|_| call.with_token) {
            let value = HeaderValue::from_str(&format!("SSWS {}", token.expose()));
            let mut value = value.map_err(|error| Kind::Internal.because(error))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(request)
    }
}

impl Call<'_> {
    /// Whether a call that failed so can have done nothing, or nothing that counts.
    fn may_repeat(&self, error: &Error) -> bool {
        let is_unsent = error.kind() == Kind::Unreachable { sent: false };
        is_unsent || (self.method == Method::GET && error.kind() != Kind::UpstreamTimeout)
    }
}

const AGENT: &str = concat!("opagate/", env!("CARGO_PKG_VERSION"));
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Before the second try; longer before the third.
const BACKOFF: Duration = Duration::from_millis(300);
/// How long all pauses of one call may be together.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a call is sent at most.
const TURNS: u32 = 3;
/// Two hundred groups a page.
const MOST_PAGES: usize = 100;
const LARGEST_ANSWER: u64 = 4 * 1024 * 1024;
