//! One login, from the password to the session.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::factors::{Challenge, FAILED};
use super::guard::Try;
use super::okta::Okta;
use super::{Logins, Refused, Settings};
use crate::secret::Secret;
use crate::sessions::{Created, New};

/// What somebody shows who wants to be let in.
#[derive(Debug)]
pub struct Ask {
    /// Who, as it was typed.
    pub name: String,
    /// Their password.
    pub password: Secret,
    /// A one-time code.
    pub totp: Option<String>,
    /// By what they will ask for the answer to a number challenge.
    pub nonce: Option<String>,
    /// Whose factor to use: `OKTA` or `GOOGLE`.
    pub provider: Option<String>,
    /// Where they are.
    pub peer: Option<IpAddr>,
}

/// Somebody who was let in.
#[derive(Debug)]
pub struct LoggedIn {
    /// Their session.
    pub created: Created,
    /// What they should be told.
    pub warnings: Vec<String>,
}

/// What a renewal wants to know; it is kept with the session, and holds no secret.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Kept {
    /// The name as it was typed.
    pub(super) name: String,
    /// Okta's id of the user.
    pub(super) id: String,
    /// When the password was changed, in Okta's words.
    pub(super) changed: String,
}

/// Who Okta says it was.
#[derive(Debug, Default)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) login: String,
    pub(super) changed: String,
}

impl Person {
    /// Reads a user; what is not there is empty.
    pub(super) fn of(user: Option<&Value>) -> Self {
        let text = |place: &str| {
            let text = user.and_then(|user| user.pointer(place));
            text.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let id = text("/id");
        let is_id = id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric());
        Self {
            id: if is_id { id } else { String::new() },
            login: text("/profile/login"),
            changed: text("/passwordChanged"),
        }
    }
}

impl Logins {
    /// Lets somebody in, if Okta does.
    ///
    /// # Errors
    ///
    /// Fails if Okta does not or cannot be asked, if they have tried too often, or if there can be no
    /// session.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it asks Okta nothing more, and counts as a failure if it was not known yet to be none.
    pub async fn login(&self, path: &str, ask: &Ask) -> Result<LoggedIn, Refused> {
        let about = self.about(path).ok_or(Refused::Nowhere)?;
        let (settings, okta) = self.reached(path)?;
        if !settings.token.admits(ask.peer) {
            return Err(Refused::Denied("permission denied".to_owned()));
        }
        let place = self.shared.places.try_acquire();
        let _place = place.map_err(|_| Refused::Later(FULL))?;
        let begun = self.shared.guard.begin(path, &ask.name, ask.peer).await;
        let mut attempt = Some(begun.map_err(Refused::Later)?);
        let (person, mut warnings) = self
            .authenticate(path, &settings, &okta, ask, &mut attempt)
            .await?;
        if let Some(attempt) = attempt {
            attempt.passed();
        }
        let groups = self.groups_of(&okta, &person, &mut warnings).await?;
        let mapped = self.policies_of(path, &ask.name, &person.login, &groups);
        let limits = about.tune.limits(self.shared.sessions.limits());
        let mut new = new_session(path, &settings, ask, &person, mapped);
        new.limits = Some(limits);
        // Without one Okta could not be asked whether the account is still there.
        new.renewable = okta.has_token();
        let created = self.shared.sessions.create(new).await;
        let created = created.map_err(Refused::Session)?;
        if self
            .about(path)
            .is_none_or(|now| now.accessor != about.accessor)
        {
            // The mount was taken away in the meantime, and its sessions before this one was there.
            let revoked = self.shared.sessions.revoke(created.session.id()).await;
            revoked?;
            return Err(Refused::Nowhere);
        }
        warnings.extend(created.warnings.iter().cloned());
        Ok(LoggedIn { created, warnings })
    }

    /// The settings of a mount, and its organisation.
    pub(super) fn reached(&self, path: &str) -> Result<(Arc<Settings>, Arc<Okta>), Refused> {
        let mounts = self.shared.mounts.read();
        let mount = mounts.get(path).filter(|mount| !mount.about.is_gone);
        let settings = mount.ok_or(Refused::Nowhere)?.settings.clone();
        settings.ok_or_else(|| Refused::bad("Okta auth method not configured"))
    }

    /// Asks Okta whether it is who they say.
    async fn authenticate(
        &self,
        path: &str,
        settings: &Settings,
        okta: &Okta,
        ask: &Ask,
        attempt: &mut Option<Try>,
    ) -> Result<(Person, Vec<String>), Refused> {
        let void = |attempt: &mut Option<Try>| attempt.take().map(Try::void);
        let asked = okta.authn(&ask.name, &ask.password, ask.peer).await;
        let mut answer = asked.map_err(|trouble| {
            if !trouble.may_count() {
                void(attempt);
            }
            trouble.told("Okta auth failed")
        })?;
        let status = answer.get("status").and_then(Value::as_str);
        let mut warnings = Vec::new();
        match status.unwrap_or_default() {
            "SUCCESS" => {}
            "PASSWORD_WARN" => warnings.push(WARNING.to_owned()),
            "MFA_REQUIRED" | "MFA_ENROLL" | "MFA_ENROLL_ACTIVATE" if settings.bypass_okta_mfa => {}
            "MFA_REQUIRED" => {
                let challenge = Challenge {
                    okta,
                    mount: path,
                    ask,
                    numbers: &self.shared.numbers,
                };
                let person = answer.pointer("/_embedded/user").cloned();
                answer = challenge.meet(&answer, attempt).await?;
                // Not every last answer says again who it was.
                if answer.pointer("/_embedded/user").is_none() {
                    let person = Person::of(person.as_ref());
                    return Ok((person, warnings));
                }
            }
            "MFA_ENROLL" | "MFA_ENROLL_ACTIVATE" => {
                void(attempt);
                return Err(Refused::Bad(format!(
                    "{FAILED}: you must complete MFA enrollment to continue"
                )));
            }
            // The password was right.
            "PASSWORD_EXPIRED" | "RECOVERY" | "PASSWORD_RESET" => {
                void(attempt);
                return Err(Refused::bad(FAILED));
            }
            _ => return Err(Refused::bad(FAILED)),
        }
        Ok((Person::of(answer.pointer("/_embedded/user")), warnings))
    }

    /// The groups that Okta has them in; without an API token nobody knows.
    pub(super) async fn groups_of(
        &self,
        okta: &Okta,
        person: &Person,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<String>, Refused> {
        if !okta.has_token() {
            return Ok(Vec::new());
        }
        let failed = "okta failure retrieving groups";
        if person.id.is_empty() {
            return Err(Refused::Bad(format!(
                "{failed}: Okta did not say who it was"
            )));
        }
        let groups = okta.groups(&person.id).await;
        let groups = groups.map_err(|trouble| trouble.told(failed))?;
        if groups.is_empty() {
            warnings.push(NO_GROUPS.to_owned());
        }
        Ok(groups)
    }
}

fn new_session(
    path: &str,
    settings: &Settings,
    ask: &Ask,
    person: &Person,
    mapped: Vec<String>,
) -> New {
    let token = &settings.token;
    let metadata = BTreeMap::from([
        ("policies".to_owned(), mapped.join(",")),
        ("username".to_owned(), ask.name.clone()),
    ]);
    let kept = Kept {
        name: ask.name.clone(),
        id: person.id.clone(),
        changed: person.changed.clone(),
    };
    let mut policies = token.policies.clone();
    policies.extend(mapped);
    New {
        policies,
        no_default_policy: token.no_default_policy,
        display_name: format!("{}-{}", path.replace('/', "-"), ask.name),
        path: format!("auth/{path}/login/{}", ask.name),
        metadata: Some(metadata),
        kept: serde_json::to_string(&kept).ok(),
        terms: token.terms(),
        num_uses: token.num_uses,
        cidrs: token.cidrs.clone(),
        ..New::default()
    }
}

const WARNING: &str = "Your Okta password is in warning state and needs to be changed soon.";
const NO_GROUPS: &str = "no Okta groups found; only policies from locally-defined groups available";
/// When there may be a place again, where too many log in at once.
const FULL: Duration = Duration::from_secs(1);
