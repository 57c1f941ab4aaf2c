//! Messages in the compact form of JWE (RFC 7516): a content key by RSA-OAEP, the content by A256GCM.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::OaepPrivateDecryptingKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::jwk::{Recipient, algorithm};
use crate::emulator::fields::Object;
use crate::emulator::vault::Plain;

/// A message that was read, but not opened.
pub(in crate::emulator) struct Sealed<'a> {
    /// The header as it came: it is authenticated in this spelling.
    protected: &'a str,
    header: Object,
    key: Vec<u8>,
    nonce: [u8; NONCE_LEN],
    /// The content and its tag.
    body: Vec<u8>,
}

impl<'a> Sealed<'a> {
    /// Reads a message; says what is wrong with it.
    pub(in crate::emulator) fn read(text: &'a str) -> Result<Self, &'static str> {
        let parts: Vec<_> = text.splitn(6, '.').collect();
        let [protected, key, nonce, body, tag] = parts.as_slice() else {
            return Err("not five parts");
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "not in base64url");
        let header = serde_json::from_slice(&decode(protected)?);
        let header: Object = header.map_err(|_| "the header is not a JSON object")?;
        if header.contains_key("crit") || header.contains_key("zip") {
            return Err("the header asks for an extension");
        }
        let (mut body, tag) = (decode(body)?, decode(tag)?);
        if tag.len() != AES_256_GCM.tag_len() {
            return Err("the tag has a wrong length");
        }
        body.extend_from_slice(&tag);
        Ok(Self {
            protected,
            header,
            key: decode(key)?,
            nonce: decode(nonce)?
                .try_into()
                .map_err(|_| "the initialization vector has a wrong length")?,
            body,
        })
    }

    /// The id of the key that it is sealed to, if it tells.
    pub(in crate::emulator) fn kid(&self) -> Option<&str> {
        self.text("kid")
    }

    /// Opens it; says why it cannot.
    pub(in crate::emulator) fn open(
        mut self,
        private: &OaepPrivateDecryptingKey,
    ) -> Result<Plain, &'static str> {
        let wrap = self.text("alg").and_then(algorithm);
        let wrap = wrap.ok_or("alg is not one of RSA-OAEP, RSA-OAEP-256")?;
        if self.text("enc") != Some(A256GCM) {
            return Err("enc is not A256GCM");
        }
        let mut key = Zeroizing::new(vec![0; private.min_output_size()]);
        let key = private.decrypt(wrap, &self.key, &mut key, None);
        let key = key.map_err(|_| CANNOT)?;
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| CANNOT)?;
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let aad = Aad::from(self.protected);
        let plain = LessSafeKey::new(key).open_in_place(nonce, aad, &mut self.body);
        let plain = plain.map_err(|_| CANNOT)?.len();
        self.body.truncate(plain);
        Ok(Plain::new(self.body))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }
}

/// Seals a secret to its recipient; `None` if the key turns out not to be one.
pub(in crate::emulator) fn seal(plain: &Plain, to: &Recipient<'_>) -> Option<String> {
    let wrap = algorithm(to.algorithm)?;
    let mut header = json!({ "alg": to.algorithm, "enc": A256GCM });
    if let (Some(kid), Some(header)) = (to.kid, header.as_object_mut()) {
        header.insert("kid".to_owned(), json!(kid));
    }
    let protected = URL_SAFE_NO_PAD.encode(header.to_string());

    let mut content_key = Zeroizing::new([0; 32]);
    rand::fill(content_key.as_mut_slice()).ok()?;
    let mut nonce = [0; NONCE_LEN];
    rand::fill(&mut nonce).ok()?;
    let mut wrapped = vec![0; to.key.ciphertext_size()];
    let wrapped = to
        .key
        .encrypt(wrap, content_key.as_slice(), &mut wrapped, None);
    let wrapped = wrapped.ok()?;

    let key = UnboundKey::new(&AES_256_GCM, content_key.as_slice()).ok()?;
    let mut body = plain.expose().to_vec();
    let tag = LessSafeKey::new(key).seal_in_place_separate_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(&protected),
        &mut body,
    );
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (wrapped, nonce, body, tag) = (
        part(wrapped),
        part(&nonce),
        part(&body),
        part(tag.ok()?.as_ref()),
    );
    Some(format!("{protected}.{wrapped}.{nonce}.{body}.{tag}"))
}

const A256GCM: &str = "A256GCM";

const CANNOT: &str = "cannot be opened";
