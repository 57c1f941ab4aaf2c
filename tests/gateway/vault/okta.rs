//! Logins through Okta, which is asked over real sockets.

mod bad;
mod config;
mod factors;
mod guard;
mod login;
mod mounts;
mod patience;
mod renew;

use std::fs;
use std::net::Ipv4Addr;

use opagate::emulator::okta::{self, Hidden, User};
use opagate::emulator::{self, Emulator};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Root, vault, words};
use crate::support::{Client, Gateway, ROOT, Reply, Setup};

/// The password of everybody.
const PASSWORD: &str = "canary-password-7";

/// A gateway, and the organisation that it asks.
struct Org {
    gateway: Option<Gateway>,
    okta: Emulator,
    url: String,
    directory: TempDir,
    serving: JoinHandle<std::io::Result<()>>,
    stop: CancellationToken,
}

impl Org {
    /// With these people.
    async fn of(users: Vec<User>) -> Self {
        Self::with(users, |_| {}).await
    }

    /// With these people, and an organisation that is changed first.
    async fn with(users: Vec<User>, change: impl FnOnce(&mut okta::Config)) -> Self {
        let mut okta = okta::Config {
            api_token: Hidden::new("canary-api-token"),
            users,
            ..okta::Config::default()
        };
        change(&mut okta);
        let okta = Emulator::new(emulator::Config {
            okta,
            ..emulator::Config::default()
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let serving = tokio::spawn(emulator::serve(okta.clone(), listener, stop.clone()));
        let directory = tempfile::tempdir().unwrap();
        let gateway = Setup::new().store(directory.path()).start();
        Self {
            gateway: Some(gateway),
            okta,
            url,
            directory,
            serving,
            stop,
        }
    }

    fn gateway(&self) -> &Gateway {
        self.gateway.as_ref().unwrap()
    }

    /// One who has no token yet.
    fn stranger(&self) -> Client {
        self.gateway().stranger("127.0.0.1")
    }

    async fn root(&self, method: &str, path: &str, body: Value) -> Reply {
        Root::of(self.gateway()).send(method, path, body).await
    }

    /// Does something that has nothing to say.
    async fn done(&self, method: &str, path: &str, body: Value) {
        let reply = self.root(method, path, body).await;
        assert_eq!(reply.status, 204, "{path} {reply:?}");
    }

    /// Leads the mount to the organisation, with an API token and with what `more` says.
    async fn configure(&self, more: Value) {
        let mut body = json!({ "base_url": self.url, "api_token": "canary-api-token" });
        let more = more.as_object().cloned().unwrap_or_default();
        body.as_object_mut().unwrap().extend(more);
        self.done("POST", "/v1/auth/okta/config", body).await;
    }

    async fn login(&self, name: &str, password: &str) -> Reply {
        self.login_with(name, json!({ "password": password })).await
    }

    async fn login_with(&self, name: &str, body: Value) -> Reply {
        let path = format!("/v1/auth/okta/login/{name}");
        let request = vault("POST", &path, "", body.to_string());
        self.stranger().send(request).await
    }

    /// The token of somebody who may log in.
    async fn token(&self, name: &str) -> String {
        let reply = self.login(name, PASSWORD).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["auth"]["client_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    async fn as_token(&self, method: &str, path: &str, token: &str, body: Value) -> Reply {
        let request = vault(method, path, token, body.to_string());
        self.stranger().send(request).await
    }

    /// Stops the gateway and starts it anew on the same store.
    async fn restart(&mut self) {
        self.gateway.take().unwrap().finish().await;
        self.gateway = Some(Setup::new().store(self.directory.path()).start());
    }

    /// Stops all of it, and looks whether a secret stands in the store.
    async fn finish(mut self) {
        self.gateway.take().unwrap().finish().await;
        self.stop.cancel();
        self.serving.await.unwrap().unwrap();
        let kept = fs::read(self.directory.path().join("store")).unwrap();
        let canary = kept.windows(6).any(|window| window == b"canary");
        assert!(!canary, "a secret stands in the store");
    }
}

/// Somebody in these groups.
fn person(name: &str, groups: &[&str]) -> User {
    User::new(format!("{name}@example.com"), PASSWORD).within(groups)
}

/// The policies of a login.
fn policies(reply: &Reply) -> Vec<String> {
    let auth = &reply.json()["auth"];
    assert_eq!(auth["policies"], auth["token_policies"]);
    let names = auth["policies"].as_array().unwrap().iter();
    names
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}
