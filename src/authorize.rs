//! Question: may this caller do this, and as which principal? Silence means no.
//!
//! The caller's policies decide, and the rule that decides also names the principal. `access` in the
//! configuration is a short form of a policy, so there is no second way to decide.

mod explain;

use std::collections::HashSet;
use std::sync::Arc;

use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

pub use self::explain::{Explanation, Told};

use crate::caller::{Caller, Principal};
use crate::error::{Error, Kind};
use crate::operation::{Operation, canonical_segment};
use crate::policy::{Answer, Capability, Decision, Nobody, Rights, policy_path};

/// Decides; see the [module](self).
#[derive(Clone, Debug)]
pub struct Authorize {
    teams: Arc<HashSet<String>>,
    /// Team and name of each service user whose key the gateway holds, lower case.
    managed: Arc<HashSet<(String, String)>>,
}

/// What was decided, and by what.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// In whose name it may be done, or why not.
    pub principal: Result<Arc<Principal>, Error>,
    /// The rule that decided, as `policy:path`; `None` if no rule says anything of the path.
    pub rule: Option<Arc<str>>,
}

/// Why not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Refusal {
    /// The team is not configured.
    UnknownTeam,
    /// No rule grants it.
    NotGranted,
    /// A rule would grant it, but does not name the secret that is shown.
    NotNamed,
    /// A rule grants it, but there is nobody of the team to ask for.
    NoPrincipal,
    /// Equal rules name different principals.
    SeveralPrincipals,
    /// It changes one of the gateway's own service users, without `sudo`.
    Managed,
    /// It makes a key for one of them.
    ManagedKey,
}

impl Authorize {
    /// Knows the service users of the configuration.
    ///
    /// They do not change while the process runs. Policies do, and [`front`](crate::front) remembers
    /// what was decided, for as long as the epoch is the same.
    pub fn new(principals: &[Arc<Principal>]) -> Self {
        let managed = principals
            .iter()
            .map(|p| (p.team.to_string(), p.name.to_lowercase()));
        Self {
            teams: Arc::new(principals.iter().map(|p| p.team.to_string()).collect()),
            managed: Arc::new(managed.collect()),
        }
    }

    /// Decides by what the head says.
    pub fn ask(&self, caller: &Caller, operation: &Operation) -> Verdict {
        let compiled = caller.grant.set.compiled();
        let (decision, answer) = self.judge(&compiled.rights, caller, operation);
        let rule = decision.rule();
        Verdict {
            principal: answer.map_err(|refusal| refusal.kind().into()),
            rule: rule.map(|rule| Arc::clone(&rule.label)),
        }
    }

    fn judge<'r>(
        &self,
        rights: &'r Rights,
        caller: &Caller,
        operation: &Operation,
    ) -> (Decision<'r>, Result<Arc<Principal>, Refusal>) {
        let decision = rights.decide_on(operation);
        (decision, self.principal(caller, operation, decision))
    }

    fn principal(
        &self,
        caller: &Caller,
        operation: &Operation,
        decision: Decision<'_>,
    ) -> Result<Arc<Principal>, Refusal> {
        let team = operation.path.team();
        let mut own = caller.principals.iter();
        let own = own.find(|principal| team.is_none_or(|team| *principal.team == *team));
        // A principal's team is served, so whoever has one needs no look at the others.
        if own.is_none() && team.is_some_and(|team| !self.teams.contains(team)) {
            return Err(Refusal::UnknownTeam);
        }
        match decision.answer() {
            Answer::Allowed => {}
            Answer::Refused => return Err(Refusal::NotGranted),
            Answer::Unnamed => return Err(Refusal::NotNamed),
        }
        let principal = match decision.principal(team, own) {
            Ok(principal) => Arc::clone(principal),
            Err(Nobody::None) => return Err(Refusal::NoPrincipal),
            Err(Nobody::Several) => return Err(Refusal::SeveralPrincipals),
        };
        if operation.is_write() && self.is_managed(operation) {
            if makes_key(operation) {
                return Err(Refusal::ManagedKey);
            }
            if !decision.has_sudo() {
                return Err(Refusal::Managed);
            }
        }
        Ok(principal)
    }

    /// Decides about a path of another origin; what decided comes with it.
    ///
    /// # Errors
    ///
    /// Fails with `Forbidden`, and with `MalformedPath` on a path that can be read in two ways.
    pub fn ask_origin(
        &self,
        caller: &Caller,
        method: &Method,
        path: &str,
    ) -> (Result<(), Error>, Option<Arc<str>>) {
        // Others may have empty segments; policies are still asked about one spelling only.
        let segments: Result<Vec<_>, _> = path.split('/').map(canonical_segment).collect();
        let segments = match segments {
            Ok(segments) => segments,
            Err(error) => return (Err(error), None),
        };
        let path = segments.join("/");
        decide(
            caller,
            policy_path(&path),
            Capability::of_method(method),
            false,
        )
    }

    /// Decides about a path of the gateway's own, in Vault's namespace; what decided comes with it.
    ///
    /// # Errors
    ///
    /// Fails with `Forbidden`.
    pub fn ask_vault(
        &self,
        caller: &Caller,
        path: &str,
        capability: Capability,
        needs_sudo: bool,
    ) -> (Result<(), Error>, Option<Arc<str>>) {
        decide(caller, path, capability, needs_sudo)
    }

    /// Decides by what the body says: a membership names its user there.
    ///
    /// # Errors
    ///
    /// Fails with `PrincipalIsManaged`, and with `MalformedRequest` on a body that is not an object.
    pub fn ask_body(
        &self,
        caller: &Caller,
        operation: &Operation,
        body: &[u8],
    ) -> Result<(), Error> {
        let Some(team) = operation.path.team() else {
            return Ok(());
        };
        if operation.endpoint.name != "group_users.add" {
            return Ok(());
        }
        let body: Map<String, Value> =
            serde_json::from_slice(body).map_err(|e| Kind::MalformedRequest.because(e))?;
        // Some decoders do not mind the case of a key, so no spelling of it gets by.
        let mut names = body
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case("name"));
        let is_managed = names.any(|(_, name)| {
            let name = name.as_str().unwrap_or_default().to_lowercase();
            self.managed.contains(&(team.to_owned(), name))
        });
        let has_sudo = || {
            let compiled = caller.grant.set.compiled();
            compiled.rights.decide_on(operation).has_sudo()
        };
        if is_managed && !has_sudo() {
            return Err(Kind::PrincipalIsManaged.into());
        }
        Ok(())
    }

    /// Whether a path names one of the gateway's own service users: as user, or as member of a group.
    ///
    /// Nobody knows whether OPA minds the case of what it is asked, so no spelling of it gets by.
    fn is_managed(&self, operation: &Operation) -> bool {
        let Some(team) = operation.path.team() else {
            return false;
        };
        let mut segments = operation.path.below_team().split('/').map(|segment| {
            let decoded = percent_decode_str(segment).decode_utf8_lossy();
            decoded.to_lowercase()
        });
        let [first, second, third, fourth] = [(); 4].map(|()| segments.next());
        let name = match (first.as_deref(), second, third.as_deref(), fourth) {
            (Some("service_users" | "users"), Some(name), _, _) => name,
            (Some("groups"), Some(_), Some("users"), Some(name)) => name,
            _ => return false,
        };
        self.managed.contains(&(team.to_owned(), name))
    }
}

/// Decides about what nobody is asked for.
fn decide(
    caller: &Caller,
    path: &str,
    capability: Capability,
    needs_sudo: bool,
) -> (Result<(), Error>, Option<Arc<str>>) {
    let compiled = caller.grant.set.compiled();
    let decision = compiled.rights.decide(path, capability);
    let is_allowed = decision.is_allowed() && (!needs_sudo || decision.has_sudo());
    let result = if is_allowed {
        Ok(())
    } else {
        Err(Kind::Forbidden.into())
    };
    let rule = decision.rule();
    (result, rule.map(|rule| Arc::clone(&rule.label)))
}

impl Refusal {
    fn kind(self) -> Kind {
        match self {
            Self::UnknownTeam => Kind::UnknownTeam,
            Self::NotGranted | Self::NotNamed | Self::NoPrincipal => Kind::Forbidden,
            Self::SeveralPrincipals => Kind::AmbiguousPrincipal,
            Self::Managed | Self::ManagedKey => Kind::PrincipalIsManaged,
        }
    }
}

/// Whether a write to one of the gateway's own service users would answer with the secret of a key.
fn makes_key(operation: &Operation) -> bool {
    let mut segments = operation.path.below_team().split('/');
    let is_of_keys = segments
        .nth(2)
        .is_some_and(|s| s.eq_ignore_ascii_case("keys"));
    is_of_keys && operation.method != Method::DELETE
}

#[cfg(test)]
mod tests;
