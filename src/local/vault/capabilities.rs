//! What a token may do, for those who ask before they try.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::answer::{Answered, Said};
use super::{Call, Ours, Shared};
use crate::policy::Set;
use crate::secret::Secret;

impl Shared {
    /// `capabilities-self`, `capabilities` and `capabilities-accessor`.
    pub(super) fn capabilities(&self, call: &Call) -> Answered {
        let fields = call.fields()?;
        let set = if call.found.ours == Ours::CapabilitiesSelf {
            Arc::clone(&call.caller()?.grant.set)
        } else if call.found.ours == Ours::CapabilitiesAccessor {
            let session = self.of_accessor(&fields.text("accessor")?)?;
            Arc::clone(session.set())
        } else {
            let token = fields.text("token")?.filter(|token| !token.is_empty());
            let token = Secret::new(token.ok_or_else(|| Said::bad("missing token"))?);
            let session = self.of_token(&token);
            let session = session.ok_or_else(|| Said::bad("invalid token"))?;
            Arc::clone(session.set())
        };
        let mut paths = fields.list("paths")?.unwrap_or_default();
        if paths.is_empty() {
            paths = fields.list("path")?.unwrap_or_default();
        }
        if paths.is_empty() {
            return Err(Said::bad("paths must be supplied"));
        }
        if paths.len() > MOST {
            return Err(Said::bad("too many paths"));
        }
        let mut data = Map::new();
        for path in &paths {
            data.insert(path.clone(), words(&set, path));
        }
        if let [path] = &*paths {
            let words = words(&set, path);
            data.insert("capabilities".to_owned(), words);
        }
        call.both(&Value::Object(data))
    }
}

/// What may be done at one path.
fn words(set: &Set, path: &str) -> Value {
    if set.is_root() {
        return vec!["root"].into();
    }
    let below = path.trim_start_matches('/');
    let path = below.strip_prefix("v1/").unwrap_or(below);
    let compiled = set.compiled();
    let held = compiled.rights.capabilities(path);
    let words = held.words();
    if words.is_empty() {
        vec!["deny"].into()
    } else {
        words.into()
    }
}

/// More than anybody asks for at once.
const MOST: usize = 1_000;
