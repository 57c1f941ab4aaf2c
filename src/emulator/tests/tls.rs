use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::wire::{Served, over_http2, served_with};
use super::*;
use crate::emulator::{Tls, Wire};

/// A team that is served over TLS, and what to trust.
async fn secure(patience: Duration) -> (Served, RootCertStore) {
    let address = "127.0.0.2".parse().unwrap();
    let tls = Tls::self_made(address, &["emulator.test".to_owned()]).unwrap();
    let mut trusted = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(tls.authority().as_bytes()).unwrap();
    trusted.add(authority).unwrap();
    let wire = Wire {
        tls: Some(tls),
        patience,
        ..Wire::default()
    };
    (served_with(wire).await, trusted)
}

/// A handshake with `name`, by a client that speaks `protocol` only.
async fn connect(
    served: &Served,
    trusted: &RootCertStore,
    name: &str,
    protocol: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(trusted.clone());
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let stream = TcpStream::connect(served.address).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await
}

/// Head and body of one page of groups over HTTP/1.1.
async fn over_http1(mut stream: TlsStream<TcpStream>, served: &Served) -> String {
    let head = format!(
        "GET {T}/groups?count=1 HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        served.address, served.client.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn speaks_http1_and_http2_to_who_trusts_it() {
    let (served, trusted) = secure(PATIENCE).await;
    let names = [
        "localhost",
        "127.0.0.1",
        "::1",
        "127.0.0.2",
        "emulator.test",
    ];

    for name in names {
        let stream = connect(&served, &trusted, name, "http/1.1").await.unwrap();
        let text = over_http1(stream, &served).await;
        assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
        let link = format!("link: <https://{}{T}/groups?", served.address);
        assert!(text.contains(&link), "{text}");
    }

    let stream = connect(&served, &trusted, "localhost", "h2").await.unwrap();
    let (status, link) = over_http2(stream, &served, "https").await;
    assert_eq!(status, StatusCode::OK);
    assert!(link.starts_with("<https://"), "{link}");
}

#[tokio::test]
async fn who_does_not_trust_it_hears_nothing() {
    let (served, trusted) = secure(PATIENCE).await;
    let (_, of_another) = secure(PATIENCE).await;

    let stranger = connect(&served, &of_another, "localhost", "h2").await;
    let elsewhere = connect(&served, &trusted, "elsewhere.test", "h2").await;

    for error in [stranger.unwrap_err(), elsewhere.unwrap_err()] {
        assert!(error.to_string().contains("certificate"), "{error}");
    }
    assert_eq!(served.client.emulator.counters().calls, 0);
}

#[tokio::test]
async fn handshake_that_never_ends_is_cut_and_holds_up_nobody() {
    let (served, trusted) = secure(Duration::from_millis(500)).await;
    let mut silent = TcpStream::connect(served.address).await.unwrap();
    let mut broken = TcpStream::connect(served.address).await.unwrap();
    broken.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();

    let stream = connect(&served, &trusted, "localhost", "http/1.1").await;
    let text = over_http1(stream.unwrap(), &served).await;
    let mut rest = Vec::new();
    let ended = async {
        // However they end: closed, or reset.
        drop(silent.read_to_end(&mut rest).await);
        drop(broken.read_to_end(&mut rest).await);
    };

    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    timeout(Duration::from_secs(10), ended).await.unwrap();
}

#[tokio::test]
async fn stop_does_not_wait_for_a_handshake() {
    let (served, _) = secure(PATIENCE).await;
    let _silent = TcpStream::connect(served.address).await.unwrap();

    served.stop.cancel();
    let ended = timeout(Duration::from_secs(10), served.task).await;

    ended.unwrap().unwrap().unwrap();
}

/// Longer than any test takes.
const PATIENCE: Duration = Duration::from_secs(60);
