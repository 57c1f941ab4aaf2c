//! One connection whose client costs nothing: hyper reads the same request from memory again and
//! again, and what it writes is thrown away.
//!
//! So what is measured is the server alone, and it is the same code for the gateway and for hyper
//! with nothing in it.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioTimer;
use opagate::emulator::{self, Emulator};
use opagate::exchange::Body;
use opagate::front::{Conversation, Front};

use crate::support::token;

/// The emulator's usual team without a limit that could be felt.
pub(crate) fn unlimited() -> Emulator {
    Emulator::new(emulator::Config {
        burst: 1_000_000,
        refill_per_second: 1e6,
        ..emulator::Config::default()
    })
}

/// One page, about 2 KB.
pub(crate) const ITEM: &str = "/v1/teams/demo/service_users?count=13";

/// What the gateway joins of three pages, about 40 KB.
pub(crate) const LIST: &str = "/v1/teams/demo/service_users";

/// Bytes of a read, with the headers that a usual client sends.
pub(crate) fn request(target: &str) -> Bytes {
    let token = token(0);
    let text = format!(
        "GET {target} HTTP/1.1\r\n\
         Host: 127.0.0.1:8080\r\n\
         User-Agent: bench/1\r\n\
         Accept: application/json\r\n\
         Authorization: Bearer {token}\r\n\r\n"
    );
    text.into()
}

/// The gateway's front half as hyper sees it.
pub(crate) fn gateway(
    front: &Front,
    connection: &Arc<Conversation>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<Body>,
    Error = Infallible,
    Future: Send + 'static,
> + Send
+ 'static {
    let (front, connection) = (front.clone(), Arc::clone(connection));
    service_fn(move |request: Request<Incoming>| {
        front.serve(&connection, request.map(|_| Body::empty()))
    })
}

/// The least that can be done: gives `answer`, whatever is asked.
pub(crate) fn bare(
    answer: &Response<Bytes>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<Full<Bytes>>,
    Error = Infallible,
    Future: Send + 'static,
> + Clone
+ Send
+ 'static {
    let (head, body) = answer.clone().into_parts();
    service_fn(move |_| {
        let mut response = Response::new(Full::new(body.clone()));
        response.headers_mut().clone_from(&head.headers);
        std::future::ready(Ok(response))
    })
}

/// Serves `times` times `request`, one after the other on one connection.
pub(crate) async fn serve<S, B>(service: S, request: &Bytes, times: u64)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<opagate::exchange::BoxError>> + 'static,
{
    let replay = Replay {
        request: request.clone(),
        left: times,
        is_due: true,
        reader: None,
    };
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .serve_connection(replay, service)
        .await
        .expect("served to the end");
}

/// A socket on which the same request arrives again and again, each time when the one before it
/// is answered.
struct Replay {
    request: Bytes,
    left: u64,
    is_due: bool,
    reader: Option<Waker>,
}

impl Replay {
    fn written(&mut self) {
        self.is_due = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

impl Read for Replay {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.is_due {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if self.left > 0 {
            self.left -= 1;
            self.is_due = false;
            buffer.put_slice(&self.request);
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Replay {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.written();
        Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
