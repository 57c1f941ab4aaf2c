//! Virtual keys: listed, made, rotated, revoked.
//!
//! A secret is in the answer to whoever makes it, once; nothing else here shows one.

use std::time::Duration;

use http::{Method, Response, StatusCode, request};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::answer::{Refusal, json_response};
use super::guard::check_change;
use super::routes::{METHOD, read_whole};
use crate::exchange::{Body, BoxError};
use crate::keys::{Keys, Made, New, Refused, Shown};

/// Where they are.
pub(super) const PATH: &str = "/api/keys";

const OFF: Refusal = Refusal::new(
    StatusCode::CONFLICT,
    "no_store",
    "there can be no keys without a store: set `store.path` and `store.key`",
);
const MALFORMED: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    "malformed_request",
    "the body must be like {\"name\":\"terraform\",\"policies\":[\"tf\"],\"ttl\":\"12h\",\"cidrs\":[\"10.0.0.0/8\"]}; \
     to rotate a key, like {\"overlap\":\"24h\"}",
);

/// What of the keys is asked for.
enum Asked<'p> {
    All,
    One(&'p str),
    Rotation(&'p str),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    name: String,
    #[serde(default)]
    policies: Vec<String>,
    #[serde(default)]
    ttl: Option<String>,
    #[serde(default)]
    cidrs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    #[serde(default)]
    overlap: Option<String>,
}

#[derive(Serialize)]
struct WithSecret<'s> {
    #[serde(flatten)]
    key: Shown,
    key_secret: &'s str,
}

/// Answers what is asked of `keys`; there are none without a store.
pub(super) async fn answer<B>(
    keys: Option<&Keys>,
    head: &request::Parts,
    body: B,
) -> Result<Response<Body>, Refusal>
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>>,
{
    let below = head.uri.path().strip_prefix(PATH).unwrap_or_default();
    let below = below.strip_prefix('/').unwrap_or_default();
    let asked = match below.split_once('/') {
        None if below.is_empty() => Asked::All,
        None => Asked::One(below),
        Some((named, "rotate")) => Asked::Rotation(named),
        Some(_) => return Err(UNKNOWN),
    };
    let is_read = head.method == Method::GET || head.method == Method::HEAD;
    let methods = match asked {
        Asked::All if is_read || head.method == Method::POST => None,
        Asked::One(_) if head.method == Method::DELETE => None,
        Asked::Rotation(_) if head.method == Method::POST => None,
        Asked::All => Some("GET, HEAD, POST"),
        Asked::One(_) => Some("DELETE"),
        Asked::Rotation(_) => Some("POST"),
    };
    if let Some(methods) = methods {
        return Ok(METHOD.with_allow(methods));
    }
    if !is_read {
        check_change(&head.headers)?;
    }
    let keys = keys.ok_or(OFF)?;
    if is_read {
        let all = keys.list();
        let all: Vec<_> = all.iter().map(|key| keys.shown(key)).collect();
        return Ok(json_response(StatusCode::OK, &json!({ "keys": all })));
    }
    let body = read_whole(body).await?;
    match asked {
        Asked::All => create(keys, &body).await,
        Asked::One(named) => revoke(keys, named).await,
        Asked::Rotation(named) => rotate(keys, named, &body).await,
    }
}

async fn create(keys: &Keys, body: &[u8]) -> Result<Response<Body>, Refusal> {
    let wish: Wish = serde_json::from_slice(body).map_err(|_| MALFORMED)?;
    let cidrs = wish.cidrs.iter().map(|cidr| cidr.parse());
    let new = New {
        name: wish.name,
        policies: wish.policies,
        ttl: wish.ttl.as_deref().map(time).transpose()?,
        cidrs: cidrs.collect::<Result<_, _>>().map_err(|_| MALFORMED)?,
    };
    let made = keys.create(new).await?;
    told("key.create", &made.key.id());
    Ok(with_secret(StatusCode::CREATED, keys, &made))
}

async fn rotate(keys: &Keys, named: &str, body: &[u8]) -> Result<Response<Body>, Refusal> {
    let wish: Rotation = serde_json::from_slice(body).map_err(|_| MALFORMED)?;
    let overlap = wish.overlap.as_deref().map(time).transpose()?;
    let id = keys.find(named).ok_or(UNKNOWN)?;
    let made = keys.rotate(id, overlap.unwrap_or(OVERLAP)).await?;
    told("key.rotate", &id);
    Ok(with_secret(StatusCode::OK, keys, &made))
}

async fn revoke(keys: &Keys, named: &str) -> Result<Response<Body>, Refusal> {
    let id = keys.find(named).ok_or(UNKNOWN)?;
    keys.revoke(id).await?;
    told("key.revoke", &id);
    Ok(json_response(StatusCode::OK, &json!({ "revoked": id })))
}

fn with_secret(status: StatusCode, keys: &Keys, made: &Made) -> Response<Body> {
    let shown = WithSecret {
        key: keys.shown(&made.key),
        key_secret: made.secret.expose(),
    };
    json_response(status, &json!(shown))
}

fn told(action: &str, key: &Uuid) {
    tracing::info!(event = "admin", action, key.id = %key, "{action}");
}

fn time(text: &str) -> Result<Duration, Refusal> {
    humantime::parse_duration(text).map_err(|_| MALFORMED)
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown => UNKNOWN,
            Refused::Wrong(why) => Self::new(StatusCode::BAD_REQUEST, "malformed_request", why),
            Refused::Taken => TAKEN,
            Refused::Full => FULL,
            Refused::Store(error) => {
                tracing::error!(event = "store", "a key was not changed: {error}");
                STORE
            }
        }
    }
}

const UNKNOWN: Refusal = Refusal::new(
    StatusCode::NOT_FOUND,
    "resource_does_not_exist",
    "there is no such key; `GET /api/keys` lists them",
);
const TAKEN: Refusal = Refusal::new(
    StatusCode::CONFLICT,
    "name_taken",
    "a key or a caller of the configuration has this name; choose another one",
);
const FULL: Refusal = Refusal::new(
    StatusCode::CONFLICT,
    "too_many_keys",
    "there are as many keys as there may be; revoke some",
);
const STORE: Refusal = Refusal::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "store_unavailable",
    "the store could not be written; see the log",
);

/// A day to bring the new secret everywhere.
const OVERLAP: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests;
