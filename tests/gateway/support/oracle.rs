//! What the emulator itself answers at a moment, and what is changed past the gateway.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http_body_util::BodyExt;
use opagate::emulator::Emulator;
use serde_json::{Value, json};

use super::Gateway;

/// One who asks the emulator past the gateway, as the same service user.
pub(crate) struct Oracle {
    emulator: Emulator,
    token: String,
    asked: AtomicU64,
}

impl Oracle {
    pub(crate) async fn of(gateway: &Gateway) -> Self {
        let emulator = gateway.emulator.clone();
        let (id, secret) = emulator.key();
        let key = json!({ "key_id": id, "key_secret": secret }).to_string();
        let login = http::Request::post("/v1/teams/demo/service_token")
            .header(CONTENT_TYPE, "application/json")
            .body(Bytes::from(key))
            .unwrap();
        let answer = answer(&emulator, login).await;
        Self {
            emulator,
            token: format!("Bearer {}", answer["bearer_token"].as_str().unwrap()),
            asked: AtomicU64::new(0),
        }
    }

    /// The answer to a read now.
    pub(crate) async fn tell(&self, target: &str) -> Value {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let read = http::Request::get(target)
            .header(AUTHORIZATION, &self.token)
            .body(Bytes::new())
            .unwrap();
        answer(&self.emulator, read).await
    }

    /// Writes past the gateway.
    pub(crate) async fn put(&self, target: &str, body: &Value) {
        let write = http::Request::put(target)
            .header(AUTHORIZATION, &self.token)
            .header(CONTENT_TYPE, "application/json")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let status = self.emulator.handle(write).await.status();
        assert!(status.is_success(), "{status}");
    }

    /// How many reads of others reached the emulator.
    pub(crate) fn reads_of_others(&self) -> u64 {
        let counters = self.emulator.counters();
        counters.calls - counters.writes - self.asked.load(Ordering::SeqCst)
    }
}

async fn answer(emulator: &Emulator, request: http::Request<Bytes>) -> Value {
    let body = emulator.handle(request).await.into_body();
    let body = body.collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}
