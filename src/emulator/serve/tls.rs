//! TLS with a certificate made at the start, for tests of clients that insist on it.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::socket::Socket;

/// A certificate with its key, and the authority that signed it.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    authority: Arc<str>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// It could not be made, as of a name that is none.
    #[error("no certificate can be made: {0}")]
    Made(#[from] rcgen::Error),
    /// It could not be used.
    #[error("the certificate cannot be used: {0}")]
    Used(#[from] rustls::Error),
}

impl Tls {
    /// Makes a certificate for `localhost`, the addresses of loopback, `address` and `names`.
    ///
    /// An authority made for this one purpose signs it, and its key is forgotten at once: nothing else
    /// can ever be signed by what a client is told to trust.
    ///
    /// # Errors
    ///
    /// Fails if a name is none.
    pub fn self_made(address: IpAddr, names: &[String]) -> Result<Self, TlsError> {
        let mut own = vec!["localhost".to_owned()];
        let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        own.extend(loopback.map(|address: IpAddr| address.to_string()));
        if !address.is_unspecified() && !loopback.contains(&address) {
            own.push(address.to_string());
        }
        own.extend_from_slice(names);

        let authority = authority()?;
        let authority_key = KeyPair::generate()?;
        let authority_certificate = authority.self_signed(&authority_key)?;
        let key = KeyPair::generate()?;
        let issuer = Issuer::from_params(&authority, authority_key);
        let certificate = server(own)?.signed_by(&key, &issuer)?;

        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            authority: authority_certificate.pem().into(),
        })
    }

    /// What a client is to trust, as PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Carries out the handshake.
    pub(super) async fn accept(&self, stream: Socket) -> io::Result<TlsStream<Socket>> {
        self.acceptor.accept(stream).await
    }
}

fn authority() -> Result<CertificateParams, rcgen::Error> {
    let mut params = named(Vec::new(), "opagate emulator, made-up authority")?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn server(names: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = named(names, "opagate emulator")?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn named(names: Vec<String>, name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2099, 1, 1);
    Ok(params)
}
