//! Accepts connections and serves them.
//!
//! hyper parses; what it does not bound is bounded here: silence before the first byte, slow heads,
//! idle connections and slow readers ([`Patient`](patience)), and how many connections there are.

mod connection;
mod pace;
mod patience;
mod stop;
pub mod tls;

use std::io;
use std::net::SocketAddr;
use std::num::{NonZeroU64, NonZeroUsize};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Uri;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

pub use self::stop::Stop;

use crate::auth::{Accounts, Connection, Door};
use crate::front::{Conversation, Front};
use crate::metrics::Metrics;

/// One listener for callers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// Its name, a metric label.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// Whom it lets in.
    pub identity: Identity,
    /// How callers reach it, scheme and host, where something in front of it ends TLS; `None`: as
    /// they say in `Host`.
    pub public_url: Option<Uri>,
    /// Whether it ends TLS, and with which files.
    pub tls: Option<tls::Files>,
}

/// Whom a listener lets in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Identity {
    /// Those who show a credential.
    Required,
    /// Everybody who reaches it, as this caller; loopback only.
    Trusted {
        /// The name of the caller.
        caller: String,
        /// Host names that may stand in `Host`, besides addresses and `localhost`.
        hosts: Vec<String>,
    },
}

/// What a connection may take; the same for all listeners.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Connections on one listener.
    pub connections: NonZeroUsize,
    /// The head of a request, in bytes.
    pub request_head_bytes: NonZeroUsize,
    /// The body of a request, in bytes.
    pub request_body_bytes: NonZeroU64,
    /// Until the first byte, then until the head is complete.
    pub head_timeout: Duration,
    /// Until the body is complete.
    pub body_timeout: Duration,
    /// How long a connection may be without a request.
    pub idle_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: NonZeroUsize::new(10_000).expect("not zero"),
            request_head_bytes: NonZeroUsize::new(32 * 1024).expect("not zero"),
            request_body_bytes: NonZeroU64::new(1024 * 1024).expect("not zero"),
            head_timeout: Duration::from_secs(5),
            body_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
        }
    }
}

/// What all listeners share.
#[derive(Clone, Debug)]
pub struct Server {
    /// Answers.
    pub front: Front,
    /// Knows who shows which credential.
    pub accounts: Accounts,
    /// What a connection may take.
    pub limits: Limits,
    /// Where everything is counted.
    pub metrics: Metrics,
    /// On which threads connections are served.
    pub workers: Workers,
    /// Where connections are known until they end.
    pub tasks: TaskTracker,
    /// Ends listeners, and connections after their present request.
    pub stop: Stop,
}

/// The runtimes that serve, and how many connections each has.
#[derive(Clone, Debug)]
pub struct Workers(Arc<[(Handle, AtomicUsize)]>);

impl Workers {
    /// Serves on these runtimes.
    pub fn new(handles: Vec<Handle>) -> Self {
        Self(
            handles
                .into_iter()
                .map(|handle| (handle, AtomicUsize::new(0)))
                .collect(),
        )
    }

    /// Takes a place on the runtime with the fewest connections.
    fn place(&self) -> Place {
        let load = |index: &usize| {
            self.0
                .get(*index)
                .map(|(_, count)| count.load(Ordering::Relaxed))
        };
        let index = (0..self.0.len()).min_by_key(load).unwrap_or_default();
        if let Some((_, count)) = self.0.get(index) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        Place {
            workers: self.clone(),
            index,
        }
    }
}

/// One connection's place on a runtime.
#[derive(Debug)]
struct Place {
    workers: Workers,
    index: usize,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((_, count)) = self.workers.0.get(self.index) {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// How callers come in through a listener.
#[derive(Clone, Debug)]
pub struct Entrance {
    /// Whom it lets in.
    pub door: Door,
    /// How callers reach it, where that is not what they put into `Host`.
    pub origin: Option<Arc<str>>,
    /// What ends TLS, if anything does.
    pub tls: Option<tls::Acceptor>,
}

/// A connection that has just been accepted.
struct Arrived {
    name: Arc<str>,
    stream: TcpStream,
    tls: Option<tls::Acceptor>,
}

impl Server {
    /// Serves what comes in on `listener` until stopped.
    ///
    /// Connections go on after that, each until its present request is answered.
    pub async fn run(self, name: Arc<str>, listener: TcpListener, entrance: Entrance) {
        let Entrance { door, origin, tls } = entrance;
        if let Some(acceptor) = tls.clone() {
            self.watch(Arc::clone(&name), acceptor);
        }
        let places = Arc::new(Semaphore::new(self.limits.connections.get()));
        while let Some(accepted) = self.stop.run_until_told(pin!(listener.accept())).await {
            let (stream, peer) = match accepted {
                Ok((stream, peer)) => (stream, peer.ip()),
                Err(error) => {
                    pause_after(&error).await;
                    continue;
                }
            };
            let Ok(permit) = Arc::clone(&places).try_acquire_owned() else {
                self.metrics.connection(&name, "over_limit");
                continue;
            };
            self.metrics.connection(&name, "accepted");
            let open = Open::new(&name, &self.metrics);
            let connection = Connection::new(door.clone(), self.accounts.clone());
            let connection = connection.reached_at(origin.clone(), tls.is_some());
            let connection = connection.reached_from(peer);
            let arrived = Arrived {
                name: Arc::clone(&name),
                stream,
                tls: tls.clone(),
            };
            self.hand_over(arrived, connection, (permit, open));
        }
    }

    /// Takes up new certificates, and counts how long they are good for, until stopped.
    fn watch(&self, name: Arc<str>, acceptor: tls::Acceptor) {
        let (metrics, stop) = (self.metrics.clone(), self.stop.clone());
        metrics.set_certificates(&name, acceptor.ends());
        self.tasks.spawn(async move {
            let watching = acceptor.watch(|applied| {
                metrics.certificates(applied);
                metrics.set_certificates(&name, acceptor.ends());
            });
            stop.run_until_told(pin!(watching)).await
        });
    }

    /// Moves a connection to the thread that will serve it.
    fn hand_over(&self, arrived: Arrived, connection: Connection, guards: impl Send + 'static) {
        let Arrived { name, stream, tls } = arrived;
        let Ok(stream) = stream.into_std() else {
            return;
        };
        let place = self.workers.place();
        let Some((worker, _)) = self.workers.0.get(place.index) else {
            return;
        };
        let server = self.clone();
        let serving = async move {
            if let Ok(stream) = TcpStream::from_std(stream) {
                let conversation = Arc::new(Conversation::new(connection));
                match tls {
                    None => connection::serve(&server, stream, conversation).await,
                    Some(tls) => {
                        connection::serve_tls(&server, &name, stream, &tls, conversation).await;
                    }
                }
            }
            drop((place, guards));
        };
        self.tasks.spawn_on(serving, worker);
    }
}

/// Counts a connection while it is open.
#[derive(Debug)]
struct Open {
    listener: Arc<str>,
    metrics: Metrics,
}

impl Open {
    fn new(listener: &Arc<str>, metrics: &Metrics) -> Self {
        metrics.connections_open(listener, 1);
        Self {
            listener: Arc::clone(listener),
            metrics: metrics.clone(),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.metrics.connections_open(&self.listener, -1);
    }
}

/// Out of file descriptors, accepting again at once would only burn a core.
async fn pause_after(error: &io::Error) {
    let is_the_peers = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    );
    if !is_the_peers {
        tracing::error!(event = "accept", "no connection can be accepted: {error}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
