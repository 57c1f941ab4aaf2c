//! TLS of a listener: its certificate, whom it asks for one, and how new files are taken up.
//!
//! Files are read again while connections go on: those that are open keep what they began with, new
//! ones get what was last found right.

mod ends;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use self::ends::Ends;

/// The files of a listener's TLS, all PEM.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Files {
    /// The certificate, then those that lead to its authority.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The authorities of clients' certificates; `None`: clients are asked for none.
    pub client_ca: Option<PathBuf>,
    /// Which of these were revoked.
    pub client_crl: Option<PathBuf>,
    /// Whether clients without a certificate are let in.
    pub client_optional: bool,
}

/// Why a listener's files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// One cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// They do not fit each other, or are not what they should be.
    #[error("{}: {source}", path.display())]
    Unfit {
        /// The one that shows it.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Ends TLS for a listener; cheap to clone.
#[derive(Clone)]
pub struct Acceptor {
    files: Arc<Files>,
    used: Arc<RwLock<Used>>,
    /// What the files held at the last look.
    seen: Arc<Mutex<Vec<Option<Vec<u8>>>>>,
}

/// What was last found right.
struct Used {
    config: Arc<ServerConfig>,
    ends: Ends,
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").finish_non_exhaustive()
    }
}

impl Acceptor {
    /// Reads `files`.
    ///
    /// # Errors
    ///
    /// Fails if one cannot be read, or if they do not fit each other.
    pub fn load(files: Files) -> Result<Self, TlsError> {
        let seen = Arc::new(Mutex::new(contents(&files)));
        let used = Arc::new(RwLock::new(read(&files)?));
        let files = Arc::new(files);
        Ok(Self { files, used, seen })
    }

    /// Shakes hands with a client.
    ///
    /// # Errors
    ///
    /// Fails if the client goes, speaks no TLS, or shows no certificate that is asked for.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let config = Arc::clone(&self.used.read().config);
        TlsAcceptor::from(config).accept(stream).await
    }

    /// When the certificates that are in use end.
    pub fn ends(&self) -> Ends {
        self.used.read().ends
    }

    /// Looks for new files for ever, and tells `taken` whether they were taken.
    pub(super) async fn watch(&self, taken: impl Fn(bool)) {
        loop {
            sleep(LOOK_EVERY).await;
            match self.renew() {
                Ok(false) => {}
                Ok(true) => {
                    tracing::info!(event = "certificate", "new certificates are in use");
                    taken(true);
                }
                // Files are seldom replaced at once: the next look may find them whole.
                Err(error) => {
                    tracing::warn!(event = "certificate", "the old ones stay: {error}");
                    taken(false);
                }
            }
        }
    }

    /// Reads the files again if they hold something else than at the last look; says whether they do.
    ///
    /// # Errors
    ///
    /// Fails as [`Acceptor::load`] does; what was in use stays so.
    pub fn renew(&self) -> Result<bool, TlsError> {
        let now = contents(&self.files);
        if *self.seen.lock() == now {
            return Ok(false);
        }
        *self.seen.lock() = now;
        *self.used.write() = read(&self.files)?;
        Ok(true)
    }
}

/// What the files hold; by content, for times and names tell little where a directory is swapped.
fn contents(files: &Files) -> Vec<Option<Vec<u8>>> {
    let Files {
        certificate,
        key,
        client_ca,
        client_crl,
        client_optional: _,
    } = files;
    let always = [Some(certificate), Some(key)].into_iter();
    let all = always.chain([client_ca.as_ref(), client_crl.as_ref()]);
    all.flatten().map(|path| fs::read(path).ok()).collect()
}

/// How often files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

fn read(files: &Files) -> Result<Used, TlsError> {
    let chain = certificates(&files.certificate)?;
    let authorities = match &files.client_ca {
        Some(path) => Some((path, certificates(path)?)),
        None => None,
    };
    let ends = Ends {
        server: ends::soonest(&files.certificate, &chain)?,
        client_ca: match &authorities {
            Some((path, all)) => Some(ends::soonest(path, all)?),
            None => None,
        },
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|e| unreadable(&files.key, e))?;
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| unfit(&files.certificate, e))?;
    let builder = match authorities {
        None => builder.with_no_client_auth(),
        Some((path, all)) => {
            let verifier = verifier(files, path, all, provider)?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let config = builder.with_single_cert(chain, key);
    let mut config = config.map_err(|e| unfit(&files.key, e))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let config = Arc::new(config);
    Ok(Used { config, ends })
}

/// Takes the certificates of clients that `authorities`, from `path`, have signed.
fn verifier(
    files: &Files,
    path: &Path,
    authorities: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in authorities {
        roots.add(certificate).map_err(|e| unfit(path, e))?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let verifier = match &files.client_crl {
        Some(revoked) => verifier.with_crls(revocations(revoked)?),
        None => verifier,
    };
    let verifier = if files.client_optional {
        verifier.allow_unauthenticated()
    } else {
        verifier
    };
    verifier.build().map_err(|e| unfit(path, e))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all = CertificateDer::pem_file_iter(path).map_err(|e| unreadable(path, e))?;
    let all: Result<Vec<_>, _> = all.collect();
    let all = all.map_err(|e| unreadable(path, e))?;
    if all.is_empty() {
        return Err(unreadable(path, pem::Error::NoItemsFound));
    }
    Ok(all)
}

fn revocations(path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
    let all = CertificateRevocationListDer::pem_file_iter(path);
    let all: Result<Vec<_>, _> = all.map_err(|e| unreadable(path, e))?.collect();
    all.map_err(|e| unreadable(path, e))
}

fn unreadable(path: &Path, source: pem::Error) -> TlsError {
    let path = path.to_owned();
    TlsError::File { path, source }
}

fn unfit(path: &Path, source: impl std::error::Error + Send + Sync + 'static) -> TlsError {
    TlsError::Unfit {
        path: path.to_owned(),
        source: Box::new(source),
    }
}
