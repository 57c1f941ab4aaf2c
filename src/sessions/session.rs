//! One session, as it is kept in memory and in the store.
//!
//! There may be a million, so its texts stand in one, and what few have is boxed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cidr::Cidr;
use super::ttl::{Limits, Terms};
use crate::caller::SessionId;
use crate::policy::Set;

/// What a session is to be.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// Its policies, in any order and case; `default` is added.
    pub policies: Vec<String>,
    /// Not even `default`.
    pub no_default_policy: bool,
    /// Whose it is, for people: `okta-fred`.
    pub display_name: String,
    /// Where it was made: `auth/okta/login/fred`.
    pub path: String,
    /// What callers are shown of it; `None` is shown as null.
    pub metadata: Option<BTreeMap<String, String>>,
    /// What whoever made it wants to see again when it is renewed; shown to nobody, so it must hold
    /// no secret.
    pub kept: Option<String>,
    /// How long it lasts.
    pub terms: Terms,
    /// What its mount says of that; `None`: what the gateway does.
    pub limits: Option<Limits>,
    /// For how many requests it is good; zero: for any number.
    pub num_uses: u32,
    /// From where it may be used; none: from everywhere.
    pub cidrs: Vec<Cidr>,
    /// Whether it may be renewed.
    pub renewable: bool,
    /// Whose end is its end too; `None`: it is an orphan.
    pub parent: Option<SessionId>,
    /// The virtual key that it is of.
    pub key: Option<Uuid>,
}

/// One session.
pub struct Session {
    pub(super) id: SessionId,
    pub(super) accessor: [u8; ACCESSOR],
    pub(super) set: Arc<Set>,
    /// Display name, path, metadata as JSON, and what is kept, one after the other.
    pub(super) texts: Box<str>,
    pub(super) ends: [u16; 3],
    /// TTL, its maxima and its period, in seconds.
    pub(super) terms: [u32; 4],
    /// In milliseconds since 1970.
    pub(super) created: u64,
    /// When it ends; zero if it does not.
    pub(super) until: u64,
    /// When it was renewed; zero if it never was.
    pub(super) renewed: u64,
    /// How long it lasted when it was made, in seconds.
    pub(super) creation_ttl: u32,
    pub(super) is_renewable: bool,
    pub(super) more: Option<Box<More>>,
}

/// What few sessions have.
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub(super) struct More {
    /// How many uses are left; `None`: any number.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) uses: Option<u32>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) cidrs: Vec<Cidr>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) parent: Option<[u8; 32]>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) key: Option<Uuid>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// How a session stands in the store. There is nothing of its token in it.
#[derive(Deserialize, Serialize)]
struct Written<'s> {
    #[serde(rename = "a")]
    accessor: &'s str,
    #[serde(rename = "p")]
    policies: Vec<std::borrow::Cow<'s, str>>,
    #[serde(rename = "t")]
    texts: std::borrow::Cow<'s, str>,
    #[serde(rename = "e")]
    ends: [u16; 3],
    #[serde(rename = "d", default)]
    terms: [u32; 4],
    #[serde(rename = "c")]
    created: u64,
    #[serde(rename = "u")]
    until: u64,
    #[serde(rename = "r", default)]
    renewed: u64,
    #[serde(rename = "l")]
    creation_ttl: u32,
    #[serde(rename = "n")]
    is_renewable: bool,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    more: Option<Box<More>>,
}

/// How long an accessor is.
pub(super) const ACCESSOR: usize = 24;

/// What a session is called besides its token.
pub(super) struct Names {
    pub(super) id: SessionId,
    pub(super) accessor: [u8; ACCESSOR],
    pub(super) set: Arc<Set>,
}

/// When a session starts and ends, in milliseconds since 1970.
pub(super) struct Times {
    pub(super) created: u64,
    pub(super) until: u64,
    pub(super) ttl: Duration,
}

impl Session {
    /// `None` if its texts are longer than any may be.
    pub(super) fn new(names: Names, times: &Times, new: &New) -> Option<Self> {
        let metadata = new.metadata.as_ref();
        let metadata = metadata.map(|all| serde_json::to_string(all).unwrap_or_default());
        let kept = new.kept.as_deref().unwrap_or_default();
        let mut texts = String::new();
        let mut ends = [0; 3];
        let parts = [
            &*new.display_name,
            &*new.path,
            metadata.as_deref().unwrap_or_default(),
        ];
        for (end, part) in ends.iter_mut().zip(parts) {
            texts.push_str(part);
            *end = u16::try_from(texts.len()).ok()?;
        }
        texts.push_str(kept);
        if texts.len() > LONGEST {
            return None;
        }
        let more = More {
            uses: (new.num_uses > 0).then_some(new.num_uses),
            cidrs: new.cidrs.clone(),
            parent: new.parent.map(|parent| parent.0),
            key: new.key,
        };
        Some(Self {
            id: names.id,
            accessor: names.accessor,
            set: names.set,
            texts: texts.into_boxed_str(),
            ends,
            terms: packed(new.terms),
            created: times.created,
            until: times.until,
            renewed: 0,
            creation_ttl: u32::try_from(times.ttl.as_secs()).unwrap_or(u32::MAX),
            is_renewable: new.renewable,
            more: (more != More::default()).then(|| Box::new(more)),
        })
    }

    /// Which it is.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// What it is called where its token must not be seen.
    pub fn accessor(&self) -> &str {
        str::from_utf8(&self.accessor).unwrap_or_default()
    }

    /// Its policies.
    pub fn set(&self) -> &Arc<Set> {
        &self.set
    }

    /// Whose it is, for people.
    pub fn display_name(&self) -> &str {
        self.text(0)
    }

    /// Where it was made.
    pub fn path(&self) -> &str {
        self.text(1)
    }

    /// What callers are shown of it.
    pub fn metadata(&self) -> Option<BTreeMap<String, String>> {
        serde_json::from_str(self.text(2)).ok()
    }

    /// What whoever made it wanted to see again.
    pub fn kept(&self) -> &str {
        self.text(3)
    }

    /// How long it lasts.
    pub fn terms(&self) -> Terms {
        let [ttl, max_ttl, explicit_max_ttl, period] = self
            .terms
            .map(|seconds| Duration::from_secs(seconds.into()));
        Terms {
            ttl,
            max_ttl,
            explicit_max_ttl,
            period,
        }
    }

    /// How many requests it is still good for; `None`: for any number.
    pub fn uses(&self) -> Option<u32> {
        self.more.as_ref()?.uses
    }

    /// From where it may be used; none: from everywhere.
    pub fn cidrs(&self) -> &[Cidr] {
        self.more.as_ref().map_or(&[], |more| &more.cidrs)
    }

    /// Whose end is its end too.
    pub fn parent(&self) -> Option<SessionId> {
        self.more.as_ref()?.parent.map(SessionId)
    }

    /// The virtual key that it is of.
    pub fn key(&self) -> Option<Uuid> {
        self.more.as_ref()?.key
    }

    /// When it was made, in seconds since 1970.
    pub fn created_at(&self) -> u64 {
        self.created / 1000
    }

    /// The same in milliseconds.
    pub fn created_at_millis(&self) -> u64 {
        self.created
    }

    /// When it ends, in milliseconds since 1970; `None` if it does not.
    pub fn ends_at(&self) -> Option<u64> {
        (self.until > 0).then_some(self.until)
    }

    /// When it was renewed, in milliseconds since 1970; `None` if it never was.
    pub fn renewed_at_millis(&self) -> Option<u64> {
        (self.renewed > 0).then_some(self.renewed)
    }

    /// How long it lasted when it was made, in seconds.
    pub fn creation_ttl(&self) -> u32 {
        self.creation_ttl
    }

    /// Whether it may be renewed.
    pub fn is_renewable(&self) -> bool {
        self.is_renewable && self.until > 0
    }

    fn text(&self, which: usize) -> &str {
        let end = |which: usize| self.ends.get(which).map(|end| usize::from(*end));
        let start = which.checked_sub(1).and_then(end).unwrap_or(0);
        let end = end(which).unwrap_or(self.texts.len());
        self.texts.get(start..end).unwrap_or_default()
    }

    /// The same, changed in what few have.
    pub(super) fn with(&self, change: impl FnOnce(&mut More)) -> Self {
        let mut more = self.more.as_deref().cloned().unwrap_or_default();
        change(&mut more);
        Self {
            id: self.id,
            accessor: self.accessor,
            set: Arc::clone(&self.set),
            texts: self.texts.clone(),
            ends: self.ends,
            terms: self.terms,
            created: self.created,
            until: self.until,
            renewed: self.renewed,
            creation_ttl: self.creation_ttl,
            is_renewable: self.is_renewable,
            more: (more != More::default()).then(|| Box::new(more)),
        }
    }

    /// As it stands in the store.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let written = Written {
            accessor: self.accessor(),
            policies: self
                .set
                .names()
                .iter()
                .map(|name| (&**name).into())
                .collect(),
            texts: (&*self.texts).into(),
            ends: self.ends,
            terms: self.terms,
            created: self.created,
            until: self.until,
            renewed: self.renewed,
            creation_ttl: self.creation_ttl,
            is_renewable: self.is_renewable,
            more: self.more.clone(),
        };
        serde_json::to_vec(&written).unwrap_or_default()
    }

    /// Reads it from the store; `None` if that is no session.
    pub(super) fn from_bytes(
        id: SessionId,
        bytes: &[u8],
        set: impl FnOnce(&[std::borrow::Cow<'_, str>]) -> Arc<Set>,
    ) -> Option<Self> {
        let written: Written<'_> = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            id,
            accessor: written.accessor.as_bytes().try_into().ok()?,
            set: set(&written.policies),
            texts: written.texts.into(),
            ends: written.ends,
            terms: written.terms,
            created: written.created,
            until: written.until,
            renewed: written.renewed,
            creation_ttl: written.creation_ttl,
            is_renewable: written.is_renewable,
            more: written.more,
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("accessor", &self.accessor())
            .finish_non_exhaustive()
    }
}

/// In whole seconds, begun ones too; what is too long is as long as can be.
pub(super) fn packed(terms: Terms) -> [u32; 4] {
    let all = [
        terms.ttl,
        terms.max_ttl,
        terms.explicit_max_ttl,
        terms.period,
    ];
    all.map(|time| {
        let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        u32::try_from(seconds).unwrap_or(u32::MAX)
    })
}

/// All texts of a session together, in bytes.
const LONGEST: usize = 16 * 1024;
