//! The API keys of service users.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Code, Problem};
use super::clock::Time;
use super::operation::Operation;
use super::page::Paging;
use super::role::{Role, Roles};
use super::seed;
use super::store::{Key, Kind, Store};
use super::table::Row;
use super::users::find;
use super::visit::Visit;

/// The operations on keys.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("listServiceUserKeys", Method::GET, KEYS, list)
        .asks(Roles::of(&[Role::ResourceAdmin]))
        .lists("ServiceUserKey")
        .specified()
        .shown_by("rotation_lets_older_keys_expire_and_shows_the_secret_once"),
    Operation::write("rotateServiceUserKeys", Method::POST, KEYS, rotate)
        .asks(Roles::of(&[Role::ResourceAdmin]))
        .gives(StatusCode::OK, "ServiceUserKeyWithSecret")
        .specified()
        .shown_by("rotation_lets_older_keys_expire_and_shows_the_secret_once"),
    Operation::write("deleteServiceUserKey", Method::DELETE, KEY, delete)
        .asks(Roles::of(&[Role::ResourceAdmin]))
        .gives_nothing()
        .specified()
        .shown_by("deleting_a_key_kills_its_tokens_only"),
];

/// Lists the keys of a service user, without their secrets.
fn list(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let user = find(store, Kind::Service, visit.argument("user_name"))?;
    let page = Paging::read(visit)?.of_list(&user.keys)?;
    Ok(page.answer(visit.ask, view))
}

/// Makes a new key, whose secret is shown this once, and lets the older ones expire.
fn rotate(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let owner = find(store, Kind::Service, visit.argument("user_name"))?;
    if owner.keys.len() >= MOST {
        let message = format!("The service user has {MOST} keys; delete some");
        return Err(Problem::new(Code::QuotaExceeded, message));
    }
    let user = owner.id;
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
fn delete(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let key = visit.argument("key_id");
    let user = find(store, Kind::Service, visit.argument("user_name"))?.id;
    store.remove_key(user, key).ok_or_else(Problem::missing)?;
    Ok(Answer::no_content())
}

impl Row for Key {
    fn id(&self) -> Uuid {
        self.id.parse().unwrap_or_default()
    }

    fn unique_name(&self) -> Option<&str> {
        None
    }
}

fn view(key: &Key) -> Value {
    json!({
        "expires_at": key.expires.map_or_else(|| NEVER.to_owned(), Time::rfc3339),
        "id": key.id,
        "issued_at": key.issued.rfc3339(),
        "last_used": key.last_used.map(Time::rfc3339),
    })
}

/// Keys that one service user may have, those included that have expired; the real figure is not
/// documented.
const MOST: usize = 100;

const KEYS: &str = "service_users/{user_name}/keys";

const KEY: &str = "service_users/{user_name}/keys/{key_id}";

/// How OPA writes that a key does not expire.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// How long a key lives on when a newer one is made; the real figure is not documented.
const ROTATED_LIFE: Duration = Duration::from_secs(24 * 3600);
