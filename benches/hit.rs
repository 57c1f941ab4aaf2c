//! One hit, for tools that count from outside: see `benches/instructions.sh` and
//! `benches/loopback.sh`.
//!
//! `gateway item N` answers N hits over one connection in memory, `bare item N` gives the same answer
//! with hyper alone, and `serve item ADDRESS` does that on a socket; `list` instead of `item` is a
//! larger one. Without arguments it does nothing.

mod support;
#[path = "support/wire.rs"]
mod wire;

use std::env;

use http::Response;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use self::support::{Gateway, get};
use self::wire::{ITEM, LIST, unlimited};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [mode @ ("gateway" | "bare" | "serve"), size, what] = arguments[..] else {
        return;
    };
    let target = if size == "list" { LIST } else { ITEM };
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
        assert!(answer.headers()["cache-status"] == "opagate; hit", "no hit");
        let request = wire::request(target);
        match mode {
            "gateway" => {
                let service = wire::gateway(&gateway.front, &connection);
                wire::serve(service, &request, times()).await;
            }
            "bare" => wire::serve(wire::bare(&answer), &request, times()).await,
            _ => listen(what, &answer).await,
        }
    });
}

/// hyper on a socket, on this thread.
async fn listen(address: &str, answer: &Response<bytes::Bytes>) {
    let listener = TcpListener::bind(address).await.expect("a free port");
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        let serving =
            http1::Builder::new().serve_connection(TokioIo::new(stream), wire::bare(answer));
        tokio::spawn(serving);
    }
}
