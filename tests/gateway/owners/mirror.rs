//! A team that answers with what it was asked, and with whose token.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LINK};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt, Full};
use opagate::emulator::Emulator;
use opagate::exchange::{Body, BoxError};
use opagate::upstream::Transport;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::time::sleep;
use tower::service_fn;
use tower::util::BoxCloneSyncService;

/// How many elements a page has.
pub(super) const PAGE: usize = 2;
/// A header that goes up to the team.
pub(super) const FEATURES: &str = "x-okta-opa-client-features";

/// A transport to a team whose tokens are `emulator`'s, and its answers what they were asked.
pub(super) fn mirror(emulator: &Emulator) -> Transport {
    let mirror = Mirror {
        emulator: emulator.clone(),
        owners: Arc::default(),
        rng: Arc::new(Mutex::new(Rng::with_seed(5))),
    };
    BoxCloneSyncService::new(service_fn(move |request| mirror.clone().answer(request)))
}

#[derive(Clone)]
struct Mirror {
    emulator: Emulator,
    /// The id of the key for which a token was given, by the header that shows it.
    owners: Arc<Mutex<HashMap<HeaderValue, String>>>,
    rng: Arc<Mutex<Rng>>,
}

impl Mirror {
    async fn answer(
        self,
        request: http::Request<Full<Bytes>>,
    ) -> Result<http::Response<Body>, BoxError> {
        let (head, body) = request.into_parts();
        if head.uri.path().ends_with("/service_token") {
            return self
                .give_token(head, body.collect().await?.to_bytes())
                .await;
        }
        let pauses = [(); 2].map(|()| Duration::from_millis(self.rng.lock().u64(..200)));
        sleep(pauses[0]).await;
        let owner = self.owners.lock()[&head.headers[AUTHORIZATION]].clone();
        let response = tell(&head, &owner);
        sleep(pauses[1]).await;
        Ok(response)
    }

    async fn give_token(&self, head: Parts, body: Bytes) -> Result<http::Response<Body>, BoxError> {
        let host = head.uri.host().unwrap().to_owned();
        let asked: Value = serde_json::from_slice(&body)?;
        let owner = format!("{host} {}", asked["key_id"].as_str().unwrap());
        let answer = self
            .emulator
            .call(http::Request::from_parts(head, body))
            .await?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        let given: Value = serde_json::from_slice(&body)?;
        let token = format!("Bearer {}", given["bearer_token"].as_str().unwrap());
        self.owners.lock().insert(token.parse()?, owner);
        Ok(http::Response::from_parts(head, Body::from(body)))
    }
}

/// Says who asked for what: once, or in each element of a list.
fn tell(head: &Parts, owner: &str) -> http::Response<Body> {
    let target = head.uri.path_and_query().unwrap().as_str();
    let features = head.headers.get(FEATURES);
    let told = json!({
        "owner": owner,
        "target": told_target(target),
        "features": features.map_or("", |features| features.to_str().unwrap()),
    });
    let path = head.uri.path();
    let is_list = LISTS.iter().any(|list| path.ends_with(list));
    let body = if is_list {
        json!({ "list": vec![&told; PAGE] })
    } else {
        told
    };
    let mut response = http::Response::new(Body::from(Bytes::from(body.to_string())));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    if path.contains("gone") && !is_list {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    let page = target
        .split_once(OFFSET)
        .map_or(0, |(_, page)| page.parse().unwrap());
    if is_list && page < target.len() % 3 {
        let base = target.split_once(OFFSET).map_or(target, |(base, _)| base);
        let base = base.trim_end_matches(['?', '&']);
        let mark = if base.contains('?') { '&' } else { '?' };
        let host = head.uri.host().unwrap();
        let link = format!(
            "<https://{host}{base}{mark}{OFFSET}{}>; rel=\"next\"",
            page + 1
        );
        response.headers_mut().insert(LINK, link.parse().unwrap());
    }
    response
}

/// A target as the teams see it: the case of the team, the order of the query's names and a pair that
/// stands there twice change nothing, and a page is a part of its list.
pub(super) fn told_target(target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    parts[3] = parts[3].to_ascii_lowercase();
    let mut pairs: Vec<&str> = Vec::new();
    for pair in query.split('&') {
        if !pair.is_empty() && !pair.starts_with(OFFSET) && !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    pairs.sort_by_key(|pair| pair.split('=').next());
    format!("{}?{}", parts.join("/"), pairs.join("&"))
}

const OFFSET: &str = "offset=";
const LISTS: [&str; 6] = [
    "/groups",
    "/users",
    "/projects",
    "/servers",
    "/security_policy",
    "/%67roups",
];
