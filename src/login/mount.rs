//! One mount, in memory and in the store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::okta::Okta;
use super::{Group, Settings, User};
use crate::sessions::Limits;
use crate::store::{Change, Store, Table};

/// What is said of a mount besides its settings.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct About {
    /// For people.
    pub description: String,
    /// What it is called where its path may change; another one for each time that it is made.
    pub accessor: String,
    /// How long its tokens last.
    pub tune: Tune,
    /// Whether somebody made it; `okta` is there without.
    pub is_made: bool,
    /// Whether somebody took it away, although it is there without.
    pub is_gone: bool,
}

/// How long the tokens of a mount last; zero: as the gateway says.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Tune {
    /// Those of which nothing else is said.
    pub default_lease_ttl: Duration,
    /// Any.
    pub max_lease_ttl: Duration,
}

impl Tune {
    /// The limits, where nothing is said those of the gateway.
    pub fn limits(self, of_gateway: Limits) -> Limits {
        let or = |own: Duration, other| if own.is_zero() { other } else { own };
        let max_ttl = or(self.max_lease_ttl, of_gateway.max_ttl);
        Limits {
            default_ttl: or(self.default_lease_ttl, of_gateway.default_ttl),
            max_ttl,
        }
    }
}

/// One mount.
#[derive(Clone, Debug, Default)]
pub struct Mount {
    /// What is said of it.
    pub about: About,
    /// Its settings, once it has some, and the way to its organisation.
    pub(super) settings: Option<(Arc<Settings>, Arc<Okta>)>,
    pub(super) users: BTreeMap<String, Arc<User>>,
    pub(super) groups: BTreeMap<String, Arc<Group>>,
}

/// How it stands in the store.
#[derive(Deserialize, Serialize)]
struct Written {
    about: About,
    settings: Option<Settings>,
    /// The API token, sealed, in base64.
    api_token: Option<String>,
}

/// How a mount at `path` is put down.
pub(super) fn put(store: &Store, path: &str, about: &About, settings: Option<&Settings>) -> Change {
    let token = settings.and_then(|settings| settings.api_token.as_ref());
    let seal = |token: &crate::secret::Secret| {
        BASE64_STANDARD.encode(store.seal(&context(path), token.expose().as_bytes()))
    };
    let written = Written {
        about: about.clone(),
        settings: settings.cloned(),
        api_token: token.map(seal),
    };
    Change::Put {
        table: Table::Mounts,
        key: path.as_bytes().to_vec(),
        value: serde_json::to_vec(&written).unwrap_or_default(),
    }
}

/// Reads what was put down; `None` if that is no mount.
pub(super) fn read(store: &Store, path: &str, value: &[u8]) -> Option<(About, Option<Settings>)> {
    let written: Written = serde_json::from_slice(value).ok()?;
    let mut settings = written.settings;
    if let (Some(settings), Some(sealed)) = (&mut settings, written.api_token) {
        let sealed = BASE64_STANDARD.decode(sealed).ok()?;
        settings.api_token = Some(store.unseal(&context(path), &sealed).ok()?);
    }
    Some((written.about, settings))
}

/// What a token is sealed for: it cannot be moved to another mount.
fn context(path: &str) -> String {
    format!("api_token of auth/{path}")
}
