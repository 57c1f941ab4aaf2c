//! The API keys of service users.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Answer, Problem};
use super::clock::Time;
use super::page::List;
use super::seed;
use super::store::{Key, Kind, Store};
use super::users::find;
use super::world::Visit;

/// Lists the keys of a service user, without their secrets; not paged.
pub(super) fn list(store: &Store, user: &str) -> Result<Answer, Problem> {
    let user = find(store, Kind::Service, user)?;
    let list = user.keys.iter().map(view).collect();
    Ok(Answer::json(StatusCode::OK, &List { list }))
}

/// Makes a new key, whose secret is shown this once, and lets the older ones expire.
pub(super) fn rotate(store: &mut Store, visit: &Visit<'_>, user: &str) -> Result<Answer, Problem> {
    let user = find(store, Kind::Service, user)?.id;
    let key = seed::key(&mut store.rng, visit.now);
    let mut shown = view(&key);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("secret".to_owned(), Value::String(key.secret.clone()));
    }
    let end = visit.now.plus(ROTATED_LIFE);
    let owner = store.users.by_id_mut(user).ok_or_else(Problem::missing)?;
    for older in &mut owner.keys {
        older.expires = Some(older.expires.map_or(end, |expires| expires.min(end)));
    }
    store.add_key(user, key);
    Ok(Answer::json(StatusCode::OK, &shown))
}

/// Deletes a key; the tokens that it brought die with it.
pub(super) fn delete(store: &mut Store, user: &str, key: &str) -> Result<Answer, Problem> {
    let user = find(store, Kind::Service, user)?.id;
    let user = store.users.by_id_mut(user).ok_or_else(Problem::missing)?;
    let at = user
        .keys
        .iter()
        .position(|k| k.id.eq_ignore_ascii_case(key));
    user.keys.remove(at.ok_or_else(Problem::missing)?);
    Ok(Answer::no_content())
}

fn view(key: &Key) -> Value {
    json!({
        "expires_at": key.expires.map_or_else(|| NEVER.to_owned(), Time::rfc3339),
        "id": key.id,
        "issued_at": key.issued.rfc3339(),
        "last_used": key.last_used.map(Time::rfc3339),
    })
}

/// How OPA writes that a key does not expire.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// How long a key lives on when a newer one is made; the real figure is not documented.
const ROTATED_LIFE: Duration = Duration::from_secs(24 * 3600);
