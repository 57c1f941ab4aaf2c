//! One connection: its handshake, its protocol, its requests, its end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Wire;
use super::socket::{Reset, Socket};
use crate::emulator::plan::is_reset;
use crate::emulator::{Emulator, MAX_BODY};
use crate::exchange::Response;

/// Serves until the peer ends it, a fault cuts it, or it is told to stop.
pub(super) async fn serve(
    emulator: Emulator,
    stream: TcpStream,
    wire: Arc<Wire>,
    stop: CancellationToken,
) {
    // A failure to set it costs only time.
    drop(stream.set_nodelay(true));
    let talk = Talk {
        emulator,
        patience: wire.patience,
        is_secure: wire.tls.is_some(),
        reset: Reset::default(),
    };
    let reset = talk.reset.clone();
    let Some(tls) = &wire.tls else {
        let sniffed = stop.run_until_cancelled(timeout(wire.patience, begins_http2(&stream)));
        if let Some(Ok(Ok(is_http2))) = sniffed.await {
            talk.over(Socket::new(stream, reset), is_http2, &stop).await;
        }
        return;
    };
    let greeting = tls.accept(Socket::new(stream, reset));
    let greeted = stop.run_until_cancelled(timeout(wire.patience, greeting));
    if let Some(Ok(Ok(stream))) = greeted.await {
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        talk.over(stream, is_http2, &stop).await;
    }
}

/// What is the same for all requests of a connection.
#[derive(Clone)]
struct Talk {
    emulator: Emulator,
    patience: Duration,
    is_secure: bool,
    reset: Reset,
}

impl Talk {
    async fn over<I>(mut self, stream: I, is_http2: bool, stop: &CancellationToken)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        if is_http2 {
            // There only the stream is reset; others go on.
            self.reset = Reset::default();
        }
        let stream = TokioIo::new(stream);
        let (patience, reset) = (self.patience, self.reset.clone());
        let service = service_fn(move |request| {
            let talk = self.clone();
            async move { talk.answer(request).await }
        });
        if is_http2 {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            let builder = builder
                .timer(TokioTimer::new())
                .max_concurrent_streams(STREAMS)
                .max_header_list_size(HEAD_BYTES)
                .keep_alive_interval(patience)
                .keep_alive_timeout(patience);
            until_stopped(builder.serve_connection(stream, service), &reset, stop).await;
        } else {
            let mut builder = http1::Builder::new();
            let builder = builder
                .timer(TokioTimer::new())
                .header_read_timeout(patience)
                .max_buf_size(HEAD_BYTES as usize);
            until_stopped(builder.serve_connection(stream, service), &reset, stop).await;
        }
    }

    /// An error here makes hyper cut the connection, or the stream of HTTP/2, which is what a reset
    /// is to do.
    async fn answer(&self, request: http::Request<Incoming>) -> io::Result<Response> {
        let (mut head, body) = request.into_parts();
        if self.is_secure && head.uri.scheme().is_none() {
            let host = head.headers.get(HOST).map(HeaderValue::as_bytes);
            let host = host.and_then(|host| Authority::try_from(host).ok());
            head.uri = secure(head.uri, host);
        }
        let body = if body.is_end_stream() {
            Bytes::new()
        } else {
            timeout(self.patience, whole(body)).await??
        };
        let request = http::Request::from_parts(head, body);
        self.emulator.call(request).await.map_err(|error| {
            if is_reset(error.as_ref()) {
                self.reset.order();
            }
            io::Error::other(error)
        })
    }
}

/// Runs a connection; told to stop, it answers what it has, for which it has a second.
async fn until_stopped(
    connection: impl GracefulConnection<Error = hyper::Error>,
    reset: &Reset,
    stop: &CancellationToken,
) {
    let mut connection = std::pin::pin!(connection);
    match stop.run_until_cancelled(connection.as_mut()).await {
        // An error is a connection that somebody cut: the peer, or a fault.
        Some(Err(error)) if is_reset(&error) => reset.order(),
        Some(_) => {}
        None => {
            connection.as_mut().graceful_shutdown();
            drop(timeout(GRACE, connection).await);
        }
    }
}

/// The body, or one byte more than is allowed in place of one that would be refused in any case.
///
/// What is too much is read all the same, up to a point: a peer that is still sending when the
/// connection ends may never see why.
async fn whole(mut body: Incoming) -> io::Result<Bytes> {
    let mut kept = Vec::new();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else {
            continue;
        };
        read += data.len();
        if read <= MAX_BODY {
            kept.extend_from_slice(&data);
        } else if read > MAX_DRAINED {
            break;
        }
    }
    if read > MAX_BODY {
        kept = vec![0; MAX_BODY + 1];
    }
    Ok(kept.into())
}

/// A target as a TLS peer means it: links lead to where it came from.
fn secure(target: Uri, host: Option<Authority>) -> Uri {
    let Some(host) = host else { return target };
    let mut parts = target.clone().into_parts();
    parts.scheme = Some(Scheme::HTTPS);
    parts.authority = Some(host);
    Uri::from_parts(parts).unwrap_or(target)
}

/// Whether a peer in the clear begins with HTTP/2's preface, whose first word is no method.
async fn begins_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut start = [0; PREFACE.len()];
    loop {
        let read = stream.peek(&mut start).await?;
        let seen = start.get(..read).unwrap_or_default();
        if read == PREFACE.len() || !PREFACE.starts_with(seen) {
            return Ok(seen == PREFACE);
        }
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // What was peeked at stays readable, so there is nothing else to wait for.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

const PREFACE: &[u8; 3] = b"PRI";

/// How long connections have to end.
const GRACE: Duration = Duration::from_secs(1);

/// The most bytes of a request's head.
const HEAD_BYTES: u32 = 64 * 1024;

/// The most requests at once on one connection of HTTP/2.
const STREAMS: u32 = 100;

/// The most bytes of a body that are read at all.
const MAX_DRAINED: usize = 16 * MAX_BODY;
