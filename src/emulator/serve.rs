//! The emulator on a socket: HTTP/1.1, one task for each connection.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::plan::is_reset;
use super::{Emulator, MAX_BODY};
use crate::exchange::{BoxError, Response};

/// Serves `emulator` until it is told to stop; what is in flight then has a second to end.
///
/// # Errors
///
/// Fails when the listener does.
pub async fn serve(
    emulator: Emulator,
    listener: TcpListener,
    stop: CancellationToken,
) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(emulator.clone(), stream, stop.clone()));
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => return Err(error),
            },
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
    Ok(())
}

async fn connection(emulator: Emulator, stream: TcpStream, stop: CancellationToken) {
    // A failure to set it costs only time.
    drop(stream.set_nodelay(true));
    let service = service_fn(move |request| answer(emulator.clone(), request));
    let mut builder = http1::Builder::new();
    let connection = builder.timer(TokioTimer::new());
    let mut connection = connection.serve_connection(TokioIo::new(stream), service);
    // An error is a connection that somebody cut: the peer, or a fault.
    tokio::select! {
        ended = &mut connection => {
            if ended.is_err_and(|error| is_reset(&error)) {
                // Closed with this set, it is reset; a failure to set it only closes it.
                let stream = connection.into_parts().io.into_inner();
                drop(stream.set_zero_linger());
            }
        }
        () = stop.cancelled() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            drop(tokio::time::timeout(GRACE, connection).await);
        }
    }
}

/// An error here makes hyper cut the connection, which is what a reset is to do.
async fn answer(
    emulator: Emulator,
    request: http::Request<Incoming>,
) -> Result<Response, BoxError> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await;
    // One byte more than is allowed, in place of a body that would be refused whatever it holds.
    let body = match body {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Bytes::from(vec![0; MAX_BODY + 1])
        }
        Err(error) => return Err(error),
    };
    emulator.call(http::Request::from_parts(head, body)).await
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

/// How long connections have to end.
const GRACE: Duration = Duration::from_secs(1);
