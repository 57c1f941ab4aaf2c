//! A string that no `Debug`, log or dump shows.
//!
//! What it guards against is printing by accident. It does not lock memory, and a header value made
//! of it is wiped by nobody.

use std::path::PathBuf;
use std::{fmt, fs, io};

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// A credential: wiped from memory when dropped, shown as `[secret]`.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes `text` over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself; what is done with it must not print it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Compares in a time that depends on the lengths only.
    pub fn matches(&self, other: &[u8]) -> bool {
        let own = self.expose().as_bytes();
        if own.len() != other.len() {
            return false;
        }
        let Some((own_end, other_end)) = own.last_chunk().zip(other.last_chunk()) else {
            return own.ct_eq(other).into();
        };
        // Word by word: this is done on every request, and a byte costs as much as a word. The last
        // word may share bytes with the one before it.
        let (own, _) = own.as_chunks();
        let (other, _) = other.as_chunks();
        let differ = |own: &[u8; 8], other| u64::from_le_bytes(*own) ^ u64::from_le_bytes(other);
        let words = own.iter().zip(other);
        let difference = words.fold(differ(own_end, *other_end), |difference, (own, other)| {
            difference | differ(own, *other)
        });
        difference.ct_eq(&0).into()
    }

    /// Makes `Bearer <text>`, marked sensitive so that neither `Debug` nor HPACK's table keeps it.
    ///
    /// `None` if the text cannot stand in a header.
    pub fn to_bearer(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.expose())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// Where a secret is.
#[derive(Clone, Debug)]
pub enum Source {
    /// Here, from the configuration or the environment.
    Value(Secret),
    /// In a file that is read again for each use; a trailing newline is cut.
    File(PathBuf),
}

impl Source {
    /// Reads it; waits for the disk.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read.
    pub fn read(&self) -> io::Result<Secret> {
        match self {
            Self::Value(secret) => Ok(secret.clone()),
            Self::File(path) => {
                let text = fs::read_to_string(path)?;
                Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
            }
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_it() {
        let secret = Secret::new("canary");

        assert_eq!(format!("{secret:?}"), "[secret]");
        assert_eq!(format!("{:?}", secret.to_bearer().unwrap()), "Sensitive");
    }

    #[test]
    fn only_equal_bytes_match() {
        let secret = Secret::new("canary");

        assert!(secret.matches(b"canary"));
        assert!(!secret.matches(b"canarY"));
        assert!(!secret.matches(b"canary1"));
        let long = Secret::new("0123456789abcdef-and-more");
        assert!(long.matches(b"0123456789abcdef-and-more"));
        for place in 0..25 {
            let mut other = *b"0123456789abcdef-and-more";
            other[place] ^= 1;
            assert!(!long.matches(&other), "{place}");
        }
    }
}
