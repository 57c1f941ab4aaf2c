//! What there is in Vault's namespace, as data: method, path, and what it needs.
//!
//! `POST` and `PUT` are one; a list is asked for by `LIST`, or by `GET` with `?list=true`.

use http::Method;

use super::okta::Okta;
use crate::policy::Capability;

/// What is done, whatever the method is called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verb {
    /// `GET`, `HEAD`.
    Read,
    /// `LIST`, and `GET` with `?list=true`.
    List,
    /// `POST`, `PUT`.
    Write,
    /// `DELETE`.
    Delete,
    /// Anything else.
    Other,
}

impl Verb {
    /// Reads method and query; `None` if `list` is neither true nor false.
    pub fn parse(method: &Method, query: &str) -> Option<Self> {
        let list = query.split('&').find_map(|pair| pair.strip_prefix("list="));
        let is_list = list.map_or(Some(false), parse_bool)?;
        Some(match *method {
            Method::GET if is_list => Self::List,
            Method::GET | Method::HEAD => Self::Read,
            Method::POST | Method::PUT => Self::Write,
            Method::DELETE => Self::Delete,
            _ if method.as_str() == "LIST" => Self::List,
            _ => Self::Other,
        })
    }

    /// What it needs where nothing else is said.
    pub fn capability(self) -> Capability {
        match self {
            Self::Read => Capability::Read,
            Self::List => Capability::List,
            Self::Write => Capability::Update,
            Self::Delete => Capability::Delete,
            Self::Other => Capability::Patch,
        }
    }
}

/// As Go does, and so Vault.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "True" | "TRUE" => Some(true),
        "0" | "f" | "F" | "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// What one must have for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Needs {
    /// Nothing: it is how one comes to a token, or tells only whether anybody is there.
    Nothing,
    /// What the verb needs.
    Capability,
    /// `create`, for what is not there yet.
    Create,
    /// What the verb needs, and `sudo`.
    Sudo,
}

/// One thing that there is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "each is the path that it stands for")]
pub enum Ours {
    LookupSelf,
    Lookup,
    LookupAccessor,
    RenewSelf,
    Renew,
    RenewAccessor,
    RevokeSelf,
    Revoke,
    RevokeOrphan,
    RevokeAccessor,
    Accessors,
    Create,
    CreateOrphan,
    PolicyList,
    PolicyRead,
    PolicyWrite,
    PolicyDelete,
    CapabilitiesSelf,
    Capabilities,
    CapabilitiesAccessor,
    Health,
    SealStatus,
    Leader,
    Init,
    Mounts,
    MountRead,
    MountWrite,
    MountDelete,
    TuneRead,
    TuneWrite,
    UiMounts,
    Okta(Okta),
    /// Whether it is a list cannot be told.
    Unclear,
    /// There is something, but it is not for this method.
    WrongMethod,
    /// There is nothing.
    Nowhere,
}

/// What was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Found {
    /// What.
    pub ours: Ours,
    /// What one must have.
    pub needs: Needs,
    /// What is done with it.
    pub verb: Verb,
    /// Where what the path names starts in it; its end, if it names nothing.
    pub name: usize,
}

impl Found {
    /// What is found where it cannot be told what is to be done.
    pub(super) fn unclear(path: &str) -> Self {
        Self {
            ours: Ours::Unclear,
            needs: Needs::Capability,
            verb: Verb::Read,
            name: path.len(),
        }
    }
}

/// Finds what stands at `path`, which is canonical and without `/v1/`.
pub(super) fn find(verb: Verb, path: &str) -> Found {
    let rows = || {
        ROWS.iter()
            .filter_map(|row| Some((row, name_in(row.1, path)?)))
    };
    let found = rows().find(|(row, _)| row.0 == verb);
    if let Some(((_, _, ours, needs), name)) = found {
        return Found {
            ours: *ours,
            needs: *needs,
            verb,
            name,
        };
    }
    let ours = match rows().next() {
        Some(_) => Ours::WrongMethod,
        None => Ours::Nowhere,
    };
    Found {
        ours,
        needs: Needs::Capability,
        verb,
        name: path.len(),
    }
}

/// Where what `*` stands for starts; `None` if the path is another.
fn name_in(route: &str, path: &str) -> Option<usize> {
    match route.split_once('*') {
        Some((fixed, end)) => {
            let is_it = path.len() > fixed.len() + end.len();
            (is_it && path.starts_with(fixed) && path.ends_with(end)).then_some(fixed.len())
        }
        None => (route == path).then_some(path.len()),
    }
}

type Row = (Verb, &'static str, Ours, Needs);

#[rustfmt::skip]
const ROWS: &[Row] = {
    use Needs::{Capability, Nothing, Sudo};
    use Verb::{Delete, List, Read, Write};
    &[
        (Read,   "auth/token/lookup-self", Ours::LookupSelf, Capability),
        (Write,  "auth/token/lookup-self", Ours::LookupSelf, Capability),
        (Write,  "auth/token/renew-self", Ours::RenewSelf, Capability),
        (Write,  "auth/token/revoke-self", Ours::RevokeSelf, Capability),
        (Write,  "auth/token/lookup", Ours::Lookup, Capability),
        (Write,  "auth/token/lookup-accessor", Ours::LookupAccessor, Capability),
        (Write,  "auth/token/renew", Ours::Renew, Capability),
        (Write,  "auth/token/renew-accessor", Ours::RenewAccessor, Capability),
        (Write,  "auth/token/revoke", Ours::Revoke, Capability),
        (Write,  "auth/token/revoke-orphan", Ours::RevokeOrphan, Sudo),
        (Write,  "auth/token/revoke-accessor", Ours::RevokeAccessor, Capability),
        (List,   "auth/token/accessors", Ours::Accessors, Sudo),
        (Write,  "auth/token/create", Ours::Create, Capability),
        (Write,  "auth/token/create-orphan", Ours::CreateOrphan, Sudo),
        (List,   "sys/policies/acl", Ours::PolicyList, Capability),
        (Read,   "sys/policies/acl/*", Ours::PolicyRead, Capability),
        (Write,  "sys/policies/acl/*", Ours::PolicyWrite, Capability),
        (Delete, "sys/policies/acl/*", Ours::PolicyDelete, Capability),
        (Read,   "sys/policy", Ours::PolicyList, Capability),
        (List,   "sys/policy", Ours::PolicyList, Capability),
        (Read,   "sys/policy/*", Ours::PolicyRead, Capability),
        (Write,  "sys/policy/*", Ours::PolicyWrite, Capability),
        (Delete, "sys/policy/*", Ours::PolicyDelete, Capability),
        (Write,  "sys/capabilities-self", Ours::CapabilitiesSelf, Capability),
        (Write,  "sys/capabilities", Ours::Capabilities, Capability),
        (Write,  "sys/capabilities-accessor", Ours::CapabilitiesAccessor, Capability),
        (Read,   "sys/health", Ours::Health, Nothing),
        (Read,   "sys/seal-status", Ours::SealStatus, Nothing),
        (Read,   "sys/leader", Ours::Leader, Nothing),
        (Read,   "sys/init", Ours::Init, Nothing),
        (Read,   "sys/auth", Ours::Mounts, Capability),
        (Read,   "sys/auth/*/tune", Ours::TuneRead, Sudo),
        (Write,  "sys/auth/*/tune", Ours::TuneWrite, Sudo),
        (Read,   "sys/auth/*", Ours::MountRead, Sudo),
        (Write,  "sys/auth/*", Ours::MountWrite, Sudo),
        (Delete, "sys/auth/*", Ours::MountDelete, Sudo),
        // Vault asks for no token here, and then shows what everybody may see.
        (Read,   "sys/internal/ui/mounts", Ours::UiMounts, Nothing),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &str, path: &str, query: &str) -> (Ours, Needs) {
        let verb = Verb::parse(&method.parse().unwrap(), query).unwrap();
        let found = find(verb, path);
        (found.ours, found.needs)
    }

    #[test]
    fn methods_and_their_other_names_lead_to_the_same() {
        let list = (Ours::PolicyList, Needs::Capability);
        for (method, query) in [("LIST", ""), ("GET", "list=true"), ("GET", "list=True")] {
            assert_eq!(found(method, "sys/policies/acl", query), list, "{method}");
        }
        let write = (Ours::PolicyWrite, Needs::Capability);
        assert_eq!(found("POST", "sys/policies/acl/a", ""), write);
        assert_eq!(found("PUT", "sys/policy/a", ""), write);
        let wrong = (Ours::WrongMethod, Needs::Capability);
        assert_eq!(found("GET", "sys/policies/acl", "list=0"), wrong);
        assert_eq!(found("PATCH", "sys/policy/a", ""), wrong);
    }

    #[test]
    fn name_may_have_slashes_and_must_be_there() {
        let path = "sys/policies/acl/team/a";

        let found = find(Verb::Read, path);

        assert_eq!(&path[found.name..], "team/a");
        let nowhere = find(Verb::Read, "sys/policies/acl/");
        assert_eq!(nowhere.ours, Ours::Nowhere);
    }

    #[test]
    fn what_touches_others_needs_sudo_and_little_needs_nothing() {
        let with = |needs: Needs| {
            let rows = ROWS.iter().filter(|row| row.3 == needs);
            let mut paths: Vec<_> = rows.map(|row| row.1).collect();
            paths.dedup();
            paths
        };

        assert_eq!(
            with(Needs::Sudo),
            [
                "auth/token/revoke-orphan",
                "auth/token/accessors",
                "auth/token/create-orphan",
                "sys/auth/*/tune",
                "sys/auth/*"
            ]
        );
        assert_eq!(
            with(Needs::Nothing),
            [
                "sys/health",
                "sys/seal-status",
                "sys/leader",
                "sys/init",
                "sys/internal/ui/mounts"
            ]
        );
    }

    #[test]
    fn list_that_is_neither_true_nor_false_is_no_verb() {
        assert_eq!(Verb::parse(&Method::GET, "list=maybe"), None);
        assert_eq!(Verb::parse(&Method::GET, "x=1&list=T"), Some(Verb::List));
    }
}
