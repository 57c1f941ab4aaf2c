//! Bearer tokens: shaped like a JWT, known by heart, never verified by their content.
//!
//! Whether a token is alive is decided when it is shown, from its user and its key as they are then;
//! so who is disabled, or whose key goes, needs no search for tokens to kill. Who is enabled again
//! needs a new one.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fastrand::Rng;
use http::StatusCode;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Code, Problem};
use super::ask::Ask;
use super::clock::Time;
use super::operation::Operation;
use super::role::{Roles, roles_of};
use super::schema;
use super::seed::uuid;
use super::store::{Status, Store};

/// All tokens that were issued.
#[derive(Debug)]
pub(super) struct Tokens {
    life: Duration,
    issued: HashMap<Box<str>, Token>,
    /// How many there may be before dead ones are looked for.
    sweep_at: usize,
    /// The most that are remembered.
    pub(super) most: usize,
}

#[derive(Debug)]
struct Token {
    user: Uuid,
    key: String,
    expires: Time,
    revoked: bool,
    /// How often its user had been stopped when it was issued.
    stops: u32,
    /// What its holder was when it was issued: roles are in the token.
    roles: Roles,
}

impl Tokens {
    /// None yet; each will live for `life`.
    pub(super) fn new(life: Duration) -> Self {
        Self {
            life,
            issued: HashMap::new(),
            sweep_at: SWEEP,
            most: MOST,
        }
    }

    /// Answers a token call, whose time is `skew` seconds off, and says which key was used.
    pub(super) fn issue(
        &mut self,
        ask: &Ask,
        store: &mut Store,
        now: Time,
        skew: i64,
    ) -> Result<(Answer, String), Problem> {
        let body = schema::keep("ServiceTokenRequest", ask.object()?)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let (id, secret) = (text("key_id").to_lowercase(), text("key_secret"));
        let user = store.owner(&id);
        let user = user.filter(|user| user.status == Status::Active);
        let user = user.map(|user| (user.id, user.name.clone()));
        let (user, name) = user.ok_or_else(refused)?;
        let key = store.key_mut(user, &id).ok_or_else(refused)?;
        if key.secret != secret || !key.is_valid(now) {
            return Err(refused());
        }
        key.last_used = Some(now);

        // Told in whole seconds, so it ends on one.
        let expires = Time::from_seconds(now.plus(self.life).seconds());
        let roles = roles_of(store, user);
        let text = jwt(&mut store.rng, &name, &store.team, expires);
        self.make_room(now)?;
        let token = Token {
            user,
            key: id.clone(),
            expires,
            revoked: false,
            stops: store.stops(user),
            roles,
        };
        self.issued.insert(text.clone().into_boxed_str(), token);
        let body = json!({
            "bearer_token": text,
            "expires_at": expires.skewed(skew).rfc3339(),
            "team_name": store.team,
        });
        Ok((Answer::json(StatusCode::OK, &body), id))
    }

    /// Forgets dead tokens, if there are many.
    fn make_room(&mut self, now: Time) -> Result<(), Problem> {
        if self.issued.len() < self.sweep_at.min(self.most) {
            return Ok(());
        }
        self.issued
            .retain(|_, token| now < token.expires.plus(KEPT));
        if self.issued.len() >= self.most {
            self.issued
                .retain(|_, token| !token.revoked && now < token.expires);
        }
        if self.issued.len() >= self.most {
            let message = "There are as many live tokens as can be remembered";
            return Err(Problem::new(Code::QuotaExceeded, message));
        }
        // So seldom that it costs little for each token.
        self.sweep_at = self.issued.len().saturating_mul(2).max(SWEEP);
        Ok(())
    }

    /// Whose live token `ask` shows; if it shows a dead one, whose that was.
    pub(super) fn holder(
        &self,
        ask: &Ask,
        store: &Store,
        now: Time,
    ) -> Result<Holder, Option<Uuid>> {
        let token = shown(ask).and_then(|text| self.issued.get(text));
        let token = token.ok_or(None)?;
        let user = store.users.by_id(token.user).ok_or(None)?;
        let key = user.keys.iter().find(|key| key.id == token.key);
        let alive = !token.revoked
            && now < token.expires
            && user.status == Status::Active
            && token.stops == store.stops(user.id)
            && key.is_some_and(|key| key.is_valid(now));
        if alive {
            Ok(Holder {
                user: user.id,
                roles: token.roles,
            })
        } else {
            Err(Some(user.id))
        }
    }

    /// Whether `ask` shows a credential that was never issued here.
    pub(super) fn is_foreign(&self, ask: &Ask) -> bool {
        ask.headers.contains_key(AUTHORIZATION)
            && !shown(ask).is_some_and(|text| self.issued.contains_key(text))
    }

    /// Ends the life of all tokens.
    pub(super) fn revoke(&mut self) {
        for token in self.issued.values_mut() {
            token.revoked = true;
        }
    }
}

/// Whose live token a request shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holder {
    pub(super) user: Uuid,
    /// The roles that are in the token.
    pub(super) roles: Roles,
}

/// The operation that issues tokens.
pub(super) const OPERATIONS: &[Operation] =
    &[Operation::token("issueServiceUserToken", "service_token")
        .takes("ServiceTokenRequest")
        .gives(StatusCode::OK, "ServiceToken")
        .or(&[Code::QuotaExceeded])
        .specified()
        .shown_by("token_answer_is_shaped_as_documented")];

/// The answer to whoever is not known.
pub(super) fn unauthenticated() -> Problem {
    Problem::new(
        Code::AuthenticationError,
        "A correct API token was not provided",
    )
}

fn refused() -> Problem {
    Problem::new(Code::AuthenticationError, "The API key is not valid")
}

fn shown(ask: &Ask) -> Option<&str> {
    let value = ask.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn jwt(rng: &mut Rng, user: &str, team: &str, expires: Time) -> String {
    let head = json!({ "alg": "RS256", "kid": uuid(rng), "typ": "JWT" });
    let claims = json!({
        "exp": expires.seconds(),
        "iss": "scaleft.auth.token",
        "jti": uuid(rng),
        // Until when each role is had; the documents show but this one entry.
        "roles": { expires.seconds().to_string(): null },
        "team": team,
        "user": user,
    });
    let mut signature = [0; 256];
    rng.fill(&mut signature);
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let head = part(head.to_string().as_bytes());
    let claims = part(claims.to_string().as_bytes());
    format!("{head}.{claims}.{}", part(&signature))
}

/// Tokens that are remembered.
const MOST: usize = 100_000;

/// Fewer are not worth a look for dead ones.
const SWEEP: usize = 1000;

/// How long a dead token is remembered: who shows it then leaks nothing, but is late.
const KEPT: Duration = Duration::from_secs(24 * 3600);
