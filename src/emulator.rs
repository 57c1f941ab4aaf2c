//! The OPA API for development and tests: its routing, state, limits and errors, without a network.
//!
//! It shares nothing with the gateway but the form of a response, so that it can contradict it. Time
//! is tokio's, so a test that pauses the clock moves tokens, limits and faults with it; the content
//! follows from a seed. It can be told to misbehave: see [`Fault`] and [`Behaviour`].
//!
//! It does not ask for roles: whoever holds a live token may do everything.
//!
//! | Part of the API | What is there |
//! |---|---|
//! | `service_token` | `POST`; not rate limited |
//! | `service_users` | list, create, get, set status; keys: list, rotate, delete |
//! | `users`, `users_by_id`, `current_user` | list, get, groups of a user |
//! | `groups` | list, create, get, set roles, delete; members: list, add, remove |
//! | `security_policy` | list, create, get, replace, delete |
//! | `resource_groups` | list, create, get, replace, delete |
//! | `projects` | 401 `authorization_error`, as the real one answers the old paths |
//! | all else | 404 `resource_does_not_exist` |

mod answer;
mod ask;
mod behaviour;
mod clock;
mod control;
mod fault;
mod fields;
mod groups;
mod keys;
mod late;
mod ledger;
mod limit;
mod page;
mod plan;
mod policies;
mod replica;
mod resource_groups;
mod route;
mod seed;
mod serve;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod token;
mod users;
mod world;

use std::future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use http::StatusCode;
use parking_lot::Mutex;

pub use self::behaviour::{Behaviour, LimitPer, Limiter, Links, RateHeaders};
pub use self::fault::{Effect, Fault};
pub use self::ledger::{Counters, Seen};
pub use self::serve::serve;

use self::answer::Answer;
use self::ask::{Ask, canonical};
use self::clock::Clock;
use self::control::control;
use self::plan::{Plan, reset};
use self::world::World;
use crate::exchange::{BoxError, Response};

/// One emulated team; clones are the same one.
#[derive(Clone, Debug)]
pub struct Emulator {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Config,
    clock: Clock,
    world: Mutex<World>,
}

/// What the team is at the start, and how it is limited.
#[derive(Clone, Debug)]
pub struct Config {
    /// The team's name; it is found in any case.
    pub team: String,
    /// What ids, names and secrets follow from.
    pub seed: u64,
    /// Service users, [`Config::service_user`] among them.
    pub service_users: usize,
    /// Security policies.
    pub policies: usize,
    /// Groups, `everyone` and `owners` among them.
    pub groups: usize,
    /// The most objects on one page.
    pub page_size: usize,
    /// Requests that a service user may make at once; the rate limit as it is told.
    pub burst: u32,
    /// Requests a second that come back to it.
    pub refill_per_second: f64,
    /// How long a bearer token lives.
    pub token_life: Duration,
    /// The service user that [`Emulator::key`] belongs to.
    pub service_user: String,
    /// The id of its key.
    pub key_id: String,
    /// The secret of its key.
    pub key_secret: String,
    /// What it does where nobody knows what OPA does.
    pub behaviour: Behaviour,
}

impl Config {
    /// The usual team, with ids, names and secrets that follow from `seed`.
    pub fn seeded(seed: u64) -> Self {
        let mut rng = Rng::with_seed(!seed);
        Self {
            team: "demo".to_owned(),
            seed,
            service_users: 250,
            policies: 120,
            groups: 40,
            page_size: 100,
            burst: 10_000,
            refill_per_second: 10_000.0 / 3600.0,
            token_life: Duration::from_secs(3600),
            service_user: "gateway".to_owned(),
            key_id: seed::uuid(&mut rng).to_string(),
            key_secret: seed::secret(&mut rng),
            behaviour: Behaviour::default(),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::seeded(1)
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

    /// Makes everything as it was at the start: content, tokens, limits, faults, behaviour, log.
    pub fn reset(&self) {
        *self.shared.world.lock() = World::new(&self.shared.config);
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
