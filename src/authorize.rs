//! Question: may this caller do this, and as which principal? Silence means no.

use std::collections::HashSet;
use std::sync::Arc;

use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::caller::{Access, Caller, Principal};
use crate::error::{Error, Kind};
use crate::operation::{Action, Operation};

/// Decides; see the [module](self).
#[derive(Clone, Debug)]
pub struct Authorize {
    teams: Arc<HashSet<String>>,
    /// Team and name of each service user whose key the gateway holds, lower case.
    managed: Arc<HashSet<(String, String)>>,
}

impl Authorize {
    /// Knows the teams and service users of the configuration.
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
    ///
    /// # Errors
    ///
    /// Fails with `UnknownTeam`, `Forbidden` or `PrincipalIsManaged`.
    pub fn ask(&self, caller: &Caller, operation: &Operation) -> Result<Arc<Principal>, Error> {
        let team = operation.path.team();
        let mut own = caller.principals.iter();
        let principal = own.find(|principal| team.is_none_or(|team| *principal.team == *team));
        // A principal's team is served, so whoever has one needs no look at the others.
        if principal.is_none() && team.is_some_and(|team| !self.teams.contains(team)) {
            return Err(Kind::UnknownTeam.into());
        }
        let needed = match operation.endpoint.action {
            Action::Read | Action::Local => Access::Read,
            Action::SecretRead | Action::Reveal | Action::Write(_) => Access::Write,
        };
        let principal = principal
            .filter(|_| caller.access >= needed)
            .ok_or(Kind::Forbidden)?;
        if operation.is_write() && self.is_managed(operation) {
            return Err(Kind::PrincipalIsManaged.into());
        }
        Ok(Arc::clone(principal))
    }

    /// Decides about what belongs to no team: reads are for all callers, everything else for those who
    /// may write.
    ///
    /// # Errors
    ///
    /// Fails with `Forbidden`.
    pub fn ask_method(caller: &Caller, method: &Method) -> Result<(), Error> {
        let needed = if method.is_safe() {
            Access::Read
        } else {
            Access::Write
        };
        if caller.access < needed {
            return Err(Kind::Forbidden.into());
        }
        Ok(())
    }

    /// Decides by what the body says: a membership names its user there.
    ///
    /// # Errors
    ///
    /// Fails with `PrincipalIsManaged`.
    pub fn ask_body(&self, operation: &Operation, body: &[u8]) -> Result<(), Error> {
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
        if is_managed {
            return Err(Kind::PrincipalIsManaged.into());
        }
        Ok(())
    }

    /// Whether a path names one of the gateway's own service users: as user, or as member of a group.
    fn is_managed(&self, operation: &Operation) -> bool {
        let Some(team) = operation.path.team() else {
            return false;
        };
        let mut segments = operation.path.below_team().split('/');
        let name = match (
            segments.next(),
            segments.next(),
            segments.next(),
            segments.next(),
        ) {
            (Some("service_users" | "users"), Some(name), _, _) => name,
            (Some("groups"), Some(_), Some("users"), Some(name)) => name,
            _ => return false,
        };
        let name = percent_decode_str(name).decode_utf8_lossy().to_lowercase();
        self.managed.contains(&(team.to_owned(), name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::{CallerKind, Priority, Weight};
    use crate::testing;

    fn ask(access: Access, method: &Method, target: &str) -> Result<Arc<Principal>, Error> {
        let caller = Caller {
            name: "test".into(),
            index: 0,
            kind: CallerKind::Token,
            access,
            priority: Priority::Batch,
            weight: Weight::ONE,
            principals: vec![testing::principal()],
        };
        let operation = Operation::parse(method, &target.parse().unwrap()).unwrap();
        Authorize::new(&[testing::principal()]).ask(&caller, &operation)
    }

    fn refused(access: Access, method: &Method, target: &str) -> Kind {
        ask(access, method, target).unwrap_err().kind()
    }

    #[test]
    fn reader_reads_and_nothing_more() {
        let secret = "/v1/teams/demo/resource_groups/r/projects/p/secrets/s";

        assert!(ask(Access::Read, &Method::GET, "/v1/teams/demo/groups").is_ok());
        assert!(ask(Access::Read, &Method::GET, secret).is_ok());
        for (method, target) in [
            (&Method::POST, "/v1/teams/demo/groups"),
            (&Method::POST, secret),
            (&Method::POST, "/v1/resolve"),
            (&Method::GET, "/v1/teams/demo/gateway_setup_tokens/1/token"),
            (&Method::PATCH, "/v1/teams/demo/unknown/1"),
        ] {
            assert_eq!(
                refused(Access::Read, method, target),
                Kind::Forbidden,
                "{target}"
            );
            assert!(ask(Access::Write, method, target).is_ok(), "{target}");
        }
    }

    #[test]
    fn team_that_is_not_served_is_said_to_be_unknown() {
        let target = "/v1/teams/other/groups";

        assert_eq!(
            refused(Access::Write, &Method::GET, target),
            Kind::UnknownTeam
        );
    }

    #[test]
    fn gateways_own_service_users_are_not_changed_however_they_are_spelled() {
        for (method, target) in [
            (&Method::PUT, "/v1/teams/demo/service_users/gateway"),
            (&Method::PUT, "/v1/teams/demo/service_users/Gate%77ay"),
            (&Method::POST, "/v1/teams/demo/service_users/gateway/keys"),
            (
                &Method::DELETE,
                "/v1/teams/demo/service_users/gateway/keys/1",
            ),
            (
                &Method::DELETE,
                "/v1/teams/demo/groups/admins/users/gateway",
            ),
        ] {
            assert_eq!(
                refused(Access::Write, method, target),
                Kind::PrincipalIsManaged,
                "{target}"
            );
        }
        assert!(
            ask(
                Access::Write,
                &Method::GET,
                "/v1/teams/demo/service_users/gateway"
            )
            .is_ok()
        );
    }

    #[test]
    fn membership_of_the_gateways_own_service_users_is_not_changed() {
        let target = "/v1/teams/demo/groups/admins/users".parse().unwrap();
        let operation = Operation::parse(&Method::POST, &target).unwrap();
        let authorize = Authorize::new(&[testing::principal()]);

        let refused = authorize
            .ask_body(&operation, br#"{"name":"GATEWAY"}"#)
            .unwrap_err();

        assert_eq!(refused.kind(), Kind::PrincipalIsManaged);
        let twice = br#"{"name":"x","NAME":"gateway"}"#;
        assert!(authorize.ask_body(&operation, twice).is_err());
        assert!(authorize.ask_body(&operation, br#"{"name":"x"}"#).is_ok());
    }
}
