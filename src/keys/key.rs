//! One virtual key.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};
use uuid::Uuid;

use super::{Refused, SHORTEST_TTL};
use crate::sessions::Cidr;

/// What a key is to be.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// Its name, in logs and records.
    pub name: String,
    /// Its policies.
    pub policies: Vec<String>,
    /// How long its tokens last; `None`: as the configuration says.
    pub ttl: Option<Duration>,
    /// From where it may be used; none: from everywhere.
    pub cidrs: Vec<Cidr>,
}

/// A key; its secrets are known by their hashes.
#[derive(Clone, Debug)]
pub struct Key {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) policies: Vec<String>,
    pub(super) ttl: Option<Duration>,
    pub(super) cidrs: Vec<Cidr>,
    /// In seconds since 1970.
    pub(super) created: u64,
    pub(super) rotated: Option<u64>,
    /// The newest first, two at most.
    pub(super) secrets: Vec<Hashed>,
}

/// What a secret is known by.
#[derive(Clone, Copy, Deserialize, Serialize)]
pub(super) struct Hashed {
    #[serde(with = "as_hex")]
    pub(super) mac: [u8; 32],
    /// In seconds since 1970; `None`: until the next one.
    pub(super) until: Option<u64>,
}

mod as_hex {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(mac: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(mac))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        let mut mac = [0; 32];
        hex::decode_to_slice(text, &mut mac).map_err(D::Error::custom)?;
        Ok(mac)
    }
}

/// How a key stands in the store.
#[derive(Deserialize, Serialize)]
struct Written {
    name: String,
    policies: Vec<String>,
    ttl_seconds: Option<u64>,
    cidrs: Vec<Cidr>,
    created: u64,
    rotated: Option<u64>,
    secrets: Vec<Hashed>,
}

/// What operators see of a key.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Its id.
    pub key_id: Uuid,
    /// Its name.
    pub name: String,
    /// Its policies.
    pub policies: Vec<String>,
    /// How long its tokens last; null: as the configuration says.
    pub ttl_seconds: Option<u64>,
    /// From where it may be used; none: from everywhere.
    pub cidrs: Vec<String>,
    /// When it was made.
    pub created: String,
    /// When it got another secret; null: never.
    pub rotated: Option<String>,
    /// Until when the secret before is good; null: it is not.
    pub old_secret_until: Option<String>,
}

impl New {
    pub(super) fn check(&self) -> Result<(), Refused> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        if self.name.is_empty() || self.name.len() > 100 || !self.name.chars().all(is_plain) {
            return Err(Refused::Wrong(
                "`name` must be up to 100 of: letters, digits, `-`, `.`, `_`, `~`",
            ));
        }
        if self.name.parse::<Uuid>().is_ok() {
            return Err(Refused::Wrong("`name` must not look like an id"));
        }
        if self.policies.len() > 100 || self.policies.iter().any(|name| name.len() > 200) {
            return Err(Refused::Wrong("`policies` are too many or too long"));
        }
        if self
            .policies
            .iter()
            .any(|name| name.trim().eq_ignore_ascii_case("root"))
        {
            return Err(Refused::Wrong("a key cannot have the policy `root`"));
        }
        if self.ttl.is_some_and(|ttl| ttl < SHORTEST_TTL) {
            return Err(Refused::Wrong(
                "`ttl` must be at least 1h: OPA's clients count on it",
            ));
        }
        if self.cidrs.len() > 100 {
            return Err(Refused::Wrong("`cidrs` are too many"));
        }
        Ok(())
    }
}

impl Key {
    pub(super) fn new(id: Uuid, new: New, mac: [u8; 32], now: u64) -> Self {
        Self {
            id,
            name: new.name,
            policies: new.policies,
            ttl: new.ttl,
            cidrs: new.cidrs,
            created: now,
            rotated: None,
            secrets: vec![Hashed { mac, until: None }],
        }
    }

    /// Its id.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn shown(&self, now: u64) -> Shown {
        let old = self.secrets.get(1).and_then(|secret| secret.until);
        Shown {
            key_id: self.id,
            name: self.name.clone(),
            policies: self.policies.clone(),
            ttl_seconds: self.ttl.map(|ttl| ttl.as_secs()),
            cidrs: self.cidrs.iter().map(ToString::to_string).collect(),
            created: time(self.created),
            rotated: self.rotated.map(time),
            old_secret_until: old.filter(|until| *until > now).map(time),
        }
    }

    /// Whether a secret of this hash is one of its own. Each is looked at, whichever it is.
    pub(super) fn is_shown(&self, mac: &[u8; 32], now: u64) -> bool {
        let mut is_one = Choice::from(0);
        for secret in &self.secrets {
            let is_good = Choice::from(u8::from(secret.is_good(now)));
            is_one |= secret.mac.ct_eq(mac) & is_good;
        }
        is_one.into()
    }

    pub(super) fn is_from(&self, peer: Option<IpAddr>) -> bool {
        let mut cidrs = self.cidrs.iter();
        self.cidrs.is_empty() || cidrs.any(|cidr| peer.is_some_and(|peer| cidr.contains(peer)))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let written = Written {
            name: self.name.clone(),
            policies: self.policies.clone(),
            ttl_seconds: self.ttl.map(|ttl| ttl.as_secs()),
            cidrs: self.cidrs.clone(),
            created: self.created,
            rotated: self.rotated,
            secrets: self.secrets.clone(),
        };
        serde_json::to_vec(&written).unwrap_or_default()
    }

    pub(super) fn from_bytes(id: Uuid, bytes: &[u8]) -> Option<Self> {
        let written: Written = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            id,
            name: written.name,
            policies: written.policies,
            ttl: written.ttl_seconds.map(Duration::from_secs),
            cidrs: written.cidrs,
            created: written.created,
            rotated: written.rotated,
            secrets: written.secrets,
        })
    }
}

impl Hashed {
    pub(super) fn is_good(&self, now: u64) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    pub(super) fn until_at_most(self, until: u64) -> Self {
        Self {
            until: Some(self.until.map_or(until, |own| own.min(until))),
            ..self
        }
    }
}

impl std::fmt::Debug for Hashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hash]")
    }
}

/// A time as people and programs read it.
fn time(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |time| time.to_string())
}
