//! Connections to the upstream: pool, TLS, proxy.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

use super::{Config, Transport};
use crate::error::{Error, Kind};
use crate::exchange::{Body, BoxError};

/// Why no connection to an upstream can ever be made.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The file with certificate authorities cannot be read or holds none.
    #[error("no certificate authority in `{file}`: {why}")]
    Authorities {
        /// The file as configured.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The machine's trust store cannot be used.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// Makes the pool of connections to one upstream; connects to nothing yet.
///
/// # Errors
///
/// Fails if the certificate authorities cannot be read.
pub fn connect(config: &Config) -> Result<Transport, TransportError> {
    let tls = tls(config.ca_file.as_deref())?;
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(config.limits.connect_timeout));
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .enable_http2();
    Ok(match &config.proxy {
        Some(proxy) => pool(https.wrap_connector(Tunnel::new(proxy.clone(), http))),
        None => pool(https.wrap_connector(http)),
    })
}

fn pool<C>(connector: C) -> Transport
where
    C: tower::Service<Uri, Error: Into<BoxError>, Future: Send + Unpin + 'static>
        + Clone
        + Send
        + Sync
        + 'static,
    C::Response:
        hyper::rt::Read + hyper::rt::Write + legacy::connect::Connection + Unpin + Send + 'static,
{
    let client = legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(MAX_IDLE)
        .http2_adaptive_window(true)
        .http2_keep_alive_interval(IDLE)
        .build(connector);
    let client = client
        .map_response(|response| response.map(Body::stream))
        .map_err(BoxError::from);
    BoxCloneSyncService::new(client)
}

fn tls(ca_file: Option<&Path>) -> Result<ClientConfig, TransportError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let extra = ca_file.map_or_else(|| Ok(Vec::new()), authorities)?;
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous() // The name of the method; the verifier is the platform's own.
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

fn authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let wrong = |why: String| TransportError::Authorities {
        file: file.display().to_string(),
        why,
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file)
        .map_err(|e| wrong(e.to_string()))?
        .collect();
    let found = found.map_err(|e| wrong(e.to_string()))?;
    if found.is_empty() {
        return Err(wrong("no PEM section `CERTIFICATE`".to_owned()));
    }
    Ok(found)
}

/// Says what a failed exchange means: whether bytes of the request may have been sent.
pub(super) fn failed(error: BoxError) -> Error {
    let refused = error
        .downcast_ref::<io::Error>()
        .is_some_and(|e| e.kind() == io::ErrorKind::ConnectionRefused);
    let unconnected = error
        .downcast_ref::<legacy::Error>()
        .is_some_and(legacy::Error::is_connect);
    Kind::Unreachable {
        sent: !(refused || unconnected),
    }
    .because(error)
}

/// Below the idle timeouts of usual load balancers, so that they do not close first.
const IDLE: Duration = Duration::from_secs(20);

/// More idle connections than a rate-limited upstream can keep busy.
const MAX_IDLE: usize = 32;
