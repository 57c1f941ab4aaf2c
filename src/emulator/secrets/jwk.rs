//! RSA public keys as JWKs (RFC 7517, RFC 7518 §6.3).

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPublicEncryptingKey,
    PublicEncryptingKey, PublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// How a content key is wrapped, by its name in a header.
pub(super) fn algorithm(name: &str) -> Option<&'static OaepAlgorithm> {
    match name {
        "RSA-OAEP" => Some(&OAEP_SHA1_MGF1SHA1),
        "RSA-OAEP-256" => Some(&OAEP_SHA256_MGF1SHA256),
        _ => None,
    }
}

/// Whom a secret is revealed to.
#[derive(Debug)]
pub(in crate::emulator) struct Recipient<'a> {
    /// The name of the algorithm that it asked for.
    pub(super) algorithm: &'a str,
    pub(super) kid: Option<&'a str>,
    pub(super) key: OaepPublicEncryptingKey,
}

impl<'a> Recipient<'a> {
    /// Reads a JWK that has the form of its schema; says what is wrong with it.
    pub(in crate::emulator) fn read(jwk: &'a Value) -> Result<Self, &'static str> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let number = |name: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text(name).unwrap_or_default());
            bytes.map_err(|_| "not in base64url")
        };
        let components = PublicKeyComponents {
            n: number("n")?,
            e: number("e")?,
        };
        let key: Result<PublicEncryptingKey, _> = components.try_into();
        let key = key.map_err(|_| WRONG_SIZE)?;
        if key.key_size_bits() > MAX_BITS {
            return Err(WRONG_SIZE);
        }
        Ok(Self {
            algorithm: text("alg").unwrap_or("RSA-OAEP-256"),
            kid: text("kid"),
            key: OaepPublicEncryptingKey::new(key).map_err(|_| WRONG_SIZE)?,
        })
    }
}

/// Key id and JWK of a public key in the form of RFC 8017; the id is its thumbprint (RFC 7638).
pub(in crate::emulator) fn show(der: &[u8]) -> Option<(String, Value)> {
    let (sequence, _) = der_value(der, SEQUENCE)?;
    let (n, rest) = der_value(sequence, INTEGER)?;
    let (e, _) = der_value(rest, INTEGER)?;
    let number = |bytes: &[u8]| {
        // A leading zero only keeps the number from being negative.
        let bytes = bytes.strip_prefix(&[0]).unwrap_or(bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    };
    let (n, e) = (number(n), number(e));
    let members = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(members));
    let jwk = json!({
        "kty": "RSA", "n": n, "e": e, "kid": kid, "alg": "RSA-OAEP-256", "use": "enc",
    });
    Some((kid, jwk))
}

/// What is in the DER value of this tag at the start, and what follows it.
fn der_value(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x82 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        0x81 => {
            let (length, rest) = rest.split_first()?;
            (usize::from(*length), rest)
        }
        _ => return None,
    };
    (*first == tag).then_some(())?;
    rest.split_at_checked(length)
}

const SEQUENCE: u8 = 0x30;

const INTEGER: u8 = 0x02;

/// The largest modulus that is sealed to, in bits.
const MAX_BITS: usize = 4096;

const WRONG_SIZE: &str = "not an RSA key of 2048 to 4096 bits";
