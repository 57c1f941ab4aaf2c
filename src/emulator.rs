//! The OPA API for development and tests: its routing, state, limits and errors, without a network.
//!
//! It shares nothing with the gateway but the form of a response, so that it can contradict it. Time
//! is tokio's, so a test that pauses the clock moves tokens, limits and faults with it; the content
//! follows from a seed. It can be told to misbehave: see [`Fault`] and [`Behaviour`].
//!
//! An operation is data (`operation.rs`): who may, what it takes, what it answers. Requests are
//! routed and refused by that data, clients are shown it (`/_emulator/openapi.json`), and this table
//! is made from it. Stars mark the operations of the specification; the others are what real
//! clients touch on the same run. The paths that projects had before there were resource groups,
//! `projects/…`, end with 401 `authorization_error`, all others with 404 `resource_does_not_exist`.
//!
//! The specification names a role for the token call too; as it takes no token, nobody is asked for it.
//!
//! The Okta side of logins is below `/api/v1`: see [`okta`].
//!
#![doc = include_str!("emulator/operations.md")]

mod answer;
mod ask;
mod attributes;
mod behaviour;
mod catalog;
mod clock;
mod config;
mod control;
mod enrollment_tokens;
mod fault;
mod fields;
mod groups;
mod keys;
mod late;
mod ledger;
mod limit;
mod membership;
mod meter;
pub mod okta;
mod openapi;
mod operation;
mod page;
mod plan;
mod policies;
mod projects;
mod replica;
mod resource;
mod resource_groups;
mod role;
mod schema;
mod secret_folders;
mod secrets;
mod seed;
mod serve;
mod servers;
mod settings;
mod store;
mod sudo_command_bundles;
mod table;
#[cfg(test)]
mod tests;
mod token;
mod users;
mod vault;
mod visit;
mod world;

use std::fmt;
use std::future;
use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use parking_lot::Mutex;

pub use self::behaviour::{Behaviour, LimitPer, Limiter, Links, RateHeaders};
pub use self::config::Config;
pub use self::fault::{Effect, Fault};
pub use self::ledger::{Counters, Seen};
pub use self::meter::{Meter, Slot};
pub use self::seed::Seed;
pub use self::serve::{Tls, TlsError, Wire, serve};

use self::answer::Answer;
use self::ask::{Ask, canonical};
use self::clock::Clock;
use self::control::control;
use self::plan::{Plan, reset};
use self::world::World;
use crate::exchange::{BoxError, Response};

/// One emulated team; clones are the same one.
#[derive(Clone)]
pub struct Emulator {
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    clock: Clock,
    world: Mutex<World>,
}

/// Without what it holds: keys, tokens and secrets are among it.
impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("config", &self.shared.config)
            .finish_non_exhaustive()
    }
}

impl Emulator {
    /// A team as `config` says; equal configurations give equal teams.
    pub fn new(config: Config) -> Self {
        let shared = Shared {
            world: Mutex::new(World::new(&config)),
            clock: Clock::start(),
            config,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Answers a request; a cut connection is a 502 here, and one that hangs a 504 at once.
    pub async fn handle(&self, request: http::Request<Bytes>) -> Response {
        let ask = Ask::read(request);
        match self.meet(&ask).await {
            Met::Answered(response) => response,
            Met::Cut => refusal(StatusCode::BAD_GATEWAY),
            Met::Left => refusal(StatusCode::GATEWAY_TIMEOUT),
        }
    }

    /// Answers a request as over a connection.
    ///
    /// # Errors
    ///
    /// Fails when a fault cuts the connection. A fault may also let it wait for ever.
    ///
    /// # Cancel safety
    ///
    /// A request that is dropped while a fault delays it is seen, but not carried out.
    pub async fn call(&self, request: http::Request<Bytes>) -> Result<Response, BoxError> {
        let ask = Ask::read(request);
        match self.meet(&ask).await {
            Met::Answered(response) => Ok(response),
            Met::Cut => Err(reset()),
            Met::Left => future::pending().await,
        }
    }

    /// Id and secret of the API key that belongs to the configured service user.
    pub fn key(&self) -> (String, String) {
        let config = &self.shared.config;
        (config.key_id.clone(), config.key_secret.clone())
    }

    /// Id and secret of the newest API key of any service user.
    pub fn key_of(&self, service_user: &str) -> Option<(String, String)> {
        let world = self.shared.world.lock();
        let user = world.store.users.by_name(service_user)?;
        let key = user.keys.last()?;
        Some((key.id.clone(), key.secret.clone()))
    }

    /// Lets requests go wrong from now on, unless a thousand faults still act; says whether it does.
    pub fn fault(&self, fault: Fault) -> bool {
        self.shared.world.lock().arm(vec![fault])
    }

    /// Lets nothing go wrong any more; what is late is still applied.
    pub fn clear_faults(&self) {
        self.shared.world.lock().disarm();
    }

    /// Behaves like this from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.shared.world.lock().behave(behaviour);
    }

    /// How it behaves.
    pub fn behaviour(&self) -> Behaviour {
        self.shared.world.lock().behaviour.clone()
    }

    /// Ends the life of all bearer tokens.
    pub fn revoke_tokens(&self) {
        self.shared.world.lock().tokens.revoke();
    }

    /// Makes a new key that secrets are sealed to; the three before it still open.
    pub fn rotate_vault_key(&self) {
        self.shared.world.lock().store.vault.rotate();
    }

    /// Makes everything as it was at the start: content, tokens, limits, faults,
    /// behaviour, log and counters.
    ///
    /// Only the keys of the vault stay.
    pub fn reset(&self) {
        let mut fresh = World::new(&self.shared.config);
        let mut world = self.shared.world.lock();
        fresh.store.vault = mem::take(&mut world.store.vault);
        *world = fresh;
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        self.shared.world.lock().ledger.counters.clone()
    }

    /// How many requests were seen for one path, in any spelling, without query.
    pub fn calls_to(&self, path: &str) -> u64 {
        self.shared.world.lock().ledger.calls_to(&canonical(path))
    }

    /// The last ten thousand requests, oldest first.
    pub fn log(&self) -> Vec<Seen> {
        self.shared.world.lock().ledger.log()
    }

    async fn meet(&self, ask: &Ask) -> Met {
        if ask.parts().first() == Some(&"_emulator") {
            return Met::Answered(self.control(ask));
        }
        let (entry, plan) = self.shared.world.lock().arrive(ask);
        if !plan.delay.is_zero() {
            tokio::time::sleep(plan.delay).await;
        }
        if let Some(Effect::Reset) = plan.main {
            return Met::Cut;
        }
        if let Some(Effect::Hang) = plan.main {
            return Met::Left;
        }
        let answer = {
            let mut world = self.shared.world.lock();
            let answer = world.answer(entry, ask, &plan, self.shared.clock.now());
            if let Some(Effect::ResetAfter) = plan.main {
                return Met::Cut;
            }
            world.ledger.answered(entry, answer.status.as_u16());
            answer
        };
        Met::Answered(plan.respond(answer))
    }

    fn control(&self, ask: &Ask) -> Response {
        let now = self.shared.clock.now();
        self.shared.world.lock().catch_up(now);
        let mut answer = control(self, ask);
        let plan = Plan::default();
        plan.finish(&mut answer, ask, None, now);
        plan.respond(answer)
    }
}

/// What became of a request.
enum Met {
    Answered(Response),
    /// The connection was cut.
    Cut,
    /// Nobody will ever answer.
    Left,
}

fn refusal(status: StatusCode) -> Response {
    let answer = Answer::error(status, "unknown_error", "The emulator did not answer");
    Plan::default().respond(answer)
}

/// The largest body that is looked at, in bytes.
const MAX_BODY: usize = 1024 * 1024;
