//! The Okta auth method, at every path where it is mounted.

use super::answer::{Answered, Said};
use super::fields::Fields;
use super::table::{Found, Needs, Ours, Verb};
use super::{Call, Shared, okta_config};
use crate::error::{Error, Kind};
use crate::login::{Ask, Group, Logins, Refused, User};
use crate::secret::Secret;
use serde_json::json;

/// One thing that there is below a mount.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "each is the path that it stands for")]
pub enum Okta {
    ConfigRead,
    ConfigWrite,
    Users,
    UserRead,
    UserWrite,
    UserDelete,
    Groups,
    GroupRead,
    GroupWrite,
    GroupDelete,
    Login,
    Verify,
}

/// Finds what stands at `path` below a mount, if it is below one.
pub(super) fn find(logins: &Logins, verb: Verb, path: &str) -> Option<Found> {
    let (mount, rest) = logins.at(path.strip_prefix("auth/")?)?;
    let before = path.len() - rest.len();
    let (first, name) = match rest.split_once('/') {
        Some((first, name)) if !name.is_empty() => (first, Some(before + first.len() + 1)),
        Some((first, _)) => (first, None),
        None => (rest, None),
    };
    let found = |what, needs| Found {
        ours: Ours::Okta(what),
        needs,
        verb,
        name: name.unwrap_or(path.len()),
    };
    let none = |ours, needs| Found {
        ours,
        needs,
        verb,
        name: path.len(),
    };
    let capability = Needs::Capability;
    Some(match (first, name.is_some(), verb) {
        ("config", false, Verb::Read) => found(Okta::ConfigRead, capability),
        ("config", false, Verb::Write) => {
            let is_new = logins.settings(mount).is_none();
            let needs = if is_new { Needs::Create } else { capability };
            found(Okta::ConfigWrite, needs)
        }
        ("config", false, Verb::List) => none(Ours::Nowhere, capability),
        ("users", false, Verb::List) => found(Okta::Users, capability),
        ("users", true, Verb::Read) => found(Okta::UserRead, capability),
        ("users", true, Verb::Write) => found(Okta::UserWrite, capability),
        ("users", true, Verb::Delete) => found(Okta::UserDelete, capability),
        ("groups", false, Verb::List) => found(Okta::Groups, capability),
        ("groups", true, Verb::Read) => found(Okta::GroupRead, capability),
        ("groups", true, Verb::Write) => found(Okta::GroupWrite, capability),
        ("groups", true, Verb::Delete) => found(Okta::GroupDelete, capability),
        ("login", true, Verb::Write) => found(Okta::Login, Needs::Nothing),
        ("verify", true, Verb::Read) => found(Okta::Verify, Needs::Nothing),
        ("login" | "verify", true, _) => none(Ours::WrongMethod, Needs::Nothing),
        ("config", false, _) | ("users" | "groups", ..) => none(Ours::WrongMethod, capability),
        _ => none(Ours::Nowhere, capability),
    })
}

impl Shared {
    /// Answers what is asked of a mount.
    pub(super) async fn okta(&self, call: &Call, what: Okta) -> Answered {
        let mount = self.mount(call)?;
        let logins = &self.parts.logins;
        match what {
            Okta::ConfigRead => {
                let settings = logins.settings(mount);
                let settings = settings.ok_or_else(|| Said::status(404))?;
                let shown = okta_config::shown(&settings);
                call.data_with(&shown, &okta_config::warnings(&settings))
            }
            Okta::ConfigWrite => {
                let fields = call.fields()?;
                let set = logins.set(mount, |old| okta_config::changed(old, &fields));
                set.await?;
                let settings = logins.settings(mount);
                let warnings = settings.map_or_else(Vec::new, |set| okta_config::warnings(&set));
                Ok(call.done(&warnings))
            }
            Okta::Users => call.keys(&as_folders(logins.users(mount))),
            Okta::UserRead => {
                let user = logins.user(mount, &call.name());
                let user = user.ok_or_else(|| Said::status(404))?;
                call.data(&json!({ "groups": user.groups, "policies": user.policies }))
            }
            Okta::UserWrite => {
                let user = user(&call.fields()?)?;
                logins.put_user(mount, &call.name(), Some(user)).await?;
                Ok(call.done(&[]))
            }
            Okta::UserDelete => {
                logins.put_user(mount, &call.name(), None).await?;
                Ok(call.done(&[]))
            }
            Okta::Groups => call.keys(&logins.groups(mount)),
            Okta::GroupRead => {
                let group = logins.group(mount, &call.name());
                let group = group.ok_or_else(|| Said::status(404))?;
                call.data(&json!({ "policies": group.policies }))
            }
            Okta::GroupWrite => {
                let policies = call.fields()?.list("policies")?.unwrap_or_default();
                let group = Group::new(&policies);
                logins.put_group(mount, &call.name(), Some(group)).await?;
                Ok(call.done(&[]))
            }
            Okta::GroupDelete => {
                logins.put_group(mount, &call.name(), None).await?;
                Ok(call.done(&[]))
            }
            Okta::Login => self.login(call, mount).await,
            Okta::Verify => {
                let number = logins.number(mount, &call.name());
                let number = number.ok_or_else(|| Said::status(404))?;
                call.data(&json!({ "correct_answer": number }))
            }
        }
    }

    async fn login(&self, call: &Call, mount: &str) -> Answered {
        let fields = call.fields()?;
        let provider = fields.text("provider")?.unwrap_or_default().to_uppercase();
        if !["", "OKTA", "GOOGLE"].contains(&&*provider) {
            return Err(Said::bad(format!(
                "provider {} is not among the supported ones [GOOGLE OKTA]",
                provider.chars().take(64).collect::<String>()
            )));
        }
        let ask = Ask {
            name: name(call)?,
            password: fields
                .secret("password")?
                .unwrap_or_else(|| Secret::new("")),
            totp: fields.text("totp")?,
            nonce: nonce(&fields)?,
            provider: Some(provider).filter(|provider| !provider.is_empty()),
            peer: call.peer,
        };
        let logged_in = self.parts.logins.login(mount, &ask).await?;
        let created = logged_in.created;
        let token = created.token.expose();
        let auth = super::answer::Auth::of(&created.session, token, created.ttl);
        call.auth(&auth, &logged_in.warnings)
    }

    /// The mount that a path is below.
    pub(super) fn mount<'c>(&self, call: &'c Call) -> Result<&'c str, Said> {
        let path = call.path().strip_prefix("auth/");
        let found = path.and_then(|path| self.parts.logins.at(path));
        // It may have been taken away just now.
        found
            .map(|(mount, _)| mount)
            .ok_or_else(|| Said::status(404))
    }
}

/// The name of whoever logs in.
fn name(call: &Call) -> Result<String, Said> {
    let name = call.name();
    if name.len() > LONGEST || name.chars().any(char::is_control) {
        return Err(Said::bad(
            "a name must be up to 512 bytes, without control characters",
        ));
    }
    Ok(name)
}

fn nonce(fields: &Fields) -> Result<Option<String>, Said> {
    let nonce = fields.text("nonce")?;
    if nonce.as_ref().is_some_and(|nonce| nonce.len() > LONGEST) {
        return Err(Said::bad("the nonce is too long"));
    }
    Ok(nonce)
}

fn user(fields: &Fields) -> Result<User, Said> {
    Ok(User {
        groups: fields.list("groups")?.unwrap_or_default(),
        policies: fields.list("policies")?.unwrap_or_default(),
    })
}

/// Names up to the first slash, as Vault lists what it keeps as paths.
fn as_folders(names: Vec<String>) -> Vec<String> {
    let mut folders: Vec<String> = names
        .into_iter()
        .map(|name| match name.split_once('/') {
            Some((folder, _)) => format!("{folder}/"),
            None => name,
        })
        .collect();
    folders.sort_unstable();
    folders.dedup();
    folders
}

impl From<Refused> for Said {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Nowhere => Self::status(404),
            Refused::Bad(words) => Self::bad(words),
            Refused::Denied(words) => Self::denied(words),
            Refused::Later(retry_after) => {
                Self::from(Error::from(Kind::QuotaExceeded { retry_after }))
            }
            Refused::Failed(error) => error.into(),
            Refused::Session(refused) => super::token::refused(refused),
        }
    }
}

const LONGEST: usize = 512;
