//! One hit, for tools that count from outside: see `benches/instructions.sh` and
//! `benches/loopback.sh`.
//!
//! `gateway item N` answers N hits over one connection in memory, `bare item N` gives the same answer
//! with hyper alone, and `serve item ADDRESS` does that on a socket for callers that show the right
//! token; `page` and `list` instead of `item` are larger ones. Without arguments it does nothing.

mod support;
#[path = "support/wire.rs"]
mod wire;

use std::convert::Infallible;
use std::env;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use opagate::auth::Connection;
use tokio::net::TcpListener;

use self::support::{Gateway, get};
use self::wire::{ITEM, LIST, unlimited};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [mode @ ("gateway" | "bare" | "serve"), size, what] = arguments[..] else {
        return;
    };
    let target = match size {
        "list" => LIST,
        "page" => PAGE,
        _ => ITEM,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let times = || what.parse().expect("a number");
    runtime.block_on(async {
        let gateway = Gateway::new(&unlimited());
        let connection = gateway.connect();
        gateway.ask(&connection, get(target, 0)).await;
        let answer = gateway.ask(&connection, get(target, 0)).await;
        let found = answer.headers()["cache-status"].to_str().expect("text");
        assert!(found.starts_with("opagate; hit"), "no hit");
        let request = wire::request(target);
        match mode {
            "gateway" => {
                let service = wire::gateway(&gateway.front, &connection);
                wire::serve(service, &request, times()).await;
            }
            "bare" => wire::serve(wire::bare(&answer), &request, times()).await,
            _ => listen(what, &gateway, &answer).await,
        }
    });
}

/// hyper on a socket, on this thread.
async fn listen(address: &str, gateway: &Gateway, answer: &Response<Bytes>) {
    let listener = TcpListener::bind(address).await.expect("a free port");
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        let service = checked(answer, gateway.accept());
        let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(serving);
    }
}

/// Gives `answer` to callers that are known: what the gateway asks of a credential, and nothing else.
fn checked(
    answer: &Response<Bytes>,
    connection: Connection,
) -> impl Service<
    Request<Incoming>,
    Response = Response<Full<Bytes>>,
    Error = Infallible,
    Future: Send + 'static,
> + Send
+ 'static {
    let (head, body) = answer.clone().into_parts();
    service_fn(move |request: Request<Incoming>| {
        let response = match connection.ask(request.headers(), None) {
            Ok(_) => {
                let mut response = Response::new(Full::new(body.clone()));
                response.headers_mut().clone_from(&head.headers);
                response
            }
            Err(_) => {
                let mut response = Response::new(Full::default());
                *response.status_mut() = StatusCode::UNAUTHORIZED;
                response
            }
        };
        std::future::ready(Ok(response))
    })
}

/// One page of about 10 KB.
const PAGE: &str = "/v1/teams/demo/service_users?count=65";
