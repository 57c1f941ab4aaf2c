//! Content codings (RFC 9110 §8.4): what a caller accepts, and gzip in both directions.
//!
//! gzip is the only coding that is asked for, understood and made: every client has it, and a second
//! one would double what is kept. Inside, every whole answer is plain.

use std::io::{BufRead, Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use http::HeaderMap;
use http::HeaderValue;
use http::header::ACCEPT_ENCODING;
use tokio::task::yield_now;

/// Which forms of an answer a caller takes (RFC 9110 §12.5.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Accepted {
    /// gzip, and at least as gladly as the plain form.
    pub gzip: bool,
    /// The plain form.
    pub plain: bool,
}

impl Accepted {
    /// Reads a request's `Accept-Encoding`; without one the plain form is taken.
    pub fn of(headers: &HeaderMap) -> Self {
        let (mut gzip, mut plain, mut other) = (None, None, None);
        let lines = headers.get_all(ACCEPT_ENCODING).iter();
        let members = lines.filter_map(|line| line.to_str().ok());
        for member in members.flat_map(|line| line.split(',')) {
            let (name, weight) = match member.split_once(';') {
                Some((name, weight)) => (name, parse_weight(weight)),
                None => (member, Some(WHOLE)),
            };
            let name = name.trim();
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            if is("gzip") || is("x-gzip") {
                gzip = gzip.max(weight);
            } else if is("identity") {
                plain = plain.max(weight);
            } else if name == "*" {
                other = other.max(weight);
            }
        }
        let gzip = gzip.or(other).unwrap_or(0);
        let plain = plain.or(other);
        Self {
            gzip: gzip > 0 && gzip >= plain.unwrap_or(0),
            plain: plain != Some(0),
        }
    }
}

/// The weight 1, in thousandths.
const WHOLE: u16 = 1000;

/// A `q=` in thousandths; `None` if it is none, and then its member counts for nothing.
fn parse_weight(text: &str) -> Option<u16> {
    let (name, value) = text.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let value = value.trim();
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    let is_number = part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
    let digits = part.bytes().map(|b| u16::from(b.wrapping_sub(b'0')));
    let places = [100, 10, 1];
    let part = digits.zip(places).map(|(digit, place)| digit * place).sum();
    match whole {
        "0" if is_number => Some(part),
        "1" if is_number && part == 0 => Some(WHOLE),
        _ => None,
    }
}

/// The coding's name, as it stands in headers.
pub const GZIP: HeaderValue = HeaderValue::from_static("gzip");

/// That no coding is wanted: without a word, any would be (RFC 9110 §12.5.3).
pub const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// The gzip form of `plain`; equal bytes give equal bytes.
pub fn gzip(plain: &[u8]) -> Bytes {
    let mut coder = GzEncoder::new(Vec::new(), Compression::default());
    let written = coder.write_all(plain);
    let mut coded = written.and_then(|()| coder.finish()).unwrap_or_default();
    coded.shrink_to_fit();
    Bytes::from(coded)
}

/// Why a gzip form cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GunzipError {
    /// The plain form is over the limit.
    #[error("the plain form of a gzip body is too large")]
    TooLarge,
    /// It is not gzip, or cut off.
    #[error("a body that should be gzip is not, or is cut off")]
    Malformed,
}

/// The plain form of `coded`, up to `limit` bytes.
///
/// Lets others run between its parts: some kilobytes may stand for many megabytes.
///
/// # Errors
///
/// Fails if it is not gzip, or is larger than `limit`.
pub async fn gunzip(coded: &[u8], limit: usize) -> Result<Bytes, GunzipError> {
    let mut decoder = MultiGzDecoder::new(coded);
    let mut plain = Vec::new();
    while read_part(&mut decoder, &mut plain)? {
        if plain.len() > limit {
            return Err(GunzipError::TooLarge);
        }
        yield_now().await;
    }
    plain.shrink_to_fit();
    Ok(Bytes::from(plain))
}

/// Whether there may be more.
fn read_part(
    decoder: &mut MultiGzDecoder<impl BufRead>,
    plain: &mut Vec<u8>,
) -> Result<bool, GunzipError> {
    let part = decoder.by_ref().take(PART).read_to_end(plain);
    let read = part.map_err(|_| GunzipError::Malformed)?;
    Ok(read > 0)
}

/// About half a millisecond of work, and by how much a limit may be passed before it is seen.
const PART: u64 = 128 * 1024;

/// The validator of the gzip form of what has the validator `plain` (RFC 9110 §8.8.3: a strong one
/// stands for one coding only); `None` if no caller could tell the two apart.
pub fn gzip_tag(plain: &HeaderValue) -> Option<HeaderValue> {
    let text = plain.to_str().ok()?;
    if text.starts_with("W/") {
        return Some(plain.clone());
    }
    let opaque = text.strip_suffix('"').filter(|_| !text.ends_with(MARK))?;
    HeaderValue::from_str(&format!("{opaque}{MARK}")).ok()
}

/// Validators as the upstream knows them: it has never heard of our gzip forms.
pub fn plain_tags(known: &HeaderValue) -> HeaderValue {
    let text = known.to_str().ok().filter(|text| text.contains(MARK));
    let plain = text.and_then(|text| HeaderValue::from_str(&text.replace(MARK, "\"")).ok());
    plain.unwrap_or_else(|| known.clone())
}

/// Ends the validator of a gzip form; long enough that no upstream's own ends so.
const MARK: &str = ";opagate-gzip\"";

#[cfg(test)]
mod tests;
