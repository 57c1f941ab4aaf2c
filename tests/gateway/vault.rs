//! The gateway as Vault's clients and OPA's own clients with virtual keys see it.

mod bad;
mod counted;
mod keys;
mod live;
mod okta;
mod paths;
mod tokens;

use bytes::Bytes;
use http::{HeaderValue, Request};
use opagate::exchange::Body;
use serde_json::{Value, json};

use crate::support::{Client, Gateway, ROOT, Reply, request};

/// Something in Vault's namespace, with `token` shown as Vault's clients do.
fn vault(method: &str, path: &str, token: &str, body: impl Into<Bytes>) -> Request<Body> {
    let mut request = request(method.parse().unwrap(), path, body);
    let headers = request.headers_mut();
    headers.insert("x-vault-request", HeaderValue::from_static("true"));
    if !token.is_empty() {
        let token = HeaderValue::from_str(token).unwrap();
        headers.insert("x-vault-token", token);
    }
    request
}

/// One who may everything, on a connection of its own.
struct Root(Client);

impl Root {
    fn of(gateway: &Gateway) -> Self {
        Self(gateway.stranger("127.0.0.1"))
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Reply {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.0.send(vault(method, path, ROOT, body)).await
    }

    /// Writes a policy with one rule.
    async fn policy(&self, name: &str, path: &str, capabilities: &[&str]) {
        let policy = json!({ "path": { path: { "capabilities": capabilities } } });
        let path = format!("/v1/sys/policies/acl/{name}");
        let reply = self
            .send("PUT", &path, json!({ "policy": policy.to_string() }))
            .await;
        assert_eq!(reply.status, 204, "{reply:?}");
    }

    /// A token as `wish` says, an orphan unless it says otherwise.
    async fn token(&self, wish: Value) -> (String, String) {
        let reply = self.send("POST", "/v1/auth/token/create", wish).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let auth = &reply.json()["auth"];
        let text = |name: &str| auth[name].as_str().unwrap().to_owned();
        (text("client_token"), text("accessor"))
    }
}

/// The first of the words of an error.
fn words(reply: &Reply) -> String {
    let errors = &reply.json()["errors"];
    errors[0].as_str().unwrap_or_default().to_owned()
}
