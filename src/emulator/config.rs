//! What an emulated team is like.

use std::fmt;
use std::time::Duration;

use fastrand::Rng;

use super::{Behaviour, Seed, okta, seed};

/// What the team is at the start, and how it is limited.
#[derive(Clone)]
pub struct Config {
    /// The team's name; it is found in any case.
    pub team: String,
    /// What ids, names and secrets follow from.
    pub seed: u64,
    /// Service users, [`Config::service_user`] among them.
    pub service_users: usize,
    /// People.
    pub people: usize,
    /// Security policies.
    pub policies: usize,
    /// Groups, `everyone` and `owners` among them.
    pub groups: usize,
    /// What is given, in place of what is made up.
    pub content: Seed,
    /// The most objects on one page.
    pub page_size: usize,
    /// Requests that a service user may make at once; the rate limit as it is told.
    pub burst: u32,
    /// Requests a second that come back to it.
    pub refill_per_second: f64,
    /// How many objects of one kind may ever be made; one more is 403 `quota_exceeded`.
    pub quota: u64,
    /// How long a bearer token lives.
    pub token_life: Duration,
    /// The service user that [`Emulator::key`](super::Emulator::key) belongs to; a person of that name gives way.
    pub service_user: String,
    /// Service users that count as Okta Super Admins: only they make policies for service accounts.
    pub super_admins: Vec<String>,
    /// The id of the key of [`Config::service_user`].
    pub key_id: String,
    /// The secret of its key.
    pub key_secret: String,
    /// What it does where nobody knows what OPA does.
    pub behaviour: Behaviour,
    /// Okta's side: who may log in, and how.
    pub okta: okta::Config,
}

impl Config {
    /// The usual team, with ids, names and secrets that follow from `seed`.
    pub fn seeded(seed: u64) -> Self {
        let mut rng = Rng::with_seed(!seed);
        Self {
            team: "demo".to_owned(),
            seed,
            service_users: 250,
            people: 150,
            policies: 120,
            groups: 40,
            content: Seed::default(),
            page_size: 100,
            burst: 10_000,
            refill_per_second: 10_000.0 / 3600.0,
            quota: 1_000_000,
            token_life: Duration::from_secs(3600),
            service_user: "gateway".to_owned(),
            super_admins: vec!["gateway".to_owned()],
            key_id: seed::uuid(&mut rng).to_string(),
            key_secret: seed::secret(&mut rng),
            behaviour: Behaviour::default(),
            okta: okta::Config::seeded(seed),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::seeded(1)
    }
}

/// Without the secrets that are in it.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("team", &self.team)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
