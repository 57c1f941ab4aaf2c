//! Renewal of a login's session: Okta is asked whether the account is as it was.

use super::flow::{Kept, Person};
use super::{Logins, Refused};
use crate::sessions::{Limits, New, Session, Terms};

impl Logins {
    /// What is said anew of how long a session lasts; `None` if no mount made it.
    ///
    /// # Errors
    ///
    /// Fails if the account is not active any more, if its password was changed, if its policies would
    /// be others now, or if nobody can say.
    pub async fn renew(&self, session: &Session) -> Result<Option<(Terms, Limits)>, Refused> {
        if session.kept().is_empty() {
            return Ok(None);
        }
        let path = self
            .maker(session)
            .ok_or_else(|| failed("its mount is gone"))?;
        let kept: Kept = serde_json::from_str(session.kept()).map_err(|_| failed(UNKNOWN))?;
        let (settings, okta) = self.reached(&path)?;
        if !okta.has_token() || kept.id.is_empty() {
            return Err(Refused::Bad(format!("{BEFORE}: {UNKNOWN}")));
        }
        let user = okta.user(&kept.id).await;
        let user = user.map_err(|trouble| trouble.told(BEFORE))?;
        if user.get("status").and_then(serde_json::Value::as_str) != Some("ACTIVE") {
            return Err(failed("the account is not active any more"));
        }
        let person = Person::of(Some(&user));
        if !kept.changed.is_empty() && person.changed != kept.changed {
            return Err(failed("the password was changed"));
        }
        let groups = self.groups_of(&okta, &person, &mut Vec::new()).await?;
        let mut policies = settings.token.policies.clone();
        policies.extend(self.policies_of(&path, &kept.name, &person.login, &groups));
        let now = self.shared.sessions.set_of(&New {
            policies,
            no_default_policy: settings.token.no_default_policy,
            ..New::default()
        });
        if now.names() != session.set().names() {
            return Err(failed("policies have changed, not renewing"));
        }
        let terms = Terms {
            // Fixed when the session was made.
            explicit_max_ttl: session.terms().explicit_max_ttl,
            ..settings.token.terms()
        };
        let about = self.about(&path).ok_or(Refused::Nowhere)?;
        let limits = about.tune.limits(self.shared.sessions.limits());
        Ok(Some((terms, limits)))
    }

    /// The mount that made a session.
    fn maker(&self, session: &Session) -> Option<String> {
        let (path, rest) = self.at(session.path().strip_prefix("auth/")?)?;
        rest.starts_with("login/").then(|| path.to_owned())
    }
}

fn failed(why: &str) -> Refused {
    Refused::Denied(format!("{BEFORE}: {why}"))
}

const BEFORE: &str = "failed to renew entry";
const UNKNOWN: &str = "without `api_token` Okta cannot be asked for the account";
