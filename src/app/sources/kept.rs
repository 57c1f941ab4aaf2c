//! What is kept: shown, and dropped.

use std::sync::Arc;

use serde_json::Value;

use super::Window;
use crate::admin::state::{KeptEntry, KeptState, NotKept};
use crate::admin::{Purge, Search};
use crate::app::Parts;
use crate::cache::{Shown, Skip, Tag};
use crate::caller::Principal;
use crate::operation::Path;
use crate::origin;

/// As many answers that are not kept are shown.
const NOT_KEPT: usize = 20;

impl Window {
    /// What is kept, as far as it is searched for.
    pub(super) fn search(&self, search: &Search) -> Value {
        let store = &self.parts.store;
        let found = store.browse(|target| search.wants(target), search.limit);
        let not_kept = store.skipped(|path| search.wants(path), NOT_KEPT);
        let path = Some(&search.part).filter(|part| part.starts_with('/'));
        let path = path.and_then(|part| Path::parse(part.trim_end_matches('/')).ok());
        let would_drop = path.map(|path| {
            let path = path.canonical().to_owned();
            store.count(self.tags(&Purge::Prefix(path)).into_iter())
        });
        let kept = KeptState {
            found: found.found,
            usable: found.usable,
            would_drop,
            entries: found.entries.into_iter().map(|of| self.entry(of)).collect(),
            not_kept: not_kept.into_iter().map(skipped).collect(),
        };
        serde_json::to_value(kept).unwrap_or_default()
    }

    fn entry(&self, shown: Shown) -> KeptEntry {
        let principal = self.parts.principals.get(shown.principal);
        let target = if shown.query.is_empty() {
            shown.path
        } else {
            format!("{}?{}", shown.path, shown.query)
        };
        KeptEntry {
            target,
            principal: principal.map(ToString::to_string).unwrap_or_default(),
            headers: shown.headers,
            status: shown.status.as_u16(),
            bytes: shown.bytes,
            age_seconds: shown.age.as_secs_f64(),
            fresh_seconds: shown.fresh.as_secs_f64(),
            usable_seconds: shown.usable.as_secs_f64(),
            pages: shown.pages,
            is_touched: shown.is_touched,
        }
    }

    /// Drops it, and says how many entries that were.
    pub(super) fn purge(&self, what: &Purge) -> u64 {
        self.purge_origins(what);
        self.parts.store.purge(self.tags(what).into_iter())
    }

    fn tags(&self, what: &Purge) -> Vec<Tag> {
        let teams = 0..self.parts.config.teams.len();
        match what {
            Purge::All => vec![Tag::All],
            Purge::Prefix(prefix) => {
                let prefix = prefix.to_ascii_lowercase();
                teams.map(|team| Tag::Under(team, prefix.clone())).collect()
            }
            Purge::Path(path) => {
                let path = path.to_ascii_lowercase();
                teams.map(|team| Tag::At(team, path.clone())).collect()
            }
            Purge::Principal { team, name } => {
                let is_named = |p: &&Arc<Principal>| *p.team == **team && *p.name == **name;
                let named = self.parts.principals.iter().filter(is_named);
                named.map(|principal| Tag::Of(principal.index)).collect()
            }
        }
    }

    fn purge_origins(&self, what: &Purge) {
        let what = match what {
            Purge::All => origin::Purge::All,
            Purge::Prefix(path) => origin::Purge::Prefix(path),
            Purge::Path(path) => origin::Purge::Path(path),
            Purge::Principal { .. } => return,
        };
        let Parts {
            config,
            origin_generations,
            ..
        } = &self.parts;
        origin::purge(&config.origins, origin_generations, what);
    }
}

fn skipped(skip: Skip) -> NotKept {
    let age = skip.age();
    NotKept {
        path: skip.path,
        principal: skip.principal.to_string(),
        reason: skip.reason,
        age_seconds: age.as_secs_f64(),
    }
}
