//! One hit, for tools that count from outside: see `benches/instructions.sh` and
//! `benches/loopback.sh`.
//!
//! `gateway item N` answers N hits over one connection in memory, `logged item N` writes a line of each
//! as shipped, `bare item N` gives the same answer with hyper alone, and `serve item ADDRESS` does that on a socket for callers that show the right
//! token, in gzip to those who take that; `page` and `list` instead of `item` are larger ones. Without arguments it does nothing.

mod support;
#[path = "support/wire.rs"]
mod wire;

use std::convert::Infallible;
use std::env;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use mimalloc::MiMalloc;
use opagate::auth::Connection;
use opagate::trace::{self, Config, Log};
use tokio::net::TcpListener;

use self::support::{Gateway, get};
use self::wire::{ITEM, LIST, unlimited};

/// The gateway's, for hyper too: what is compared is what each of them does with it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [mode @ ("gateway" | "logged" | "bare" | "serve"), size, what] = arguments[..] else {
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
        let log = (mode == "logged").then(|| trace::init(&Log::default(), &Config::default()));
        let gateway = Gateway::new(&unlimited());
        let connection = gateway.connect();
        gateway.ask(&connection, get(target, 0)).await;
        let answer = gateway.ask(&connection, get(target, 0)).await;
        let found = answer.headers()["cache-status"].to_str().expect("text");
        assert!(found.starts_with("opagate; hit"), "no hit");
        let request = wire::request(target);
        match mode {
            "gateway" | "logged" => {
                let service = wire::gateway(&gateway.front, &connection);
                wire::serve(service, &request, times()).await;
            }
            "bare" => wire::serve(wire::bare(&answer), &request, times()).await,
            _ => listen(what, &gateway, target, &answer).await,
        }
        if let Some(log) = log {
            log.expect("a log").stop().await;
        }
    });
}

/// hyper on a socket, on this thread.
async fn listen(address: &str, gateway: &Gateway, target: &str, answer: &Response<Bytes>) {
    let coded = coded(gateway, target).await;
    let listener = TcpListener::bind(address).await.expect("a free port");
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        let service = checked(answer, &coded, gateway.accept());
        let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(serving);
    }
}

/// The answer in gzip, which the gateway makes in the background after the first who takes it.
async fn coded(gateway: &Gateway, target: &str) -> Response<Bytes> {
    let connection = gateway.connect();
    loop {
        let mut request = get(target, 0);
        let headers = request.headers_mut();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        let answer = gateway.ask(&connection, request).await;
        if answer.headers().contains_key(CONTENT_ENCODING) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Gives `answer`, or `coded`, to callers that are known: what the gateway asks of a credential, and nothing else.
fn checked(
    answer: &Response<Bytes>,
    coded: &Response<Bytes>,
    connection: Connection,
) -> impl Service<
    Request<Incoming>,
    Response = Response<Full<Bytes>>,
    Error = Infallible,
    Future: Send + 'static,
> + Send
+ 'static {
    let [plain, coded] = [answer, coded].map(|answer| answer.clone().into_parts());
    service_fn(move |request: Request<Incoming>| {
        let response = match connection.ask(request.headers(), None) {
            Ok(_) => {
                let wanted = request.headers().get(ACCEPT_ENCODING);
                let takes_gzip = wanted.is_some_and(|wanted| wanted == "gzip");
                let (head, body) = if takes_gzip { &coded } else { &plain };
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
