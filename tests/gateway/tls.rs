//! TLS over real sockets: who is let in, how new files are taken up, where links lead.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opagate::listen::tls::{Acceptor, Files};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::listen::Open;
use crate::support::Setup;

const LIST: &str = "/v1/teams/demo/service_users?count=100";

/// An authority, and files that it signed.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    directory: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("ca.pem"), &pem).unwrap();
        Self {
            issuer,
            pem,
            directory,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes `NAME.pem` and `NAME.key` for this host name.
    fn sign(&self, name: &str, host: &str) -> (PathBuf, PathBuf) {
        self.sign_until(name, host, 2030)
    }

    /// The same, good until this year begins.
    fn sign_until(&self, name: &str, host: &str, year: i32) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let paths = (
            self.path(&format!("{name}.pem")),
            self.path(&format!("{name}.key")),
        );
        fs::write(&paths.1, key.serialize_pem()).unwrap();
        fs::write(&paths.0, certificate.pem()).unwrap();
        paths
    }

    fn files(&self) -> Files {
        let (certificate, key) = self.sign("server", "localhost");
        Files {
            certificate,
            key,
            client_ca: None,
            client_crl: None,
            client_optional: false,
        }
    }

    /// A client that trusts it, and shows a certificate if it has one.
    fn client(&self, own: Option<(&Path, &Path)>, protocol: &[u8]) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap();
        roots.add(authority).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
                let key = PrivateKeyDer::from_pem_file(key).unwrap();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        };
        config.alpn_protocols = vec![protocol.to_vec()];
        TlsConnector::from(Arc::new(config))
    }
}

async fn connect(
    open: &Open,
    client: &TlsConnector,
    host: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(open.address).await?;
    let host = ServerName::try_from(host.to_owned()).unwrap();
    client.connect(host, stream).await
}

/// Asks over HTTP/1.1; in TLS 1.3 a client hears that it is refused only when it reads.
async fn ask(stream: TlsStream<TcpStream>) -> hyper::Result<(u16, String, String)> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::get(LIST)
        .header("host", "gateway.test")
        .body(Empty::<bytes::Bytes>::new())
        .unwrap();
    let response = sender.send_request(request).await?;
    let link = response
        .headers()
        .get("link")
        .map(|link| link.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    drop(sender);
    connection.await.unwrap()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok((status, link.unwrap_or_default(), body))
}

#[tokio::test]
async fn both_protocols_are_spoken_and_links_lead_back_by_https() {
    let authority = Authority::new();
    let acceptor = Acceptor::load(authority.files()).unwrap();
    let open = Open::through(Setup::new(), Some(acceptor)).await;

    let stream = connect(&open, &authority.client(None, b"http/1.1"), "localhost")
        .await
        .unwrap();
    let (status, link, _) = ask(stream).await.unwrap();
    let stream = connect(&open, &authority.client(None, b"h2"), "localhost")
        .await
        .unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get(format!("https://gateway.test{LIST}"));
    let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
    let second = sender.send_request(request).await.unwrap();

    assert_eq!(status, 200);
    assert!(
        link.starts_with("<https://gateway.test/v1/teams/demo/"),
        "{link}"
    );
    assert_eq!(
        (second.status().as_u16(), &second.headers()["x-cache"]),
        (200, &"HIT".parse().unwrap())
    );
    drop((second, sender));
    connection.await.unwrap().unwrap();
    open.finish().await;
}

#[tokio::test]
async fn client_without_a_certificate_of_the_authority_is_refused_where_one_is_required() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let own = authority.sign("client", "client");
    let other = stranger.sign("client", "client");
    for (optional, shown, is_let_in) in [
        (false, None, false),
        (false, Some(&own), true),
        (false, Some(&other), false),
        (true, None, true),
        (true, Some(&other), false),
    ] {
        let files = Files {
            client_ca: Some(authority.path("ca.pem")),
            client_optional: optional,
            ..authority.files()
        };
        let acceptor = Acceptor::load(files).unwrap();
        let open = Open::through(Setup::new(), Some(acceptor)).await;
        let shown = shown.map(|(certificate, key)| (certificate.as_path(), key.as_path()));

        let client = authority.client(shown, b"http/1.1");
        let result = match connect(&open, &client, "localhost").await {
            Ok(stream) => ask(stream).await.ok(),
            Err(_) => None,
        };

        let what = format!("{optional} {shown:?}");
        assert_eq!(
            result.map(|(status, ..)| status),
            is_let_in.then_some(200),
            "{what}"
        );
        let parts = open.gateway.parts.clone();
        open.finish().await;
        let listener = &parts.config.listeners.last().unwrap().name;
        let refused =
            format!("opagate_connections_total{{listener=\"{listener}\",result=\"tls_failed\"}} 1");
        let metrics = parts.metrics.encode();
        assert_eq!(metrics.contains(&refused), !is_let_in, "{what}\n{metrics}");
    }
}

#[tokio::test]
async fn metrics_tell_when_certificates_end() {
    let authority = Authority::new();
    let files = Files {
        client_ca: Some(authority.path("ca.pem")),
        ..authority.files()
    };
    let open = Open::through(Setup::new(), Some(Acceptor::load(files).unwrap())).await;

    // A connection is only taken when the listener is at work.
    let client = authority.client(None, b"http/1.1");
    drop(connect(&open, &client, "localhost").await);

    let metrics = open.gateway.parts.metrics.encode();
    for (of, end) in [("server", START_OF_2030), ("client_ca", START_OF_4096)] {
        let name = "opagate_certificate_expiry_timestamp_seconds";
        let line = format!("{name}{{listener=\"sidecar\",use=\"{of}\"}} {end}\n");
        assert!(metrics.contains(&line), "{line}\n{metrics}");
    }
    open.finish().await;
}

/// In seconds since 1970; the authority's own certificate ends where `rcgen` lets it.
const START_OF_2030: i64 = 1_893_456_000;
const START_OF_4096: i64 = 67_090_118_400;

#[tokio::test]
async fn new_files_are_taken_up_and_wrong_ones_are_not() {
    let authority = Authority::new();
    let files = authority.files();
    let acceptor = Acceptor::load(files.clone()).unwrap();
    let open = Open::through(Setup::new(), Some(acceptor.clone())).await;
    let client = authority.client(None, b"http/1.1");
    let (old, mut sender) = {
        let stream = connect(&open, &client, "localhost").await.unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        (tokio::spawn(connection), sender)
    };

    fs::write(&files.certificate, "no certificate").unwrap();
    assert!(acceptor.renew().is_err());
    assert!(connect(&open, &client, "localhost").await.is_ok());
    assert_eq!(acceptor.ends().server, START_OF_2030);
    authority.sign_until("server", "renamed.test", 2031);
    assert!(acceptor.renew().unwrap());
    assert_eq!(acceptor.ends().server, START_OF_2030 + 365 * 86_400);
    assert!(!acceptor.renew().unwrap());

    assert!(connect(&open, &client, "renamed.test").await.is_ok());
    assert!(connect(&open, &client, "localhost").await.is_err());
    let request = Request::get(LIST)
        .header("host", "gateway.test")
        .body(Empty::<bytes::Bytes>::new());
    let still = sender.send_request(request.unwrap()).await.unwrap();
    assert_eq!(still.status(), 200);
    drop((still, sender));
    old.await.unwrap().unwrap();
    open.finish().await;
}
