//! Vault's namespace: tokens, policies, what Vault's clients ask of a server.
//!
//! What there is stands in [`table`]; who may was decided by the same policies as everything else
//! before anything here is asked. Without a store there is nothing.

mod answer;
mod capabilities;
mod fields;
mod mounts;
mod okta;
mod okta_config;
mod policies;
mod sys;
mod table;
mod token;
mod token_create;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use percent_encoding::percent_decode_str;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio_util::task::TaskTracker;

pub use self::okta::Okta;
pub use self::table::{Found, Needs, Ours, Verb};

use self::answer::Said;
use self::fields::Fields;
use super::Local;
use crate::answer::Form;
use crate::caller::{Caller, Principal};
use crate::error::{Error, Kind};
use crate::exchange::Response;
use crate::keys::Keys;
use crate::login::Logins;
use crate::operation::Operation;
use crate::policy::{Book, Capability, policy_path};
use crate::sessions::{self, Sessions};
use crate::store::Store;

/// A handle on all that stands in Vault's namespace.
#[derive(Clone, Debug, Default)]
pub struct Vault {
    shared: Option<Arc<Shared>>,
}

/// What it is made of.
pub struct Parts {
    /// What outlives the process.
    pub store: Store,
    /// Policies.
    pub book: Book,
    /// Tokens.
    pub sessions: Sessions,
    /// Virtual keys.
    pub keys: Keys,
    /// Login methods.
    pub logins: Logins,
    /// The principals of the configuration.
    pub principals: Vec<Arc<Principal>>,
    /// Changes under way; the gateway does not stop before they have ended.
    pub writes: TaskTracker,
}

struct Shared {
    parts: Parts,
    /// Policies are written one after the other.
    policies: Mutex<()>,
}

/// One thing that is asked for.
#[derive(Debug)]
pub struct Call {
    /// What.
    pub found: Found,
    /// Who asks, unless everybody may.
    pub caller: Option<Arc<Caller>>,
    /// Method and path.
    pub operation: Arc<Operation>,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// Who is at the other end, if that is known.
    pub peer: Option<IpAddr>,
    /// The request's id.
    pub id: String,
}

impl Vault {
    /// One that is there.
    pub fn new(parts: Parts) -> Self {
        let shared = Shared {
            parts,
            policies: Mutex::new(()),
        };
        Self {
            shared: Some(Arc::new(shared)),
        }
    }

    /// Says what of the gateway's own an operation asks for, if any.
    pub(crate) fn ask(&self, operation: &Operation) -> Option<Local> {
        let local = super::ask(operation)?;
        let shared = match &self.shared {
            Some(shared) if local == Local::Nothing(Form::Vault) => shared,
            Some(_) | None => return Some(local),
        };
        let path = policy_path(operation.path.canonical());
        let verb = Verb::parse(&operation.method, operation.query.text());
        let unclear = || Found::unclear(path);
        let find = |verb| {
            let of_mount = okta::find(&shared.parts.logins, verb, path);
            of_mount.unwrap_or_else(|| table::find(verb, path))
        };
        Some(Local::Vault(verb.map_or_else(unclear, find)))
    }

    /// Virtual keys, if there can be any.
    pub fn keys(&self) -> Option<&Keys> {
        Some(&self.shared.as_ref()?.parts.keys)
    }

    /// Whether a team, in lower case, is configured.
    pub(super) fn serves(&self, team: &str) -> bool {
        let principals = self
            .shared
            .iter()
            .flat_map(|shared| &shared.parts.principals);
        principals
            .into_iter()
            .any(|principal| *principal.team == *team)
    }

    /// Counts a request of a caller whose requests are counted.
    ///
    /// # Errors
    ///
    /// Fails with `Unauthenticated` if it has none left.
    pub async fn count(&self, caller: &Caller) -> Result<(), Error> {
        let (Some(shared), Some(session)) = (&self.shared, caller.grant.session) else {
            return Err(Kind::Unauthenticated.into());
        };
        let counted = shared.parts.sessions.spend(session).await;
        counted.map_err(unavailable)
    }

    /// Answers what is asked for.
    ///
    /// It runs to its end even if whoever asked hangs up, so that nothing is left half done; but for a
    /// login, which then asks Okta nothing more.
    ///
    /// # Errors
    ///
    /// Fails with `NotFound` without a store, and if something cannot be put down.
    pub async fn answer(&self, call: Call) -> Result<Response, Error> {
        let shared = self.shared.as_ref().ok_or(Kind::NotFound)?;
        if call.found.ours == Ours::Okta(Okta::Login) {
            return Box::pin(shared.answer(&call)).await;
        }
        let own = Arc::clone(shared);
        let answering = async move { own.answer(&call).await };
        let answering = shared.parts.writes.spawn_on(answering, &Handle::current());
        let answered = answering.await;
        answered.unwrap_or_else(|panic| Err(Kind::Internal.because(panic)))
    }
}

impl Shared {
    async fn answer(&self, call: &Call) -> Result<Response, Error> {
        if answer::is_wrapped(&call.headers) {
            return Said::bad("response wrapping is not supported by this gateway").into();
        }
        let said = match call.found.ours {
            Ours::LookupSelf => self.lookup_self(call),
            Ours::Lookup | Ours::LookupAccessor => self.lookup(call),
            Ours::RenewSelf | Ours::Renew | Ours::RenewAccessor => self.renew(call).await,
            Ours::RevokeSelf | Ours::Revoke | Ours::RevokeOrphan | Ours::RevokeAccessor => {
                self.revoke(call).await
            }
            Ours::Accessors => self.accessors(call),
            Ours::Create | Ours::CreateOrphan => self.create(call).await,
            Ours::PolicyList => self.list_policies(call),
            Ours::PolicyRead => self.read_policy(call),
            Ours::PolicyWrite => self.write_policy(call).await,
            Ours::PolicyDelete => self.delete_policy(call).await,
            Ours::CapabilitiesSelf | Ours::Capabilities | Ours::CapabilitiesAccessor => {
                self.capabilities(call)
            }
            Ours::Health => sys::health(call),
            Ours::SealStatus => sys::seal_status(),
            Ours::Leader => sys::leader(),
            Ours::Init => sys::init(),
            Ours::Okta(what) => self.okta(call, what).await,
            Ours::Mounts => self.mounts(call),
            Ours::MountRead => self.read_mount(call),
            Ours::MountWrite => self.enable(call).await,
            Ours::MountDelete => self.disable(call).await,
            Ours::TuneRead => self.read_tune(call),
            Ours::TuneWrite => self.write_tune(call).await,
            Ours::UiMounts => sys::ui_mounts(call),
            Ours::Unclear => Err(Said::status(400)),
            Ours::WrongMethod => return Err(Kind::MethodNotAllowed.into()),
            Ours::Nowhere => return Err(Kind::NotFound.into()),
        };
        match said {
            Ok(response) => Ok(response),
            Err(said) => said.into(),
        }
    }
}

impl Call {
    /// What the path names, decoded.
    fn name(&self) -> String {
        let path = policy_path(self.operation.path.canonical());
        let name = path.get(self.found.name..).unwrap_or_default();
        percent_decode_str(name).decode_utf8_lossy().into_owned()
    }

    /// What the body says.
    fn fields(&self) -> Result<Fields, Said> {
        Fields::parse(&self.body)
    }
}

impl Found {
    /// What one must have for it, and whether `sudo` besides; `None` if it is open to everybody.
    pub fn needs(self) -> Option<(Capability, bool)> {
        match self.needs {
            Needs::Nothing => None,
            Needs::Capability => Some((self.verb.capability(), false)),
            Needs::Create => Some((Capability::Create, false)),
            Needs::Sudo => Some((self.verb.capability(), true)),
        }
    }
}

/// What is answered without a store.
pub(crate) fn is_off() -> Response {
    let said = Said::with(404, OFF);
    Result::from(said).unwrap_or_else(|_| Response::default())
}

const OFF: &str =
    "this gateway gives out no tokens: its operator has set no `store.path` and `store.key`";

/// What is answered where a session cannot be had or changed.
pub(crate) fn unavailable(refused: sessions::Refused) -> Error {
    match refused {
        sessions::Refused::Store(error) => error.into(),
        sessions::Refused::Gone => Kind::Unauthenticated.into(),
        sessions::Refused::Root
        | sessions::Refused::NotRenewable
        | sessions::Refused::Over
        | sessions::Refused::TooLong
        | sessions::Refused::Full => Kind::Internal.because(refused),
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parts")
    }
}
