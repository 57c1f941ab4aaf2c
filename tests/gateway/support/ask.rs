//! Requests, who sends them, and what comes back.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt;
use opagate::exchange::Body;
use opagate::front::{Conversation, Front};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::time::Instant;

use super::is_secret;

/// One connection to the gateway.
#[derive(Clone)]
pub(crate) struct Client {
    front: Front,
    conversation: Arc<Conversation>,
    token: Option<String>,
    shown: Arc<Mutex<Vec<String>>>,
}

impl Client {
    pub(super) fn new(
        front: Front,
        conversation: Arc<Conversation>,
        token: Option<String>,
        shown: Arc<Mutex<Vec<String>>>,
    ) -> Self {
        Self {
            front,
            conversation,
            token,
            shown,
        }
    }

    /// The same connection with another token, or none.
    pub(crate) fn showing(mut self, token: Option<&str>) -> Self {
        self.token = token.map(str::to_owned);
        self
    }

    /// Sends a request, with this connection's token unless it has one.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Reply {
        let headers = request.headers_mut();
        let host = HeaderValue::from_static("gateway.test");
        headers.entry(HOST).or_insert(host);
        if let Some(token) = &self.token {
            let token = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
            headers.entry(AUTHORIZATION).or_insert(token);
        }
        let started = Instant::now();
        // A client is shown its own token by this path.
        let is_own = request.uri().path().ends_with("/service_token");
        let answer = self.front.serve(&self.conversation, request).await;
        let (head, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
        let reply = Reply {
            status: head.status,
            headers: head.headers,
            body: body.collect().await.unwrap().to_bytes(),
            took: started.elapsed(),
        };
        let text = format!("{reply:?}");
        if !is_own && is_secret(&text) {
            self.shown.lock().push(text);
        }
        reply
    }

    /// Reads a path.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(get(path)).await
    }
}

/// A request of any kind.
pub(crate) fn request(method: Method, path: &str, body: impl Into<Bytes>) -> Request<Body> {
    let mut request = Request::new(Body::from(body.into()));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap();
    request
}

/// A read.
pub(crate) fn get(path: &str) -> Request<Body> {
    request(Method::GET, path, "")
}

/// A write without body.
pub(crate) fn delete(path: &str) -> Request<Body> {
    request(Method::DELETE, path, "")
}

/// A write that makes something.
pub(crate) fn post(path: &str, body: &Value) -> Request<Body> {
    json(request(Method::POST, path, body.to_string()))
}

/// A write that changes something.
pub(crate) fn put(path: &str, body: &Value) -> Request<Body> {
    json(request(Method::PUT, path, body.to_string()))
}

fn json(mut request: Request<Body>) -> Request<Body> {
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(CONTENT_TYPE, json);
    request
}

/// What a caller got.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) took: Duration,
}

impl Reply {
    /// A header, empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// The body; null if it is not JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Status and `type` of an error.
    pub(crate) fn error(&self) -> (u16, String) {
        let name = self.json()["type"].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), name)
    }

    /// The names in a list, in its order.
    pub(crate) fn names(&self) -> Vec<String> {
        let body = self.json();
        let list = body["list"].as_array().map(Vec::as_slice);
        let names = list.unwrap_or_default().iter().map(|item| &item["name"]);
        names
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        write!(f, "{} {:?} {body}", self.status, self.headers)
    }
}
