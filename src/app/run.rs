//! Starts a gateway, waits until it is told to stop, and stops it without losing a request.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use http::Uri;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::sources::sources;
use super::{Config, Parts, Runtimes};
use crate::cli::Failed;
use crate::listen::tls::Acceptor;
use crate::listen::{Entrance, Server, Stop, Workers};
use crate::{admin, stack, trace};

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
///
/// Fails if a port is in use or something that is needed cannot be had, and with [`Failed::Cut`] if
/// requests were cut when it stopped.
pub fn serve(config: Config) -> Result<(), Failed> {
    let runtimes = Runtimes::start(config.runtime).map_err(other)?;
    runtimes.work().block_on(async {
        let guard = trace::init(&config.log, &config.trace).map_err(other)?;
        let running = Running::start(config, runtimes.workers()).await?;
        running.announce();
        stop_signal().await;
        let result = running.stop().await;
        guard.stop().await;
        result
    })
}

/// Waits for SIGTERM or Ctrl-C.
pub(super) async fn stop_signal() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Without handlers the system's own way of ending the process is in force.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

pub(super) fn other(error: impl std::error::Error + Send + Sync + 'static) -> Failed {
    Failed::Other(Box::new(error))
}

/// A gateway at work.
#[derive(Debug)]
pub struct Running {
    parts: Parts,
    addresses: Vec<(Arc<str>, SocketAddr)>,
    admin: SocketAddr,
    draining: Arc<AtomicBool>,
    connections: TaskTracker,
    stop_serving: Stop,
    loops: TaskTracker,
    stop_loops: CancellationToken,
    writer: Option<thread::JoinHandle<()>>,
    admin_task: JoinHandle<()>,
    stop_admin: CancellationToken,
}

impl Running {
    /// Binds the listeners and starts everything; connections are served on `workers`.
    ///
    /// # Errors
    ///
    /// Fails if a port is in use, or if an upstream's certificate authorities cannot be read.
    pub async fn start(config: Config, workers: Workers) -> Result<Self, Failed> {
        let mut listeners = Vec::new();
        for listener in &config.listeners {
            listeners.push(bind(listener.address, "listener.listen").await?);
        }
        let admin_listener = bind(config.admin.address, "admin.listen").await?;
        let (parts, writer) = Parts::new(config).map_err(other)?;
        let writer = thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || writer.run())
            .map_err(other)?;
        let draining = Arc::new(AtomicBool::new(false));
        let stop_admin = CancellationToken::new();
        let admin = admin_listener.local_addr().map_err(other)?;
        let sources = sources(&parts, Arc::clone(&draining));
        let admin_task = tokio::spawn(admin::serve(admin_listener, sources, stop_admin.clone()));
        let mut running = Self {
            parts,
            addresses: Vec::new(),
            admin,
            draining,
            connections: TaskTracker::new(),
            stop_serving: Stop::default(),
            loops: TaskTracker::new(),
            stop_loops: CancellationToken::new(),
            writer: Some(writer),
            admin_task,
            stop_admin,
        };
        running
            .loops
            .spawn(running.parts.clone().run(running.stop_loops.clone()));
        running.listen(listeners, workers)?;
        Ok(running)
    }

    fn listen(&mut self, listeners: Vec<TcpListener>, workers: Workers) -> Result<(), Failed> {
        let server = Server {
            front: stack::build(&self.parts, tokio::runtime::Handle::current()),
            accounts: self.parts.accounts.clone(),
            limits: self.parts.config.limits,
            metrics: self.parts.metrics.clone(),
            workers,
            tasks: self.connections.clone(),
            stop: self.stop_serving.clone(),
        };
        let warming = server.front.clone().keep_warm(self.stop_loops.clone());
        self.loops.spawn(warming);
        for (config, listener) in self.parts.config.listeners.iter().zip(listeners) {
            let name: Arc<str> = config.name.as_str().into();
            self.addresses
                .push((Arc::clone(&name), listener.local_addr().map_err(other)?));
            let entrance = Entrance {
                door: self.parts.door(config),
                origin: config.public_url.as_ref().map(origin),
                tls: config
                    .tls
                    .clone()
                    .map(Acceptor::load)
                    .transpose()
                    .map_err(other)?,
            };
            self.connections
                .spawn(server.clone().run(name, listener, entrance));
        }
        Ok(())
    }

    /// Where callers ask.
    pub fn address(&self) -> Option<SocketAddr> {
        self.addresses.first().map(|(_, address)| *address)
    }

    /// Where operators ask.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// The parts it runs on.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Says where it listens.
    pub fn announce(&self) {
        for (name, address) in &self.addresses {
            let config = self.parts.config.listeners.iter();
            let mut own = config.filter(|listener| listener.name == **name);
            let scheme = if own.any(|listener| listener.tls.is_some()) {
                "https"
            } else {
                "http"
            };
            tracing::info!(event = "listen", listener = &**name, %address, "callers: {scheme}://{address}");
        }
        let admin = self.admin;
        let teams = self.parts.config.teams.len();
        let version = env!("CARGO_PKG_VERSION");
        tracing::info!(
            event = "ready",
            version,
            teams,
            %admin,
            "opagate {version} is ready; teams: {teams}, admin: http://{admin}",
        );
    }

    /// Stops: says that it is not ready, closes the listeners, lets requests finish, then the rest.
    ///
    /// # Errors
    ///
    /// Fails with [`Failed::Cut`] if requests were left at the end of the grace period.
    pub async fn stop(mut self) -> Result<(), Failed> {
        let drain = self.parts.config.drain;
        self.draining.store(true, Ordering::Relaxed);
        tracing::info!(
            event = "drain.start",
            "not ready any more; requests under way may finish"
        );
        sleep(drain.delay).await;
        self.stop_serving.tell();
        self.connections.close();
        self.parts.writes.close();
        let finished = async {
            self.connections.wait().await;
            self.parts.writes.wait().await;
        };
        let is_whole = tokio::select! {
            finished = timeout(drain.grace, finished) => finished.is_ok(),
            // Asked a second time: at once.
            () = stop_signal() => false,
        };
        let cut = self.parts.metrics.totals().in_flight;
        if !is_whole {
            self.parts.metrics.drain_cut(cut);
        }
        self.stop_loops.cancel();
        self.loops.close();
        self.loops.wait().await;
        self.parts.journal.close();
        if let Some(writer) = self.writer.take() {
            // Only waits for the disk; a writer that panicked has said so.
            drop(tokio::task::spawn_blocking(move || writer.join()).await);
        }
        self.stop_admin.cancel();
        drop(self.admin_task.await);
        tracing::info!(event = "drain.end", cut, "stopped");
        if is_whole || cut == 0 {
            Ok(())
        } else {
            Err(Failed::Cut)
        }
    }
}

/// Scheme and authority, without the slash that a URI ends with.
fn origin(url: &Uri) -> Arc<str> {
    url.to_string().trim_end_matches('/').into()
}

pub(super) async fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, Failed> {
    TcpListener::bind(address).await.map_err(|error| {
        if error.kind() == io::ErrorKind::AddrInUse {
            let setting = setting.to_owned();
            Failed::PortInUse { address, setting }
        } else {
            other(error)
        }
    })
}
