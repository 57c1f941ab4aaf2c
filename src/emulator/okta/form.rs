//! How Okta writes its objects.

use serde_json::{Map, Value, json};

use super::super::clock::Time;
use super::directory::{Account, BEGINNING, Held};
use super::hidden::Hidden;
use super::transaction::{Challenge, Stage, Transaction};
use super::user::{Factor, Kind, Provider, State};
use super::visit::Visit;

/// A moment as Okta writes it: whole seconds, with milliseconds all the same.
pub(super) fn stamp(time: Time) -> String {
    let text = time.rfc3339();
    format!("{}.000Z", text.trim_end_matches('Z'))
}

/// A login under way.
pub(super) fn transaction(
    open: &Transaction,
    token: &Hidden,
    account: &Account,
    visit: &Visit<'_>,
) -> Value {
    let mut shown = Shown::default();
    shown.put("stateToken", token.expose());
    shown.put("status", open.stage.as_str());
    shown.put("expiresAt", visit.told(open.expires));
    put(&mut shown.embedded, "user", person(account));
    put(&mut shown.links, "cancel", visit.post("cancel"));
    match &open.stage {
        Stage::Factor => {
            put(&mut shown.embedded, "factors", factors(account, visit));
            put(&mut shown.embedded, "policy", policy());
        }
        Stage::Challenge(challenge) => shown.challenge(challenge, account, visit),
        Stage::Warn => put(&mut shown.links, "skip", visit.post("skip")),
        Stage::Expired | Stage::Enroll | Stage::Activate | Stage::Recovery | Stage::Reset => {}
    }
    put(&mut shown.body, "_embedded", shown.embedded);
    put(&mut shown.body, "_links", shown.links);
    Value::Object(shown.body)
}

/// The parts of an answer about a login.
#[derive(Default)]
struct Shown {
    body: Map<String, Value>,
    embedded: Map<String, Value>,
    links: Map<String, Value>,
}

impl Shown {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        put(&mut self.body, name, value);
    }

    fn challenge(&mut self, challenge: &Challenge, account: &Account, visit: &Visit<'_>) {
        let mut held = account.user.factors.iter().zip(&account.held);
        let Some((known, held)) = held.find(|(_, held)| held.id == challenge.factor) else {
            return;
        };
        let mut value = factor(known, held, account);
        let verify = format!("factors/{}/verify", held.id);
        let mut is_waiting = false;
        if let Some(push) = &challenge.push {
            is_waiting = push.ended.is_none();
            self.put("factorResult", push.result());
            if known.script.number_challenge && push.polls > 1 {
                let number = json!({ "challenge": { "correctAnswer": push.number } });
                put(&mut value, "_embedded", number);
            }
            let resend = visit.named("push", &format!("{verify}/resend"));
            put(&mut self.links, "resend", json!([resend]));
        }
        let name = if visit.documented_shape {
            "factors"
        } else {
            "factor"
        };
        put(&mut self.embedded, name, value);
        let next = if is_waiting { "poll" } else { "verify" };
        put(&mut self.links, "next", visit.named(next, &verify));
        put(&mut self.links, "prev", visit.post("previous"));
    }
}

/// A user as a login shows one.
pub(super) fn person(account: &Account) -> Value {
    let (first, last) = names(account);
    json!({
        "id": account.id,
        "passwordChanged": stamp(account.password_changed),
        "profile": {
            "login": account.user.login,
            "firstName": first,
            "lastName": last,
            "locale": "en",
            "timeZone": "America/Los_Angeles",
        },
    })
}

/// A user as the directory shows one.
pub(super) fn user(account: &Account, visit: &Visit<'_>) -> Value {
    let (first, last) = names(account);
    let href = format!("{}/api/v1/users/{}", visit.origin, account.id);
    json!({
        "id": account.id,
        "status": status(account.standing()),
        "created": stamp(BEGINNING),
        "activated": stamp(BEGINNING),
        "statusChanged": stamp(BEGINNING),
        "lastLogin": account.last_login.map(stamp),
        "lastUpdated": stamp(account.password_changed),
        "passwordChanged": stamp(account.password_changed),
        "type": { "id": "oty00000000000000000" },
        "profile": {
            "login": account.user.login,
            "email": account.user.login,
            "firstName": first,
            "lastName": last,
            "mobilePhone": null,
            "secondEmail": null,
        },
        "credentials": { "password": {}, "provider": { "type": "OKTA", "name": "OKTA" } },
        "_links": { "self": { "href": href } },
    })
}

/// A group.
pub(super) fn group(id: &str, name: &str, visit: &Visit<'_>) -> Value {
    let kind = if name == "Everyone" {
        "BUILT_IN"
    } else {
        "OKTA_GROUP"
    };
    let href = format!("{}/api/v1/groups/{id}/users", visit.origin);
    json!({
        "id": id,
        "created": stamp(BEGINNING),
        "lastUpdated": stamp(BEGINNING),
        "lastMembershipUpdated": stamp(BEGINNING),
        "objectClass": ["okta:user_group"],
        "type": kind,
        "profile": { "name": name, "description": null },
        "_links": { "users": { "href": href } },
    })
}

/// What is said of devices, none of which is remembered.
fn policy() -> Value {
    json!({
        "allowRememberDevice": false,
        "rememberDeviceByDefault": false,
        "rememberDeviceLifetimeInMinutes": 0,
        "factorsPolicyInfo": {},
    })
}

fn factors(account: &Account, visit: &Visit<'_>) -> Value {
    let factors = account.user.factors.iter().zip(&account.held);
    let factors = factors.map(|(known, held)| {
        let mut value = factor(known, held, account);
        let verify = visit.post(&format!("factors/{}/verify", held.id));
        put(&mut value, "_links", json!({ "verify": verify }));
        Value::Object(value)
    });
    factors.collect()
}

fn factor(factor: &Factor, held: &Held, account: &Account) -> Map<String, Value> {
    let provider = match factor.provider {
        Provider::Okta => "OKTA",
        Provider::Google => "GOOGLE",
    };
    let mut profile = Map::new();
    put(&mut profile, "credentialId", account.user.login.as_str());
    let kind = match factor.kind {
        Kind::Totp => "token:software:totp",
        Kind::Push => {
            put(&mut profile, "deviceType", "SmartPhone_IPhone");
            put(&mut profile, "keys", json!([]));
            put(&mut profile, "name", "Phone");
            put(&mut profile, "platform", "IOS");
            put(&mut profile, "version", "18.0");
            "push"
        }
    };
    let mut value = Map::new();
    put(&mut value, "id", held.id.as_str());
    put(&mut value, "factorType", kind);
    put(&mut value, "provider", provider);
    put(&mut value, "vendorName", provider);
    put(&mut value, "profile", profile);
    value
}

/// First and last name; who has none is called after the login.
fn names(account: &Account) -> (&str, &str) {
    let user = &account.user;
    let (short, rest) = user
        .login
        .split_once('@')
        .unwrap_or((&user.login, "Unknown"));
    (or(&user.first_name, short), or(&user.last_name, rest))
}

fn or<'a>(name: &'a str, other: &'a str) -> &'a str {
    if name.is_empty() { other } else { name }
}

fn status(state: State) -> &'static str {
    match state {
        State::Active | State::PasswordWarn | State::MfaEnroll | State::MfaEnrollActivate => {
            "ACTIVE"
        }
        State::PasswordExpired => "PASSWORD_EXPIRED",
        State::LockedOut => "LOCKED_OUT",
        State::Recovery | State::PasswordReset => "RECOVERY",
        State::Suspended => "SUSPENDED",
        State::Deprovisioned => "DEPROVISIONED",
        State::Staged => "STAGED",
    }
}

fn put(map: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    map.insert(name.to_owned(), value.into());
}
