//! The keys of a store, and what is done with them.
//!
//! HKDF-SHA-256 (RFC 5869) makes one key for each purpose of the configuration's key and the store's
//! own salt, so that two stores with the same key have nothing in common.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use super::Error;
use crate::secret::Secret;

/// Shorter ones are no random keys: 32 hexadecimal digits hold 128 bits.
pub(crate) const SHORTEST_KEY: usize = 32;

/// What is derived from the configuration's key.
pub(super) struct Keys {
    seal: RandomizedNonceKey,
    mac: hmac::Key,
    check: [u8; 32],
}

impl Keys {
    pub(super) fn new(key: &Secret, salt: &[u8]) -> Result<Self, Error> {
        let key = key.expose().trim().as_bytes();
        if key.len() < SHORTEST_KEY {
            return Err(Error::ShortKey);
        }
        let root = Salt::new(HKDF_SHA256, salt).extract(key);
        let seal = RandomizedNonceKey::new(&AES_256_GCM, &*derive(&root, b"opagate store: seal"));
        Ok(Self {
            seal: seal.expect("the key has the cipher's length"),
            mac: hmac::Key::new(hmac::HMAC_SHA256, &*derive(&root, b"opagate store: mac")),
            check: *derive(&root, b"opagate store: check"),
        })
    }

    /// Tells this key from others, and tells nothing else of it.
    pub(super) fn check(&self) -> &[u8; 32] {
        &self.check
    }

    pub(super) fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        let mut text = plain.to_vec();
        let nonce = self
            .seal
            .seal_in_place_append_tag(Aad::from(context), &mut text)
            .expect("a value in memory is not too long for the cipher");
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + text.len());
        sealed.push(FORM);
        sealed.extend_from_slice(nonce.as_ref());
        sealed.append(&mut text);
        sealed
    }

    pub(super) fn unseal(&self, context: &str, sealed: &[u8]) -> Result<Secret, Error> {
        let rest = sealed.strip_prefix(&[FORM]).ok_or(Error::Sealed)?;
        let (nonce, text) = rest.split_first_chunk().ok_or(Error::Sealed)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut text = Zeroizing::new(text.to_vec());
        let plain = self
            .seal
            .open_in_place(nonce, Aad::from(context), &mut text)
            .map_err(|_| Error::Sealed)?;
        let plain = str::from_utf8(plain).map_err(|_| Error::Sealed)?;
        Ok(Secret::new(plain))
    }

    pub(super) fn mac(&self, domain: &str, secret: &[u8]) -> [u8; 32] {
        let mut mac = hmac::Context::with_key(&self.mac);
        // With its length first no domain and secret equal another two.
        mac.update(&domain.len().to_be_bytes());
        mac.update(domain.as_bytes());
        mac.update(secret);
        let mut tag = [0; 32];
        tag.copy_from_slice(mac.sign().as_ref());
        tag
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[keys]")
    }
}

fn derive(root: &Prk, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    root.expand(&[purpose], HKDF_SHA256)
        .and_then(|derived| derived.fill(&mut *key))
        .expect("the length is that of one hash");
    key
}

/// The first byte of what is sealed, so that another way can follow.
const FORM: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(key: &str, salt: &[u8]) -> Keys {
        Keys::new(&Secret::new(key), salt).unwrap()
    }

    const KEY: &str = "canary-0123456789abcdef0123456789abcdef";

    #[test]
    fn sealed_values_open_with_their_key_and_context_only() {
        let ours = keys(KEY, b"salt");
        let sealed = ours.seal("mount okta", b"canary-api-token");

        let opened = ours.unseal("mount okta", &sealed).unwrap();
        let other_context = ours.unseal("mount okta2", &sealed);
        let other_salt = keys(KEY, b"other").unseal("mount okta", &sealed);

        assert_eq!(opened.expose(), "canary-api-token");
        assert!(matches!(other_context, Err(Error::Sealed)));
        assert!(matches!(other_salt, Err(Error::Sealed)));
        assert_ne!(ours.seal("mount okta", b"canary-api-token"), sealed);
    }

    #[test]
    fn no_changed_byte_goes_unseen() {
        let keys = keys(KEY, b"salt");
        let sealed = keys.seal("c", b"canary");

        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(keys.unseal("c", &changed).is_err(), "{place}");
            assert!(keys.unseal("c", &sealed[..place]).is_err(), "{place}");
        }
    }

    #[test]
    fn macs_differ_by_key_salt_domain_and_secret() {
        let all = [
            keys(KEY, b"salt").mac("session", b"canary"),
            keys(KEY, b"salt").mac("key", b"canary"),
            keys(KEY, b"salt").mac("sessionc", b"anary"),
            keys(KEY, b"salt2").mac("session", b"canary"),
            keys(&format!("{KEY}x"), b"salt").mac("session", b"canary"),
        ];

        for (at, mac) in all.iter().enumerate() {
            assert!(!all[..at].contains(mac), "{at}");
        }
        assert_eq!(all[0], keys(KEY, b"salt").mac("session", b"canary"));
    }

    #[test]
    fn line_end_of_a_key_file_is_not_part_of_the_key() {
        let with = keys(&format!("{KEY}\n"), b"salt");

        assert_eq!(with.check(), keys(KEY, b"salt").check());
    }

    #[test]
    fn key_that_can_be_guessed_is_refused() {
        let short = Keys::new(&Secret::new("canary"), b"salt");

        assert!(matches!(short, Err(Error::ShortKey)));
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", keys(KEY, b"salt")), "[keys]");
    }
}
