//! Whether the gateway is alive, started and ready, and why not.
//!
//! Alive means that a restart would not help: whatever the upstream does, it is. Ready means that
//! sending requests here is better than sending them elsewhere.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Map, Value, json};

use super::WhenTokenLost;

/// What is known of the parts that readiness depends on.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Health {
    /// Listeners are bound, and a first token was tried for each principal.
    pub started: bool,
    /// The gateway is stopping.
    pub draining: bool,
    /// Records can be written, or need not be.
    pub audit_ok: bool,
    /// The principals' tokens.
    pub token: Vec<TokenHealth>,
}

/// What is known of one principal's token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenHealth {
    /// The principal, as `team/name`.
    pub principal: String,
    /// One is held that has not ended.
    pub held: bool,
    /// The last try to get one did not fail.
    pub can_be_had: bool,
    /// What is wrong, for people.
    pub detail: Option<String>,
}

impl TokenHealth {
    fn is_usable(&self) -> bool {
        self.held || self.can_be_had
    }

    fn is_well(&self) -> bool {
        self.held && self.can_be_had
    }
}

/// What follows from [`Health`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// All is well.
    Ready,
    /// It works, but not as it should.
    Degraded,
    /// It has not started yet.
    Starting,
    /// It is stopping.
    Draining,
    /// Records cannot be written.
    AuditUnavailable,
    /// No token is held and none can be had, for any principal.
    TokenUnavailable,
}

impl Verdict {
    /// Whether requests should come here.
    pub fn is_ready(self) -> bool {
        self.reason().is_none()
    }

    /// The value of the label `state` of `opagate_state`.
    pub fn state(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Starting => "starting",
            Self::Draining => "draining",
            Self::AuditUnavailable | Self::TokenUnavailable => "not_ready",
        }
    }

    /// Why not, in one word.
    fn reason(self) -> Option<&'static str> {
        match self {
            Self::Ready | Self::Degraded => None,
            Self::Starting => Some("starting"),
            Self::Draining => Some("draining"),
            Self::AuditUnavailable => Some("audit_unavailable"),
            Self::TokenUnavailable => Some("token_unavailable"),
        }
    }
}

/// Judges the gateway's health; cheap to clone.
#[derive(Clone)]
pub struct Readiness {
    health: Arc<dyn Fn() -> Health + Send + Sync>,
    when_token_lost: WhenTokenLost,
    /// A token that was had once can be lost; a wrong key from the start cannot.
    was_ready: Arc<AtomicBool>,
}

impl Readiness {
    /// Judges what `health` tells.
    pub fn new(
        health: Arc<dyn Fn() -> Health + Send + Sync>,
        when_token_lost: WhenTokenLost,
    ) -> Self {
        Self {
            health,
            when_token_lost,
            was_ready: Arc::new(AtomicBool::new(false)),
        }
    }

    /// How it is now.
    pub fn verdict(&self) -> Verdict {
        self.judge(&(self.health)())
    }

    /// Whether it has started, and what `/health/startup` says.
    pub(super) fn startup(&self) -> (bool, Value) {
        let health = (self.health)();
        let body = if health.started {
            json!({"status": "started"})
        } else {
            json!({"status": "not_started", "reason": "starting", "checks": checks(&health)})
        };
        (health.started, body)
    }

    /// Whether it is ready, and what `/health/ready` says.
    pub(super) fn ready(&self) -> (bool, Value) {
        let health = (self.health)();
        let verdict = self.judge(&health);
        let mut body = Map::new();
        let status = if verdict.is_ready() {
            "ready"
        } else {
            "not_ready"
        };
        body.insert("status".to_owned(), status.into());
        if let Some(reason) = verdict.reason() {
            body.insert("reason".to_owned(), reason.into());
        }
        if verdict == Verdict::Degraded {
            body.insert("degraded".to_owned(), json!(["token"]));
        }
        body.insert("checks".to_owned(), checks(&health));
        (verdict.is_ready(), Value::Object(body))
    }

    fn judge(&self, health: &Health) -> Verdict {
        let verdict = self.weigh(health);
        if verdict.is_ready() {
            self.was_ready.store(true, Ordering::Relaxed);
        }
        verdict
    }

    fn weigh(&self, health: &Health) -> Verdict {
        if health.draining {
            return Verdict::Draining;
        }
        if !health.started {
            return Verdict::Starting;
        }
        if !health.audit_ok {
            return Verdict::AuditUnavailable;
        }
        if health.token.iter().any(TokenHealth::is_usable) {
            let is_well = health.token.iter().all(TokenHealth::is_well);
            return if is_well {
                Verdict::Ready
            } else {
                Verdict::Degraded
            };
        }
        let was_ready = self.was_ready.load(Ordering::Relaxed);
        match self.when_token_lost {
            WhenTokenLost::Stay if was_ready => Verdict::Degraded,
            WhenTokenLost::Stay | WhenTokenLost::Leave => Verdict::TokenUnavailable,
        }
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Readiness")
    }
}

fn checks(health: &Health) -> Value {
    let unwell = health.token.iter().filter(|token| !token.is_well());
    let details: Vec<String> = unwell
        .map(|token| {
            let detail = token.detail.as_deref().unwrap_or("no token yet");
            format!("{}: {detail}", token.principal)
        })
        .collect();
    let mut token = json!({"ok": health.token.iter().any(TokenHealth::is_usable)});
    if let (Some(token), false) = (token.as_object_mut(), details.is_empty()) {
        token.insert("detail".to_owned(), details.join("; ").into());
    }
    json!({
        "started": {"ok": health.started},
        "draining": {"ok": !health.draining},
        "audit": {"ok": health.audit_ok},
        "token": token,
    })
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::*;

    fn token(held: bool, can_be_had: bool) -> TokenHealth {
        TokenHealth {
            principal: "acme/tf".to_owned(),
            held,
            can_be_had,
            detail: (!can_be_had).then(|| "key refused 41 s ago".to_owned()),
        }
    }

    fn well() -> Health {
        Health {
            started: true,
            draining: false,
            audit_ok: true,
            token: vec![token(true, true)],
        }
    }

    fn readiness(health: Health, when: WhenTokenLost) -> (Readiness, Arc<Mutex<Health>>) {
        let shared = Arc::new(Mutex::new(health));
        let read = Arc::clone(&shared);
        let health = Arc::new(move || read.lock().clone());
        (Readiness::new(health, when), shared)
    }

    #[test]
    fn each_thing_that_is_wrong_is_named() {
        let (readiness, health) = readiness(well(), WhenTokenLost::Leave);
        let reason = |change: fn(&mut Health)| {
            *health.lock() = well();
            change(&mut health.lock());
            readiness.ready().1["reason"].clone()
        };

        assert_eq!(reason(|_| ()), Value::Null);
        assert_eq!(reason(|health| health.started = false), "starting");
        assert_eq!(reason(|health| health.draining = true), "draining");
        assert_eq!(
            reason(|health| health.audit_ok = false),
            "audit_unavailable"
        );
        let lost = reason(|health| health.token = vec![token(false, false)]);
        assert_eq!(lost, "token_unavailable");
    }

    #[test]
    fn held_token_that_cannot_be_renewed_is_degraded() {
        let mut health = well();
        health.token.push(token(true, false));
        let (readiness, _) = readiness(health, WhenTokenLost::Leave);

        let (is_ready, body) = readiness.ready();

        assert!(is_ready);
        assert_eq!(body["degraded"], json!(["token"]));
        let detail = &body["checks"]["token"]["detail"];
        assert_eq!(detail, "acme/tf: key refused 41 s ago");
    }

    #[test]
    fn token_lost_later_may_stay_but_a_wrong_key_from_the_start_never_is_ready() {
        let (readiness, health) = readiness(well(), WhenTokenLost::Stay);
        health.lock().token = vec![token(false, false)];
        let from_the_start = readiness.verdict();

        *health.lock() = well();
        let meanwhile = readiness.verdict();
        health.lock().token = vec![token(false, false)];
        let lost = readiness.verdict();

        assert_eq!(from_the_start, Verdict::TokenUnavailable);
        assert_eq!(meanwhile, Verdict::Ready);
        assert_eq!(lost, Verdict::Degraded);
    }
}
