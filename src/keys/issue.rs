//! A token for a key.

use std::collections::BTreeMap;
use std::net::IpAddr;

use uuid::Uuid;

use super::Keys;
use crate::caller::SessionId;
use crate::secret::Secret;
use crate::sessions::{self, Created, Terms};

/// Why there is no token for a key.
#[derive(Debug)]
pub enum Denied {
    /// Wrong id, wrong secret, or not from here.
    Unknown,
    /// There is no session to be had.
    Session(sessions::Refused),
}

impl Keys {
    /// A token for whoever shows `secret` from `peer`, for the team that is asked for.
    ///
    /// # Errors
    ///
    /// Fails if that is nobody, or if there is no session to be had.
    pub async fn token(
        &self,
        id: Uuid,
        secret: &Secret,
        team: &str,
        peer: Option<IpAddr>,
    ) -> Result<Created, Denied> {
        let mac = self.mac(id, secret);
        let key = self.of_id(id).filter(|key| key.is_shown(&mac, self.now()));
        let key = key.filter(|key| key.is_from(peer)).ok_or(Denied::Unknown)?;
        let new = sessions::New {
            policies: key.policies.clone(),
            no_default_policy: false,
            display_name: key.name.clone(),
            path: format!("auth/key/{}", key.name),
            metadata: Some(BTreeMap::from([
                ("key_id".to_owned(), id.to_string()),
                ("team".to_owned(), team.to_owned()),
            ])),
            terms: Terms {
                ttl: key.ttl.unwrap_or(self.shared.config.ttl),
                ..Terms::default()
            },
            cidrs: key.cidrs.clone(),
            key: Some(id),
            ..sessions::New::default()
        };
        let made = self.shared.sessions.create(new).await;
        let made = made.map_err(Denied::Session)?;
        // Whoever revokes it after this look finds the session; whoever did before it is found here.
        let is_good = self
            .of_id(id)
            .is_some_and(|key| key.is_shown(&mac, self.now()));
        if !is_good {
            let gone: SessionId = made.session.id();
            let revoked = self.shared.sessions.revoke(gone).await;
            revoked.map_err(|error| Denied::Session(error.into()))?;
            return Err(Denied::Unknown);
        }
        Ok(made)
    }
}
