//! Sends what was recorded, when it was recorded, and looks at what comes back.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::Method;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::bodies::body;
use super::record::{Row, path, rows};
use crate::support::{Client, Gateway, Oracle, Reply, post, put, request, token_of};

/// What came of a run.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// Reads that were made.
    pub(super) reads: u64,
    /// Reads that reached the emulator.
    pub(super) reached: u64,
    /// What was answered that the emulator did not say at any moment of the exchange.
    pub(super) stale: Vec<String>,
    /// Requests that ended in another way than recorded.
    pub(super) unlike: Vec<String>,
    /// How often the cache said what, its numbers aside.
    pub(super) told: BTreeMap<String, u64>,
}

struct Run<'a> {
    rows: Vec<Row>,
    done: Vec<CancellationToken>,
    oracle: Oracle,
    clients: Mutex<HashMap<usize, Client>>,
    /// Recorded names and ids, and what they are here.
    names: Mutex<HashMap<String, String>>,
    token: Mutex<String>,
    figures: Mutex<Figures>,
    gateway: &'a Gateway,
}

impl Figures {
    pub(super) fn saved(&self) -> u64 {
        self.reads - self.reached
    }
}

/// Replays the record in its own time, but for a pause before each command.
pub(super) async fn replay(gateway: &Gateway, pause: Duration) -> Figures {
    let rows = rows();
    let run = Run {
        done: rows.iter().map(|_| CancellationToken::new()).collect(),
        oracle: Oracle::of(gateway).await,
        rows,
        clients: Mutex::default(),
        names: Mutex::default(),
        token: Mutex::default(),
        figures: Mutex::default(),
        gateway,
    };
    let start = Instant::now();
    let all = (0..run.rows.len()).map(|number| run.send(number, start, pause));
    join_all(all).await;
    let mut figures = run.figures.into_inner();
    figures.reached = run.oracle.reads_of_others();
    figures
}

impl Run<'_> {
    async fn send(&self, number: usize, start: Instant, pause: Duration) {
        let row = &self.rows[number];
        sleep_until(start + row.at + pause * row.command).await;
        for earlier in &row.after {
            self.done[*earlier].cancelled().await;
        }
        let reply = if row.is_login() {
            self.log_in().await
        } else if row.is_read() {
            self.read(row).await
        } else {
            self.write(row, number).await
        };
        if reply.status != row.status {
            let unlike = format!("{row:?}: {reply:?}");
            self.figures.lock().unlike.push(unlike);
        }
        self.done[number].cancel();
    }

    /// What the provider does first: its key for a token.
    async fn log_in(&self) -> Reply {
        let key = json!({ "key_id": "any", "key_secret": token_of("writer") });
        let client = self.gateway.writer().showing(None);
        let reply = client.send(post(&path("service_token"), &key)).await;
        let token = reply.json()["bearer_token"].as_str().unwrap().to_owned();
        *self.token.lock() = token;
        reply
    }

    async fn read(&self, row: &Row) -> Reply {
        let target = self.target(row);
        let mut truths = vec![self.oracle.tell(&target).await];
        let client = self.client(row.token);
        let asking = client.get(&target);
        tokio::pin!(asking);
        let reply = loop {
            tokio::select! {
                biased;
                reply = &mut asking => break reply,
                () = sleep(Duration::from_millis(1)) => {
                    truths.push(self.oracle.tell(&target).await);
                }
            }
        };
        truths.push(self.oracle.tell(&target).await);
        let mut figures = self.figures.lock();
        figures.reads += 1;
        if !truths.contains(&reply.json()) {
            figures.stale.push(format!("{target}: {reply:?}"));
        }
        let told = reply.header("cache-status");
        let words = told.split(';').map(str::trim);
        let words: Vec<_> = words
            .filter(|word| !word.starts_with("ttl=") && !word.starts_with("age="))
            .collect();
        *figures.told.entry(words.join("; ")).or_default() += 1;
        reply
    }

    async fn write(&self, row: &Row, number: usize) -> Reply {
        let target = self.target(row);
        let made = row.made.as_deref().unwrap_or_default();
        let request = match row.method {
            Method::POST => post(&target, &body(&row.path, made, number)),
            Method::PUT => put(&target, &body(&row.path, made, number)),
            _ => request(row.method.clone(), &target, Bytes::new()),
        };
        let reply = self.client(row.token).send(request).await;
        if let (Some(made), Value::String(id)) = (&row.made, &reply.json()["id"])
            && is_id(made)
        {
            self.names.lock().insert(made.clone(), id.clone());
        }
        reply
    }

    /// Each token has a connection of its own.
    fn client(&self, token: usize) -> Client {
        let mut clients = self.clients.lock();
        let client = clients.entry(token).or_insert_with(|| {
            let shown = self.token.lock().clone();
            self.gateway.writer().showing(Some(&shown))
        });
        client.clone()
    }

    fn target(&self, row: &Row) -> String {
        let names = self.names.lock();
        let parts = row.path.split('/').map(|part| {
            if is_id(part) {
                names[part].as_str()
            } else {
                part
            }
        });
        let parts: Vec<&str> = parts.collect();
        path(&parts.join("/")) + &row.query
    }
}

fn is_id(part: &str) -> bool {
    uuid::Uuid::parse_str(part).is_ok()
}
