//! Question: is it ours to answer?
//!
//! OPA's own clients begin with `service_token`. The gateway answers it itself: whoever shows a virtual
//! key gets a token of the gateway; for callers of the configuration the secret of the key that such a
//! client is configured with is its token here, so what it gets back is what it will show. What else
//! is ours stands in Vault's namespace, see [`vault`].

pub mod vault;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::vault::{Call, Vault};

use self::vault::Found;
use crate::answer::Form;
use crate::auth::Connection;
use crate::error::{Error, Kind};
use crate::exchange::{Body, Response};
use crate::keys::Denied;
use crate::operation::{Action, Operation};
use crate::policy::Capability;
use crate::secret::Secret;

/// What of the gateway's own is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Local {
    /// A token for one of OPA's own clients.
    ServiceToken,
    /// Something in Vault's namespace.
    Vault(Found),
    /// A path that is the gateway's and that nothing stands at.
    Nothing(Form),
}

impl Local {
    /// What one must have for it, and whether `sudo` besides; `None` if it is open to everybody.
    pub fn needs(self) -> Option<(Capability, bool)> {
        match self {
            Self::ServiceToken | Self::Nothing(_) => None,
            Self::Vault(found) => found.needs(),
        }
    }
}

/// Says what of the gateway's own an operation asks for, if any.
pub(crate) fn ask(operation: &Operation) -> Option<Local> {
    match (operation.endpoint.action, operation.endpoint.name) {
        (Action::Local, "service_token.issue") => Some(Local::ServiceToken),
        (Action::Local, "vault") => Some(Local::Nothing(Form::Vault)),
        (Action::Local, _) => Some(Local::Nothing(Form::Opa)),
        _ => None,
    }
}

/// Answers `service_token` (OPA, "Issue a service user token").
///
/// # Errors
///
/// Fails with `NotJson` or `MalformedRequest` on a body that is not a key, with `Unauthenticated` on a
/// secret that is nobody's here, and with `UnknownTeam` on a team that the caller has nothing of.
pub async fn service_token(
    vault: &Vault,
    connection: &Connection,
    operation: &Operation,
    headers: &HeaderMap,
    host: Option<&str>,
    body: &[u8],
) -> Result<Response, Error> {
    #[derive(Deserialize)]
    struct Key {
        #[serde(default)]
        key_id: String,
        key_secret: String,
    }
    let key: Key = serde_json::from_slice(body).map_err(|e| unreadable(&e))?;
    let secret = Secret::new(key.key_secret);
    let team = operation.path.team().unwrap_or_default();
    let keys = vault.keys();
    let virtual_key = keys.zip(key.key_id.parse::<Uuid>().ok());
    if let Some((keys, id)) = virtual_key.filter(|(keys, id)| keys.has(*id)) {
        if !vault.serves(team) {
            return Err(Kind::UnknownTeam.into());
        }
        let made = keys.token(id, &secret, team, connection.peer()).await;
        let made = made.map_err(|denied| match denied {
            Denied::Unknown => Kind::Unauthenticated.into(),
            Denied::Session(refused) => vault::unavailable(refused),
        })?;
        return answer(made.token.expose(), made.ttl, team);
    }
    let caller = connection.ask_for_token(headers, host, secret.expose())?;
    let mut own = caller.principals.iter();
    if !own.any(|principal| *principal.team == *team) {
        return Err(Kind::UnknownTeam.into());
    }
    answer(secret.expose(), LIFE, team)
}

fn answer(token: &str, life: Duration, team: &str) -> Result<Response, Error> {
    #[derive(Serialize)]
    struct Token<'a> {
        bearer_token: &'a str,
        expires_at: Timestamp,
        team_name: &'a str,
    }
    let now = Timestamp::try_from(SystemTime::now()).map_err(|e| Kind::Internal.because(e))?;
    let token = Token {
        bearer_token: token,
        expires_at: now + life,
        team_name: team,
    };
    let json = serde_json::to_vec(&token).map_err(|e| Kind::Internal.because(e))?;
    let mut response = Response::new(Body::from(Bytes::from(json)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// What the parser says quotes the body, which holds a secret; only where it stopped is told.
fn unreadable(error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    Kind::MalformedRequest.because(format!("not a key, at line {line} column {column}"))
}

/// What clients are told of tokens that do not end. They renew within the last two minutes, so a short
/// life would only cost calls.
const LIFE: Duration = Duration::from_secs(3600);
