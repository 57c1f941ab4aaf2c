//! Tests of the emulator as a whole; what only one part does is tested there.

mod attributes;
mod behaviours;
mod catalog;
mod chance;
mod content;
mod control;
mod document;
mod errors;
mod faults;
mod lag;
mod limits;
mod okta;
mod paging;
mod policies;
mod projects;
mod resource_groups;
mod roles;
mod secrets;
mod seed;
mod settings;
mod sudo_command_bundles;
mod tls;
mod tokens;
mod users;
mod wire;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{Config, Emulator};
use crate::exchange::Response;

const T: &str = "/v1/teams/demo";

/// A small team.
fn small() -> Config {
    Config {
        service_users: 5,
        policies: 3,
        groups: 4,
        ..Config::default()
    }
}

/// One who holds a token.
struct Client {
    emulator: Emulator,
    token: String,
}

/// An answer, read whole.
#[derive(Debug)]
struct Got {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Got {
    fn number(&self, header: &str) -> u64 {
        self.headers[header].to_str().unwrap().parse().unwrap()
    }

    fn kind(&self) -> (u16, &str) {
        (self.status, self.body["type"].as_str().unwrap_or_default())
    }

    fn names(&self) -> Vec<&str> {
        let list = self.body["list"].as_array().unwrap();
        list.iter().map(|o| o["name"].as_str().unwrap()).collect()
    }

    fn next(&self) -> Option<String> {
        let link = self.headers.get("link")?.to_str().unwrap();
        let (url, rest) = link.strip_prefix('<')?.split_once('>')?;
        rest.contains("rel=\"next\"").then(|| url.to_owned())
    }
}

impl Client {
    async fn new(config: Config) -> Self {
        Self::of(Emulator::new(config)).await
    }

    async fn of(emulator: Emulator) -> Self {
        let (id, secret) = emulator.key();
        let token = login(&emulator, &id, &secret).await;
        let token = token.body["bearer_token"].as_str().unwrap().to_owned();
        Self { emulator, token }
    }

    async fn get(&self, path: &str) -> Got {
        self.send(Method::GET, path, None).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Got {
        got(self.emulator.handle(self.request(method, path, body)).await).await
    }

    fn request(&self, method: Method, path: &str, body: Option<Value>) -> http::Request<Bytes> {
        let mut request = request(method, path, body);
        let bearer = format!("Bearer {}", self.token).parse().unwrap();
        request.headers_mut().insert(AUTHORIZATION, bearer);
        request
    }
}

/// A request in nobody's name; a path that does not begin with a slash is one under the team.
fn request(method: Method, path: &str, body: Option<Value>) -> http::Request<Bytes> {
    let uri = if path.starts_with('/') || path.starts_with("http") {
        path.to_owned()
    } else {
        format!("{T}/{path}")
    };
    let request = http::Request::builder().method(method).uri(uri);
    let request = request.header(HOST, "opa.test:8443");
    let request = request.header(CONTENT_TYPE, "application/json");
    let body = body.map(|body| Bytes::from(body.to_string()));
    request.body(body.unwrap_or_default()).unwrap()
}

async fn login(emulator: &Emulator, id: &str, secret: &str) -> Got {
    let body = json!({ "key_id": id, "key_secret": secret });
    let request = request(Method::POST, "service_token", Some(body));
    got(emulator.handle(request).await).await
}

async fn got(response: Response) -> Got {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Got {
        status: head.status.as_u16(),
        headers: head.headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }
}

/// Runs `future` on a clock that stands still unless everybody waits.
fn run<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build();
    runtime.unwrap().block_on(future)
}

const NO_CONTENT: u16 = StatusCode::NO_CONTENT.as_u16();
