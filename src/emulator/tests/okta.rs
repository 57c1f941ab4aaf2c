//! Tests of Okta's side; the organisation is the seeded one unless a test says otherwise.

mod errors;
mod factors;
mod faults;
mod limits;
mod lockout;
mod login;
mod people;

use super::*;
use crate::emulator::okta::{
    self, Factor, Hidden, PASSWORD, Provider, Script, State, User, Verdict,
};

/// One who asks Okta.
struct Org {
    emulator: Emulator,
}

impl Org {
    fn new() -> Self {
        Self::of(okta::Config::default())
    }

    fn of(okta: okta::Config) -> Self {
        let config = Config { okta, ..small() };
        let emulator = Emulator::new(config);
        Self { emulator }
    }

    /// An organisation of one user, `u@x.test`.
    fn with(user: User) -> Self {
        let users = vec![user];
        Self::of(okta::Config {
            users,
            ..okta::Config::default()
        })
    }

    async fn ask(&self, request: http::Request<Bytes>) -> Got {
        got(self.emulator.handle(request).await).await
    }

    async fn post(&self, path: &str, body: Value) -> Got {
        self.ask(request(Method::POST, path, Some(body))).await
    }

    async fn login(&self, name: &str, password: &str) -> Got {
        let body = json!({ "username": name, "password": password });
        self.post(AUTHN, body).await
    }

    /// Logs a seeded user in.
    async fn seeded(&self, name: &str) -> Got {
        self.login(&format!("{name}@example.com"), PASSWORD).await
    }

    async fn get(&self, path: &str) -> Got {
        let token = self.emulator.okta_api_token();
        self.get_as(path, &format!("SSWS {}", token.expose())).await
    }

    async fn get_as(&self, path: &str, authorization: &str) -> Got {
        let mut request = request(Method::GET, path, None);
        let value = authorization.parse().unwrap();
        request.headers_mut().insert(AUTHORIZATION, value);
        self.ask(request).await
    }

    /// Asks for the factor at a place among those of `login`.
    async fn verify(&self, login: &Got, at: usize, code: Option<&str>) -> Got {
        let factor = &login.body["_embedded"]["factors"][at];
        let href = factor["_links"]["verify"]["href"].as_str().unwrap();
        let mut body = json!({ "stateToken": login.body["stateToken"] });
        if let Some(code) = code {
            body["passCode"] = code.into();
        }
        self.post(href, body).await
    }

    /// The results of as many verifications of the first factor.
    async fn polls(&self, login: &Got, times: usize) -> Vec<String> {
        let mut results = Vec::new();
        for _ in 0..times {
            let got = self.verify(login, 0, None).await;
            let fields = ["factorResult", "status"];
            let result = fields.iter().find_map(|field| got.body[field].as_str());
            results.push(result.unwrap_or_default().to_owned());
        }
        results
    }
}

impl Got {
    /// Status and Okta's code of an error.
    fn code(&self) -> (u16, &str) {
        let code = self.body["errorCode"].as_str();
        (self.status, code.unwrap_or_default())
    }

    /// Status and where a login stands.
    fn standing(&self) -> (u16, &str) {
        let standing = self.body["status"].as_str();
        (self.status, standing.unwrap_or_default())
    }
}

/// The user `u@x.test`, who can log in with `pw`.
fn user() -> User {
    User::new("u@x.test", "pw")
}

const AUTHN: &str = "/api/v1/authn";
