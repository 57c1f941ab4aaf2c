//! When certificates end.

use std::path::Path;

use rustls_pki_types::CertificateDer;
use x509_parser::parse_x509_certificate;

use super::{TlsError, unfit};

/// When the certificates of a listener end, the soonest of each kind, in seconds since 1970.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ends {
    /// The listener's own, and those that lead to its authority.
    pub server: i64,
    /// The authorities of clients' certificates, if clients are asked for one.
    pub client_ca: Option<i64>,
}

/// When the first of the certificates in `path` ends.
pub(super) fn soonest(path: &Path, all: &[CertificateDer<'_>]) -> Result<i64, TlsError> {
    let mut soonest = i64::MAX;
    for certificate in all {
        let (_, read) = parse_x509_certificate(certificate).map_err(|e| unfit(path, e))?;
        soonest = soonest.min(read.validity().not_after.timestamp());
    }
    Ok(soonest)
}
