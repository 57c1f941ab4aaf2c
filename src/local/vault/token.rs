//! Tokens: looked up, renewed, revoked.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::answer::{Answered, Auth, Said};
use super::{Call, Ours, Shared, unavailable};
use crate::auth::vault_token;
use crate::caller::Caller;
use crate::secret::Secret;
use crate::sessions::{Limits, Refused, Session, Terms};

impl Shared {
    /// `lookup-self`, also for callers of the configuration.
    pub(super) fn lookup_self(&self, call: &Call) -> Answered {
        let caller = call.caller()?;
        let token = vault_token(&call.headers).ok().flatten();
        let shown = token.as_ref().map_or("", Secret::expose);
        let data = match self.own(caller) {
            Some(session) => self.about(&session, shown),
            None => about_static(caller),
        };
        call.data(&data)
    }

    /// `lookup` and `lookup-accessor`.
    pub(super) fn lookup(&self, call: &Call) -> Answered {
        let fields = call.fields()?;
        if call.found.ours == Ours::LookupAccessor {
            let session = self.of_accessor(&fields.text("accessor")?)?;
            return call.data(&self.about(&session, ""));
        }
        let token = Secret::new(fields.text("token")?.unwrap_or_default());
        let session = self
            .of_token(&token)
            .ok_or_else(|| Said::denied("bad token"))?;
        call.data(&self.about(&session, token.expose()))
    }

    /// `accessors`.
    pub(super) fn accessors(&self, call: &Call) -> Answered {
        call.keys(&self.parts.sessions.accessors())
    }

    /// `renew`, `renew-self` and `renew-accessor`.
    pub(super) async fn renew(&self, call: &Call) -> Answered {
        let fields = call.fields()?;
        let increment = fields.duration("increment")?.unwrap_or(Duration::ZERO);
        let (session, token) = if call.found.ours == Ours::RenewSelf {
            let session = self.own(call.caller()?).ok_or_else(not_renewable)?;
            (session, vault_token(&call.headers).ok().flatten())
        } else if call.found.ours == Ours::RenewAccessor {
            (self.of_accessor(&fields.text("accessor")?)?, None)
        } else {
            let token = Secret::new(fields.text("token")?.unwrap_or_default());
            let session = self.of_token(&token);
            let session = session.ok_or_else(|| Said::denied("bad token"))?;
            (session, Some(token))
        };
        if !session.is_renewable() {
            return Err(not_renewable());
        }
        let anew = self.terms_anew(&session).await?;
        let renewed = self
            .parts
            .sessions
            .renew(session.id(), increment, anew)
            .await;
        let renewed = renewed.map_err(refused)?;
        let shown = token.as_ref().map_or("", Secret::expose);
        let auth = Auth::of(&renewed.session, shown, renewed.ttl);
        call.auth(&auth, &renewed.warnings)
    }

    /// `revoke`, `revoke-self`, `revoke-orphan` and `revoke-accessor`.
    pub(super) async fn revoke(&self, call: &Call) -> Answered {
        let session = if call.found.ours == Ours::RevokeSelf {
            let session = self.own(call.caller()?);
            let fixed = || Said::bad("this token stands in the gateway's configuration");
            Some(session.ok_or_else(fixed)?)
        } else if call.found.ours == Ours::RevokeAccessor {
            let accessor = call.fields()?.text("accessor")?;
            Some(self.of_accessor(&accessor)?)
        } else {
            let token = call.fields()?.text("token")?;
            let token = token.filter(|token| !token.is_empty());
            let missing = || Said::bad("missing token ID");
            self.of_token(&Secret::new(token.ok_or_else(missing)?))
        };
        let Some(session) = session else {
            // As Vault has it: what is not there is revoked.
            return Ok(call.done(&[]));
        };
        let sessions = &self.parts.sessions;
        let revoked = if call.found.ours == Ours::RevokeOrphan {
            sessions.revoke_alone(session.id()).await
        } else {
            sessions.revoke(session.id()).await
        };
        revoked.map_err(|error| unavailable(error.into()))?;
        Ok(call.done(&[]))
    }

    /// The session that the caller asks with; `None` for callers of the configuration.
    pub(super) fn own(&self, caller: &Caller) -> Option<Arc<Session>> {
        self.parts.sessions.of_id(caller.grant.session?)
    }

    pub(super) fn of_token(&self, token: &Secret) -> Option<Arc<Session>> {
        self.parts.sessions.of_token(token.expose().as_bytes())
    }

    pub(super) fn of_accessor(&self, accessor: &Option<String>) -> Result<Arc<Session>, Said> {
        let accessor = accessor.as_deref().filter(|accessor| !accessor.is_empty());
        let accessor = accessor.ok_or_else(|| Said::bad("missing accessor"))?;
        let session = self.parts.sessions.of_accessor(accessor);
        session.ok_or_else(|| Said::denied("invalid accessor"))
    }

    /// What is said anew, at a renewal, of how long a session lasts; `None`: what was said when it was
    /// made.
    async fn terms_anew(&self, session: &Session) -> Result<Option<(Terms, Limits)>, Said> {
        Ok(self.parts.logins.renew(session).await?)
    }

    /// What Vault tells of a token.
    fn about(&self, session: &Session, token: &str) -> Value {
        let sessions = &self.parts.sessions;
        let left = sessions.left(session);
        let terms = session.terms();
        let mut data = json!({
            "accessor": session.accessor(),
            "creation_time": session.created_at(),
            "creation_ttl": session.creation_ttl(),
            "display_name": session.display_name(),
            "entity_id": "",
            "expire_time": session.ends_at().map(time),
            "explicit_max_ttl": terms.explicit_max_ttl.as_secs(),
            "id": token,
            "issue_time": time(session.created_at_millis()),
            "meta": session.metadata(),
            "num_uses": session.uses().unwrap_or(0),
            "orphan": session.parent().is_none(),
            "path": session.path(),
            "policies": session.set().names(),
            "renewable": session.is_renewable(),
            "ttl": left.map_or(0, |left| left.as_secs()),
            "type": "service",
        });
        let mut more = Map::new();
        if !terms.period.is_zero() {
            more.insert("period".to_owned(), terms.period.as_secs().into());
        }
        if !session.cidrs().is_empty() {
            let cidrs = session.cidrs().iter().map(ToString::to_string);
            more.insert("bound_cidrs".to_owned(), cidrs.collect());
        }
        if let Some(renewed) = session.renewed_at_millis() {
            more.insert("last_renewal".to_owned(), time(renewed).into());
            more.insert("last_renewal_time".to_owned(), (renewed / 1000).into());
        }
        if let Value::Object(data) = &mut data {
            data.extend(more);
        }
        data
    }
}

/// What is told of a caller of the configuration; its token the gateway did not make, and does not show.
fn about_static(caller: &Caller) -> Value {
    json!({
        "accessor": "",
        "creation_time": 0,
        "creation_ttl": 0,
        "display_name": &*caller.name,
        "entity_id": "",
        "expire_time": null,
        "explicit_max_ttl": 0,
        "id": "",
        "issue_time": null,
        "meta": null,
        "num_uses": 0,
        "orphan": true,
        "path": "",
        "policies": caller.grant.set.names(),
        "renewable": false,
        "ttl": 0,
        "type": "service",
    })
}

fn not_renewable() -> Said {
    Said::bad("lease is not renewable")
}

/// Why a token is not made or renewed, in Vault's way.
pub(super) fn refused(refused: Refused) -> Said {
    match refused {
        Refused::Gone => Said::denied("permission denied"),
        Refused::Store(_) => unavailable(refused).into(),
        Refused::Full => Said::with(503, refused.to_string()),
        Refused::Root | Refused::NotRenewable | Refused::Over | Refused::TooLong => {
            Said::bad(refused.to_string())
        }
    }
}

/// RFC 3339, from milliseconds since 1970.
fn time(millis: u64) -> String {
    let millis = i64::try_from(millis).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), |time| time.to_string())
}
