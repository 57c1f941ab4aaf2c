//! The emulator on a socket: HTTP/1.1 and HTTP/2, in the clear or with TLS.
//!
//! One task for each connection. Whatever a peer does to its connection stays there: each has a time
//! limit for its handshake, for its heads and for its bodies, and there are only so many at once.

mod connection;
mod socket;
mod tls;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use self::tls::{Tls, TlsError};

use super::Emulator;

/// Serves `emulator` in the clear until it is told to stop; what is in flight then has a second to
/// end.
///
/// # Errors
///
/// Fails when the listener does.
pub async fn serve(
    emulator: Emulator,
    listener: TcpListener,
    stop: CancellationToken,
) -> io::Result<()> {
    Wire::default().serve(emulator, listener, stop).await
}

/// How an emulator is served.
#[derive(Clone, Debug)]
pub struct Wire {
    /// `None`: in the clear.
    pub tls: Option<Tls>,
    /// The most connections at once; one more is closed as soon as it comes.
    pub connections: usize,
    /// How long a handshake, the head of a request, or its body may take.
    ///
    /// An HTTP/1 connection on which nothing is asked for so long is closed, too.
    pub patience: Duration,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            tls: None,
            // The usual limit of open files is 1024.
            connections: 1000,
            patience: Duration::from_secs(30),
        }
    }
}

impl Wire {
    /// Serves `emulator` until it is told to stop; what is in flight then has a second to end.
    ///
    /// # Errors
    ///
    /// Fails when the listener does.
    pub async fn serve(
        self,
        emulator: Emulator,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> io::Result<()> {
        let wire = Arc::new(self);
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) if connections.len() < wire.connections => {
                    let (emulator, wire, stop) = (emulator.clone(), wire.clone(), stop.clone());
                    connections.spawn(connection::serve(emulator, stream, wire, stop));
                }
                Ok(_) => {}
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) if is_of_the_moment(&error) => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(error),
            }
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
        Ok(())
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// Whether files or memory have run out, which other connections give back.
fn is_of_the_moment(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(ENOMEM | ENFILE | EMFILE | ENOBUFS)
    )
}

const ENOMEM: i32 = 12;
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;
const ENOBUFS: i32 = 105;

/// Out of files, accepting again at once would only burn a core.
const PAUSE: Duration = Duration::from_millis(100);
