//! One connection: which protocol it speaks, and its end.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Server;
use super::pace::{Busy, Guarded, Pace};
use super::patience::Patient;
use super::tls::Acceptor;
use crate::exchange::Body;
use crate::front::{Answering, Conversation};

/// Serves until the peer or the gateway ends it, after a handshake.
pub(super) async fn serve_tls(
    server: &Server,
    listener: &str,
    stream: TcpStream,
    tls: &Acceptor,
    conversation: Arc<Conversation>,
) {
    drop(stream.set_nodelay(true));
    match timeout(server.limits.head_timeout, tls.accept(stream)).await {
        Ok(Ok(stream)) => {
            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            speak(server, stream, is_http2, conversation).await;
        }
        Ok(Err(error)) => {
            tracing::debug!(event = "connection", "no TLS with a client: {error}");
            server.metrics.connection(listener, "tls_failed");
        }
        Err(_) => server.metrics.connection(listener, "timeout"),
    }
}

/// Serves until the peer or the gateway ends it.
pub(super) async fn serve(server: &Server, stream: TcpStream, conversation: Arc<Conversation>) {
    // A connection that cannot be told to send at once still works.
    drop(stream.set_nodelay(true));
    let sniffed = timeout(server.limits.head_timeout, speaks_http2(&stream)).await;
    let Ok(is_http2) = sniffed else {
        server.metrics.http_rejected("head_time");
        return;
    };
    speak(server, stream, is_http2, conversation).await;
}

async fn speak(
    server: &Server,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    is_http2: bool,
    conversation: Arc<Conversation>,
) {
    let pace = Arc::new(Pace::new(&server.limits));
    let io = TokioIo::new(Patient::new(stream, Arc::clone(&pace)));
    if is_http2 {
        let service = answering(server, conversation, pace, Pace::busy_stream);
        let served = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(MAX_HEADER_LIST)
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT)
            .serve_connection(io, service);
        to_the_end(server, served, http2::Connection::graceful_shutdown).await;
    } else {
        let service = answering(server, conversation, pace, Pace::busy);
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            // `Patient` knows better when a connection is idle and when its head is slow.
            .header_read_timeout(None)
            .max_buf_size(server.limits.request_head_bytes.get().max(MIN_BUFFER))
            .serve_connection(io, service);
        to_the_end(server, served, http1::Connection::graceful_shutdown).await;
    }
}

/// The front half as hyper sees it; `busy` notes that a request is under way.
fn answering(
    server: &Server,
    conversation: Arc<Conversation>,
    pace: Arc<Pace>,
    busy: fn(&Arc<Pace>) -> Busy,
) -> impl Service<
    http::Request<Incoming>,
    Response = http::Response<Guarded>,
    Error = Infallible,
    Future: Send + 'static,
> + use<> {
    let front = server.front.clone();
    service_fn(move |request: http::Request<Incoming>| {
        let busy = busy(&pace);
        let answering = front.serve(&conversation, request.map(whole_or_stream));
        Guarding {
            answering,
            busy: Some(busy),
        }
    })
}

/// An answer whose body keeps its request under way.
struct Guarding {
    answering: Answering,
    busy: Option<Busy>,
}

impl Future for Guarding {
    type Output = Result<http::Response<Guarded>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = Pin::new(&mut self.answering).poll(cx);
        let busy = &mut self.busy;
        answer.map_ok(|response| response.map(|body| Guarded::new(body, busy.take())))
    }
}

/// Runs a connection until it is over; when the gateway stops, `shut_down` lets it finish.
async fn to_the_end<C>(server: &Server, served: C, shut_down: fn(Pin<&mut C>))
where
    C: Future<Output = hyper::Result<()>>,
{
    let mut served = std::pin::pin!(served);
    let ended = server.stop.run_until_told(served.as_mut()).await;
    let result = match ended {
        Some(result) => result,
        None => {
            shut_down(served.as_mut());
            served.await
        }
    };
    tell(server, result);
}

/// A request without body is whole already.
fn whole_or_stream(body: Incoming) -> Body {
    if http_body::Body::is_end_stream(&body) {
        Body::empty()
    } else {
        Body::stream(body)
    }
}

/// Counts what ended a connection before it was a request.
fn tell(server: &Server, result: hyper::Result<()>) {
    let Err(error) = result else { return };
    if error.is_parse_too_large() {
        server.metrics.http_rejected("head_size");
    } else if error.is_parse() {
        server.metrics.http_rejected("smuggling");
    }
    tracing::debug!(event = "connection", "a connection ended early: {error}");
}

/// Whether the client begins with HTTP/2's preface (RFC 9113 §3.4), whose first word is no method.
async fn speaks_http2(stream: &TcpStream) -> bool {
    let mut start = [0; PREFACE.len()];
    loop {
        let Ok(read) = stream.peek(&mut start).await else {
            return false;
        };
        let seen = start.get(..read).unwrap_or_default();
        if read == 0 || !PREFACE.starts_with(seen) {
            return false;
        }
        if read == PREFACE.len() {
            return true;
        }
        // What was peeked at stays readable, so waiting for "readable" would not wait.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

const PREFACE: &[u8; 3] = b"PRI";

/// hyper refuses smaller buffers.
const MIN_BUFFER: usize = 8192;

/// As nginx and Envoy: enough for any tool, bounded for the queue behind it.
const MAX_STREAMS: u32 = 100;

/// More than any real client sends.
const MAX_HEADER_LIST: u32 = 16 * 1024;

const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);
