//! The upstream: sends a request, reads its answer, and says what became of both.
//!
//! One attempt, no more. Redirects are never followed, proxies are only used when configured. What
//! comes back is whole and, where JSON is due, JSON; or it is an error.

mod client;
mod plain;
mod receive;
mod transport;

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http::header::ACCEPT_ENCODING;
use http_body_util::Full;
use tokio::time::{Instant, timeout_at};
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

pub use self::client::Client;
use self::receive::Form;
pub use self::receive::{UNREADABLE, error_code, json_error};
pub(crate) use self::receive::{resumed, strip_connection};
pub use self::transport::{TransportError, connect};

use crate::coding::GZIP;
use crate::error::{Error, Kind};
use crate::exchange::{Body, BoxError, Response};

/// What carries one HTTP exchange: a connection pool, or the emulator in tests.
pub type Transport =
    BoxCloneSyncService<http::Request<Full<Bytes>>, http::Response<Body>, BoxError>;

/// Where one team's upstream is, and how long it may take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// Scheme and authority, without path: `https://acme.pam.okta.com`.
    pub url: Uri,
    /// More certificate authorities to trust, as PEM.
    pub ca_file: Option<PathBuf>,
    /// An HTTP proxy to go through; the environment's proxy variables are never read.
    pub proxy: Option<Uri>,
    /// Times and sizes.
    pub limits: Limits,
}

/// How long one attempt may take and how much it may bring; the same for all teams.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Until connected, TLS included.
    pub connect_timeout: Duration,
    /// Until the head of the answer is there.
    pub head_timeout: Duration,
    /// Until the whole answer is there; for a body that is passed on as it arrives, between two
    /// parts of it.
    pub timeout: Duration,
    /// The largest body that is read whole.
    pub response_body_bytes: NonZeroU64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            head_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(20),
            response_body_bytes: NonZeroU64::new(16 * 1024 * 1024).expect("not zero"),
        }
    }
}

/// A handle on every team's upstream, in the order of the configuration.
#[derive(Clone, Debug)]
pub struct Upstreams(Arc<[Upstream]>);

impl Upstreams {
    /// Takes one upstream for each team.
    pub fn new(upstreams: Vec<Upstream>) -> Self {
        Self(upstreams.into())
    }

    /// The upstream of the team at `team_index`.
    ///
    /// # Panics
    ///
    /// If there is no such team; principals are made with the upstreams, in one place.
    pub fn of(&self, team_index: usize) -> &Upstream {
        self.0
            .get(team_index)
            .expect("each principal has an upstream")
    }
}

/// One team's upstream.
#[derive(Clone, Debug)]
pub struct Upstream {
    origin: Arc<Uri>,
    transport: Transport,
    limits: Limits,
}

impl Upstream {
    /// An upstream at `origin` (scheme and authority) that is reached over `transport`.
    pub fn new(origin: Uri, transport: Transport, limits: Limits) -> Self {
        Self {
            origin: Arc::new(origin),
            transport,
            limits,
        }
    }

    /// Scheme and authority.
    pub fn origin(&self) -> &Uri {
        &self.origin
    }

    /// The whole URI of a path and query.
    ///
    /// # Errors
    ///
    /// Fails with [`Kind::MalformedPath`] if they do not make one.
    pub fn uri(&self, target: &str) -> Result<Uri, Error> {
        let mut parts = (*self.origin).clone().into_parts();
        let target = target.parse().map_err(|e| Kind::MalformedPath.because(e))?;
        parts.path_and_query = Some(target);
        Uri::from_parts(parts).map_err(|e| Kind::MalformedPath.because(e))
    }

    /// Sends `request` and gives the answer as it comes, once its head is there.
    ///
    /// # Errors
    ///
    /// Fails with [`Kind::Unreachable`] or [`Kind::UpstreamTimeout`].
    pub async fn open(&self, request: http::Request<Bytes>) -> Result<Response, Error> {
        let until = Instant::now() + self.limits.head_timeout;
        let head = self.transport.clone().oneshot(request.map(Full::new));
        timeout_at(until, head)
            .await
            .map_err(|e| Kind::UpstreamTimeout.because(e))?
            .map_err(transport::failed)
    }

    /// Sends `request` and reads the answer whole.
    ///
    /// What comes back is plain. Only a body over the limit is passed on as it arrives, if
    /// `may_stream`, and then as gzip if the request says that it may be.
    ///
    /// # Errors
    ///
    /// Fails with [`Kind::Unreachable`], [`Kind::UpstreamTimeout`] or [`Kind::ResponseTooLarge`].
    pub async fn send(
        &self,
        request: http::Request<Bytes>,
        may_stream: bool,
    ) -> Result<Response, Error> {
        let now = Instant::now();
        let takes_gzip = request.headers().get(ACCEPT_ENCODING) == Some(&GZIP);
        let form = Form {
            may_stream,
            takes_gzip,
        };
        let response = self.open(request).await?;
        let reading = receive::read(response, &self.limits, form);
        timeout_at(now + self.limits.timeout, reading)
            .await
            .map_err(|e| Kind::UpstreamTimeout.because(e))?
    }
}
