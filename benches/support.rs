//! A gateway with the emulated OPA behind it, in one process, without a network between them.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use opagate::app::Parts;
use opagate::auth::{Connection, Door};
use opagate::emulator::Emulator;
use opagate::exchange::{Body, BoxError, Inbound};
use opagate::front::{Conversation, Front};
use opagate::upstream::Transport;
use opagate::{config, stack};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tower::util::BoxCloneSyncService;

/// A gateway at work. It has to be made, and asked, inside of a tokio runtime.
pub(crate) struct Gateway {
    pub(crate) front: Front,
    parts: Parts,
}

impl Gateway {
    /// A gateway in front of `emulator`.
    pub(crate) fn new(emulator: &Emulator) -> Self {
        let text = configuration(emulator);
        let config = config::load(&text, "bench", []).expect("valid").config;
        // Without an audit file there is nothing to write.
        let (parts, _writer) = Parts::over(config, vec![transport(emulator)]).expect("no store");
        tokio::spawn(parts.clone().run(CancellationToken::new()));
        let front = stack::build(&parts, Handle::current());
        Self { front, parts }
    }

    /// A new connection to a listener that asks for a credential.
    pub(crate) fn connect(&self) -> Arc<Conversation> {
        Arc::new(Conversation::new(self.accept()))
    }

    /// The same, as `auth` sees it.
    pub(crate) fn accept(&self) -> Connection {
        Connection::new(Door::Required, self.parts.accounts.clone())
    }

    /// Asks on `connection` and takes the answer whole.
    pub(crate) async fn ask(
        &self,
        connection: &Arc<Conversation>,
        request: Inbound,
    ) -> http::Response<Bytes> {
        let answer = self.front.serve(connection, request).await;
        let (head, body) = answer.expect("infallible").into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        http::Response::from_parts(head, body)
    }
}

/// A read by one of the callers.
pub(crate) fn get(target: &str, caller: usize) -> Inbound {
    http::Request::get(target)
        .header("host", "127.0.0.1:8080")
        .header("user-agent", "bench/1")
        .header("accept", "application/json")
        .header("authorization", format!("Bearer {}", token(caller)))
        .body(Body::empty())
        .expect("a request")
}

/// How many callers are configured.
pub(crate) const CALLERS: usize = 20;

/// What a caller shows.
pub(crate) fn token(caller: usize) -> String {
    format!("bench-token-0123456789abcdef01{caller:02}")
}

/// Answers stay fresh for as long as anybody measures.
fn configuration(emulator: &Emulator) -> String {
    let (id, secret) = emulator.key();
    let callers: String = (0..CALLERS).map(of_caller).collect();
    format!(
        r#"
        [[team]]
        name = "demo"
        url = "https://opa.test"

        [[team.principal]]
        name = "gateway"

        [[team.principal.key]]
        id = "{id}"
        secret = "{secret}"

        [cache.class.identity]
        fresh_for = "1h"

        {callers}"#
    )
}

fn of_caller(caller: usize) -> String {
    let hash = hex::encode(Sha256::digest(token(caller)));
    format!("[[caller]]\nname = \"caller-{caller}\"\ntoken_sha256 = \"{hash}\"\n")
}

/// Reaches `emulator` without a network.
fn transport(emulator: &Emulator) -> Transport {
    let emulator = emulator.clone();
    BoxCloneSyncService::new(tower::service_fn(
        move |request: http::Request<Full<Bytes>>| {
            let emulator = emulator.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.map_err(BoxError::from)?.to_bytes();
                emulator.call(http::Request::from_parts(head, body)).await
            }
        },
    ))
}
