//! A gateway over the emulator, and those who ask it.

mod ask;
mod log;
mod oracle;
mod setup;
mod transport;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use http::{HeaderMap, Method};
use opagate::app::Parts;
use opagate::auth::{Connection, Door};
use opagate::emulator::Emulator;
use opagate::front::{Conversation, Front};
use parking_lot::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

pub(crate) use self::ask::{Client, Reply, delete, get, post, put, request};
pub(crate) use self::log::{is_secret, lines};
pub(crate) use self::oracle::Oracle;
pub(crate) use self::setup::{ROOT, Setup, hash_of};
use self::transport::Heard;

/// A gateway at work, and the team that it asks.
pub(crate) struct Gateway {
    pub(crate) parts: Parts,
    /// The first team's.
    pub(crate) emulator: Emulator,
    emulators: Vec<Emulator>,
    front: Front,
    /// What the teams were asked over a transport with gzip.
    heard: Heard,
    /// What callers were shown that they must not be shown.
    shown: Arc<Mutex<Vec<String>>>,
    stop: CancellationToken,
    running: Option<JoinHandle<()>>,
    writer: Option<thread::JoinHandle<()>>,
}

impl Gateway {
    /// One with the usual settings over the usual team.
    pub(crate) fn start() -> Self {
        Setup::new().start()
    }

    /// One who asks with a token of its own, on a connection of its own.
    pub(crate) fn client(&self, caller: &str) -> Client {
        let connection = Connection::new(Door::Required, self.parts.accounts.clone());
        self.client_on(connection, Some(token_of(caller)))
    }

    /// One who asks from `peer`, with nothing to show.
    pub(crate) fn stranger(&self, peer: &str) -> Client {
        let connection = Connection::new(Door::Required, self.parts.accounts.clone());
        let connection = connection.reached_from(peer.parse().unwrap());
        self.client_on(connection, None)
    }

    /// One who asks through the trusted listener, without a token.
    pub(crate) fn neighbour(&self) -> Client {
        let listener = self.parts.config.listeners.last().unwrap();
        let connection = Connection::new(self.parts.door(listener), self.parts.accounts.clone());
        self.client_on(connection, None)
    }

    /// Method and headers of all that the teams were asked; only with [`Setup::gzip`].
    pub(crate) fn heard(&self) -> Vec<(Method, HeaderMap)> {
        self.heard.lock().clone()
    }

    /// One who may write.
    pub(crate) fn writer(&self) -> Client {
        self.client("writer")
    }

    /// One who may read.
    pub(crate) fn reader(&self) -> Client {
        self.client("reader")
    }

    /// Host and key of a team's service user, as in `demo/gateway`.
    pub(crate) fn owner(&self, principal: &str) -> String {
        let (team, name) = principal.split_once('/').unwrap();
        let emulator = &self.emulators[usize::from(team != "demo")];
        let (key, _) = emulator.key_of(name).unwrap_or_else(|| emulator.key());
        format!("{team}.opa.test {key}")
    }

    fn client_on(&self, connection: Connection, token: Option<String>) -> Client {
        let shown = Arc::clone(&self.shown);
        let conversation = Arc::new(Conversation::new(connection));
        Client::new(self.front.clone(), conversation, token, shown)
    }

    /// Waits for what is under way, stops, and checks that nothing is left behind.
    pub(crate) async fn finish(mut self) {
        self.parts.flights.close();
        self.parts.writes.close();
        let ended = async {
            self.parts.flights.wait().await;
            self.parts.writes.wait().await;
        };
        let ended = timeout(LONGEST, ended).await;
        assert!(ended.is_ok(), "a fetch or a write never ends");
        // Who was dropped leaves at its next turn.
        sleep(Duration::from_millis(1)).await;
        for bucket in self.parts.buckets.snapshot() {
            assert_eq!(bucket.in_flight, 0, "a permit is held");
            assert!(bucket.waiting_by_caller.is_empty(), "somebody still waits");
        }
        assert_eq!(self.parts.metrics.totals().in_flight, 0);
        self.stop.cancel();
        self.running.take().unwrap().await.unwrap();
        self.parts.journal.close();
        self.writer.take().unwrap().join().unwrap();
        self.check_secrets();
    }

    fn check_secrets(&self) {
        for emulator in &self.emulators {
            let counters = emulator.counters();
            assert_eq!((counters.leaked, counters.first_leak), (0, None));
        }
        // As the admin listener shows them.
        let shown = opagate::app::sources(&self.parts, Arc::default());
        let (state, metrics) = ((shown.state)().to_string(), (shown.metrics)());
        assert!(state.contains("\"buckets\"") && metrics.contains("opagate_ready"));
        assert!(!is_secret(&state), "in /api/state");
        assert!(!is_secret(&metrics), "in /metrics");
        assert!(!is_secret(&format!("{:?}", self.parts)));
        assert_eq!(*self.shown.lock(), [""; 0], "shown to callers");
        assert_eq!(log::leaks(), [""; 0], "in the log");
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let is_finished = self.running.is_none();
        assert!(is_finished || thread::panicking(), "finish was not called");
    }
}

/// The token of a caller; the gateway knows its hash only.
pub(crate) fn token_of(caller: &str) -> String {
    format!("canary-token-of-{caller}")
}

/// Longer than anything may take.
const LONGEST: Duration = Duration::from_secs(3600);
