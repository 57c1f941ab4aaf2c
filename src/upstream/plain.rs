//! Makes a body plain: joining, checking and keeping work on that form.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, HeaderMap};
use http::{HeaderName, StatusCode};

use crate::coding::{GunzipError, gunzip};

/// How a body is coded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Coding {
    /// Not at all.
    Plain,
    /// As was asked for.
    Gzip,
    /// In a way that was not asked for, or in several.
    Unknown,
}

impl Coding {
    /// Reads `Content-Encoding`.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut named = headers.get_all(CONTENT_ENCODING).iter();
        let Some(name) = named.next() else {
            return Self::Plain;
        };
        let name = name.as_bytes().trim_ascii();
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        match named.next() {
            None if is("gzip") || is("x-gzip") => Self::Gzip,
            None if is("identity") || is("") => Self::Plain,
            _ => Self::Unknown,
        }
    }

    /// The plain form of `read`, up to `limit` bytes.
    pub(super) async fn undo(
        self,
        read: &Bytes,
        limit: usize,
        status: StatusCode,
    ) -> Result<Bytes, GunzipError> {
        let plain = match self {
            // An answer to HEAD names the coding of what it leaves out.
            Self::Plain | Self::Gzip | Self::Unknown if read.is_empty() => Ok(Bytes::new()),
            Self::Plain => Ok(read.clone()),
            Self::Gzip => gunzip(read, limit).await,
            Self::Unknown => Err(GunzipError::Malformed),
        };
        match plain {
            // An error keeps its status, whatever was to be said of it.
            Err(GunzipError::Malformed) if is_error(status) => Ok(Bytes::new()),
            plain => plain,
        }
    }

    /// Drops what is true of the coded form only.
    pub(super) fn forget(self, headers: &mut HeaderMap) {
        headers.remove(CONTENT_ENCODING);
        if self != Self::Plain {
            for name in OF_THE_CODED_FORM {
                headers.remove(name);
            }
        }
    }
}

pub(super) fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// Digests (RFC 9530, RFC 3230, RFC 1864).
const OF_THE_CODED_FORM: [HeaderName; 4] = [
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("repr-digest"),
];

#[cfg(test)]
mod tests;
