//! The vault: the keys that clients seal secrets to before they send them.
//!
//! A key is made when it is first asked for, for making one takes longer than a team takes to start.
//! It comes from the system's randomness and not from the seed: RSA cannot be seeded here, and what
//! is sealed differs each time anyway. Only the newest key is shown; older ones still open.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::KeyPair as _;
use http::{Method, StatusCode};
use parking_lot::Mutex;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::answer::{Answer, Problem};
use super::operation::Operation;
use super::secrets::jwe::Sealed;
use super::secrets::jwk;
use super::store::Store;
use super::visit::Visit;

/// The operation that shows what to seal to.
pub(super) const OPERATIONS: &[Operation] =
    &[
        Operation::read("getVaultJwks", Method::GET, "vault/jwks.json", keys)
            .gives(StatusCode::OK, "VaultJwks")
            .shown_by("secret_sealed_to_a_rotated_key_is_opened"),
    ];

fn keys(store: &Store, _: &Visit<'_>) -> Result<Answer, Problem> {
    let keys = json!({ "keys": store.vault.shown().into_iter().collect::<Vec<_>>() });
    Ok(Answer::json(StatusCode::OK, &keys))
}

/// What a secret is; no `Debug` shows it.
#[derive(Clone)]
pub(super) struct Plain(Zeroizing<Vec<u8>>);

impl Plain {
    /// Takes the bytes over.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes; what is done with them must not print them.
    pub(super) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[plain]")
    }
}

/// The keys, newest first; none until one is asked for. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Vault {
    keys: Arc<Mutex<VecDeque<Key>>>,
}

impl Vault {
    /// Opens what was sealed to one of the keys.
    pub(super) fn open(&self, text: &str) -> Result<Plain, Problem> {
        let refused = |what| Problem::invalid(format!("secret_jwe: {what}"));
        let sealed = Sealed::read(text).map_err(refused)?;
        let keys = self.keys.lock();
        let key = match sealed.kid() {
            Some(kid) => keys.iter().find(|key| key.kid == kid),
            None => keys.front(),
        };
        let key = key.ok_or_else(|| refused("sealed to an unknown key"))?;
        sealed.open(&key.private).map_err(refused)
    }

    /// Makes a new key to seal to; the oldest goes if there are too many.
    pub(super) fn rotate(&self) {
        let mut keys = self.keys.lock();
        if let Some(key) = Key::generate() {
            keys.push_front(key);
        }
        keys.truncate(KEPT);
    }

    /// The public key to seal to, as a JWK; `None` if the system cannot make any.
    fn shown(&self) -> Option<Value> {
        let mut keys = self.keys.lock();
        if keys.is_empty() {
            keys.extend(Key::generate());
        }
        keys.front().map(|key| key.public.clone())
    }
}

/// One key pair.
struct Key {
    kid: String,
    public: Value,
    private: OaepPrivateDecryptingKey,
}

impl Key {
    fn generate() -> Option<Self> {
        let private = PrivateDecryptingKey::generate(KeySize::Rsa2048).ok()?;
        let der: Pkcs8V1Der<'_> = private.as_der().ok()?;
        let pair = KeyPair::from_pkcs8(der.as_ref()).ok()?;
        let (kid, public) = jwk::show(pair.public_key().as_ref())?;
        Some(Self {
            kid,
            public,
            private: OaepPrivateDecryptingKey::new(private).ok()?,
        })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// How many keys open at a time.
const KEPT: usize = 4;
