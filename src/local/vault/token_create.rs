//! Tokens that are made for others.

use std::collections::BTreeMap;
use std::time::Duration;

use super::answer::{Answered, Auth, Said};
use super::fields::Fields;
use super::token::refused;
use super::{Call, Ours, Shared};
use crate::caller::Caller;
use crate::policy::Capability;
use crate::sessions::{New, Session, Terms};

impl Shared {
    /// `create` and `create-orphan`.
    pub(super) async fn create(&self, call: &Call) -> Answered {
        let caller = call.caller()?;
        let fields = call.fields()?;
        for (name, why) in REFUSED {
            if fields.text(name)?.is_some_and(|text| !text.is_empty()) {
                return Err(Said::bad(*why));
            }
        }
        match fields.text("type")?.as_deref() {
            None | Some("" | "service") => {}
            Some("batch") => {
                return Err(Said::bad("batch tokens are not supported by this gateway"));
            }
            Some(_) => return Err(Said::bad("invalid 'token_type' value")),
        }
        let has_sudo = has_sudo(caller, call);
        let parent = self.own(caller);
        if parent
            .as_ref()
            .is_some_and(|parent| parent.uses().is_some())
        {
            return Err(Said::bad(
                "restricted use token cannot generate child tokens",
            ));
        }
        let is_orphan =
            call.found.ours == Ours::CreateOrphan || fields.flag("no_parent")? == Some(true);
        if is_orphan && !has_sudo {
            return Err(Said::bad(
                "root or sudo privileges required to create orphan token",
            ));
        }
        let (policies, no_default_policy) = policies(&fields, caller, has_sudo)?;
        let terms = terms(&fields, has_sudo)?;
        let new = New {
            policies,
            no_default_policy,
            display_name: display_name(&fields)?,
            path: "auth/token/create".to_owned(),
            metadata: metadata(&fields)?,
            terms,
            num_uses: uses(&fields)?,
            renewable: fields.flag("renewable")?.unwrap_or(true),
            // What a caller of the configuration makes has nobody to end with.
            parent: parent.as_deref().filter(|_| !is_orphan).map(Session::id),
            cidrs: parent
                .as_ref()
                .map(|parent| parent.cidrs().to_vec())
                .unwrap_or_default(),
            key: parent.as_ref().and_then(|parent| parent.key()),
            ..New::default()
        };
        let created = self.parts.sessions.create(new).await.map_err(refused)?;
        let auth = Auth::of(&created.session, created.token.expose(), created.ttl);
        call.auth(&auth, &created.warnings)
    }
}

/// Whether the caller has `sudo` where tokens are made.
fn has_sudo(caller: &Caller, call: &Call) -> bool {
    let compiled = caller.grant.set.compiled();
    let path = call.path();
    compiled.rights.decide(path, Capability::Update).has_sudo()
}

/// Which policies it gets: of its parent's, unless the parent may more.
fn policies(fields: &Fields, caller: &Caller, has_sudo: bool) -> Result<(Vec<String>, bool), Said> {
    let own = &caller.grant.set;
    let asked = fields.list("policies")?.unwrap_or_default();
    let asked: Vec<String> = asked
        .iter()
        .map(|name| name.trim().to_lowercase())
        .collect();
    let has = |name: &str| own.names().iter().any(|own| **own == *name);
    let no_default = fields.flag("no_default_policy")?.unwrap_or(false);
    if asked.iter().any(|name| name == "root") && !own.is_root() {
        return Err(Said::bad(
            "root tokens may not be created without parent token being root",
        ));
    }
    if asked.is_empty() {
        let names = own.names().iter().map(ToString::to_string);
        let names = names.filter(|name| !(no_default && name == "default"));
        // A parent without `default` has none to give.
        return Ok((names.collect(), true));
    }
    if !own.is_root() && !has_sudo && !asked.iter().all(|name| has(name)) {
        return Err(Said::bad("child policies must be subset of parent"));
    }
    let gets_default = !no_default && (own.is_root() || has_sudo || has("default"));
    Ok((asked, !gets_default))
}

fn terms(fields: &Fields, has_sudo: bool) -> Result<Terms, Said> {
    let time = |name| Ok::<_, Said>(fields.duration(name)?.unwrap_or(Duration::ZERO));
    let period = time("period")?;
    if !period.is_zero() && !has_sudo {
        return Err(Said::bad(
            "root or sudo privileges required to create periodic token",
        ));
    }
    let lease = time("lease")?;
    let ttl = time("ttl")?;
    Ok(Terms {
        ttl: if ttl.is_zero() { lease } else { ttl },
        max_ttl: Duration::ZERO,
        explicit_max_ttl: time("explicit_max_ttl")?,
        period,
    })
}

fn uses(fields: &Fields) -> Result<u32, Said> {
    let uses = fields.count("num_uses")?.unwrap_or(0);
    u32::try_from(uses).map_err(|_| Said::bad("number of uses is too large"))
}

/// `token`, and what was asked for in letters, digits and dashes.
fn display_name(fields: &Fields) -> Result<String, Said> {
    let asked = fields.text("display_name")?.unwrap_or_default();
    let plain = asked
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let plain: String = plain.take(100).collect();
    let plain = plain.trim_matches('-');
    Ok(if plain.is_empty() {
        "token".to_owned()
    } else {
        format!("token-{plain}")
    })
}

fn metadata(fields: &Fields) -> Result<Option<BTreeMap<String, String>>, Said> {
    Ok(fields.map("meta")?.filter(|map| !map.is_empty()))
}

/// What cannot be had here, and would be missed if it were ignored.
const REFUSED: &[(&str, &str)] = &[
    ("id", "the id of a token cannot be chosen here"),
    (
        "entity_alias",
        "'entity_alias' is not supported by this gateway",
    ),
];
