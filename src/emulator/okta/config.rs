//! What the organisation is at the start: its users, their factors, its limits and its quirks.

use std::time::Duration;

use fastrand::Rng;
use serde::Deserialize;

use super::hidden::Hidden;
use super::seed;
use super::span;
use super::user::User;

/// The organisation.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What `SSWS` must show; read as a whole.
    pub api_token: Hidden,
    /// Whether a call to a factor that shows the API token is refused with 403, as Okta does it
    /// for the tokens of read-only administrators.
    pub api_token_is_read_only: bool,
    /// The people; of two with one login the first counts.
    pub users: Vec<User>,
    /// Failures in a row that lock an account; zero locks none.
    pub failures_to_lock: u32,
    /// How long such a lock holds; without it, until [`crate::emulator::Emulator::okta_edit`].
    #[serde(deserialize_with = "span::any")]
    pub locked_for: Option<Duration>,
    /// Whether every locked account looks like a wrong password, not only those that
    /// [`User::hides_lockout`].
    pub hides_lockouts: bool,
    /// Requests a minute to `/api/v1/authn` and below; at least one is let through.
    pub authn_per_minute: u32,
    /// Logins a second for one name; at least one is let through.
    pub logins_per_second: u32,
    /// Requests a minute to all other paths; at least one is let through.
    pub others_per_minute: u32,
    /// The most groups on one page.
    pub page_size: usize,
    /// How long a state token lives after its last use, and a session token at all.
    #[serde(deserialize_with = "span::some")]
    pub token_life: Duration,
    /// How long a push waits for its answer.
    #[serde(deserialize_with = "span::some")]
    pub push_life: Duration,
    /// Whether a challenge has `factors` where Okta really has `factor`, as its documents say.
    pub documented_shape: bool,
}

impl Config {
    /// The usual organisation, with tokens and secrets that follow from `seed`.
    pub fn seeded(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed.rotate_left(17) ^ SALT);
        Self {
            api_token: Hidden::new(seed::name(&mut rng, "00", 40)),
            api_token_is_read_only: false,
            users: seed::users(),
            failures_to_lock: 5,
            locked_for: None,
            hides_lockouts: false,
            authn_per_minute: 600,
            logins_per_second: 4,
            others_per_minute: 600,
            page_size: 200,
            token_life: FIVE_MINUTES,
            push_life: FIVE_MINUTES,
            documented_shape: false,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::seeded(1)
    }
}

/// As long as Okta's state tokens live, and its pushes wait.
const FIVE_MINUTES: Duration = Duration::from_secs(300);

/// Keeps what is made up here apart from what OPA's side makes of the same seed.
const SALT: u64 = 0x6f6b_7461;
