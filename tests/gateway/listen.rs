//! Over real sockets, in real time: what hyper and the listener make of bytes.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use opagate::emulator::{Effect, Fault};
use opagate::listen::tls::Acceptor;
use opagate::listen::{Entrance, Server, Stop, Workers};
use opagate::stack;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use crate::support::{Gateway, Setup};

const PATH: &str = "/v1/teams/demo/groups/owners";

/// A gateway that listens as a neighbour does.
pub(crate) struct Open {
    pub(crate) gateway: Gateway,
    pub(crate) address: std::net::SocketAddr,
    connections: TaskTracker,
    stop: Stop,
}

impl Open {
    pub(crate) async fn over(setup: Setup) -> Self {
        Self::through(setup, None).await
    }

    /// The same behind TLS.
    pub(crate) async fn through(setup: Setup, tls: Option<Acceptor>) -> Self {
        let gateway = setup.start();
        let parts = &gateway.parts;
        let (connections, stop) = (TaskTracker::new(), Stop::default());
        let server = Server {
            front: stack::build(parts, Handle::current()),
            accounts: parts.accounts.clone(),
            limits: parts.config.limits,
            metrics: parts.metrics.clone(),
            workers: Workers::new(vec![Handle::current()]),
            tasks: connections.clone(),
            stop: stop.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = parts.config.listeners.last().unwrap();
        let name: Arc<str> = config.name.as_str().into();
        let entrance = Entrance {
            door: parts.door(config),
            origin: None,
            tls,
        };
        connections.spawn(server.run(name, listener, entrance));
        Self {
            gateway,
            address,
            connections,
            stop,
        }
    }

    async fn connect(&self) -> Wire {
        Wire(TcpStream::connect(self.address).await.unwrap())
    }

    /// Stops as the gateway does; every connection must end.
    pub(crate) async fn finish(self) {
        self.stop.tell();
        self.connections.close();
        timeout(SOON, self.connections.wait()).await.unwrap();
        self.gateway.finish().await;
    }
}

/// One connection, byte by byte.
struct Wire(TcpStream);

impl Wire {
    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads one response whole, by its `Content-Length`.
    async fn receive(&mut self) -> String {
        let mut text = Vec::new();
        let mut byte = [0];
        while !text.ends_with(b"\r\n\r\n") {
            timeout(SOON, self.0.read_exact(&mut byte))
                .await
                .unwrap()
                .unwrap();
            text.push(byte[0]);
        }
        let head = String::from_utf8(text).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        timeout(SOON, self.0.read_exact(&mut body))
            .await
            .unwrap()
            .unwrap();
        head + std::str::from_utf8(&body).unwrap()
    }

    /// Reads until the peer closes; a connection that was reset counts as closed.
    async fn rest(&mut self) -> String {
        let mut text = Vec::new();
        let read = timeout(SOON, self.0.read_to_end(&mut text)).await;
        let read = read.expect("the connection is not closed");
        let is_reset = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionReset;
        assert!(read.as_ref().err().is_none_or(is_reset), "{read:?}");
        String::from_utf8(text).unwrap()
    }
}

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(20);

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: gateway.test\r\n\r\n")
}

#[tokio::test]
async fn connection_is_kept_for_the_next_request() {
    let open = Open::over(Setup::new()).await;
    let mut wire = open.connect().await;

    wire.send(&get(PATH)).await;
    let first = wire.receive().await;
    wire.send(&(get(PATH) + &get("/v1/teams/nobody/groups")))
        .await;
    let second = wire.receive().await;
    let third = wire.receive().await;

    assert!(first.starts_with("HTTP/1.1 200"), "{first}");
    assert!(second.contains("cache-status: opagate; hit"), "{second}");
    assert!(third.starts_with("HTTP/1.1 404"), "{third}");
    drop(wire);
    open.finish().await;
}

#[tokio::test]
async fn absolute_target_names_the_host() {
    let open = Open::over(Setup::new()).await;
    let mut wire = open.connect().await;

    let target = "http://gateway.test/v1/teams/demo/service_users?count=2";
    wire.send(&format!(
        "GET {target} HTTP/1.1\r\nHost: gateway.test\r\n\r\n"
    ))
    .await;
    let answered = wire.receive().await;
    let other = format!("GET http://rebound.test{PATH} HTTP/1.1\r\nHost: gateway.test\r\n\r\n");
    wire.send(&other).await;
    let refused = wire.receive().await;

    assert!(
        answered.contains("link: <http://gateway.test/v1/teams/demo/"),
        "{answered}"
    );
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
    drop(wire);
    open.finish().await;
}

#[tokio::test]
async fn http2_is_spoken_to_those_who_speak_it() {
    let open = Open::over(Setup::new()).await;
    let stream = TcpStream::connect(open.address).await.unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    let driving = tokio::spawn(connection);
    let uri = format!("http://gateway.test{PATH}");

    let asked = (0..20).map(|_| {
        let request = Request::get(&uri).body(Empty::<Bytes>::new()).unwrap();
        sender.send_request(request)
    });
    let answers = futures_util::future::join_all(asked.collect::<Vec<_>>()).await;

    for answer in answers {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(
            !answer
                .into_body()
                .collect()
                .await
                .unwrap()
                .to_bytes()
                .is_empty()
        );
    }
    assert_eq!(open.gateway.emulator.calls_to(PATH), 1);
    drop(sender);
    driving.await.unwrap().unwrap();
    open.finish().await;
}

#[tokio::test]
async fn slow_head_is_not_waited_for() {
    let open = Open::over(Setup::new().set("limits.head_timeout", "300ms")).await;
    let (mut silent, mut slow) = (open.connect().await, open.connect().await);
    slow.send("GET /v1/teams/demo/groups HTTP/1.1\r\nHost: gate")
        .await;

    let (silent, slow) = tokio::join!(silent.rest(), slow.rest());

    assert!(!silent.contains(" 200 "), "{silent}");
    assert!(!slow.contains(" 200 "), "{slow}");
    assert_eq!(open.gateway.emulator.counters().calls, 0);
    open.finish().await;
}

#[tokio::test]
async fn head_over_the_limit_is_refused() {
    let open = Open::over(Setup::new()).await;
    let mut wire = open.connect().await;
    let filler = format!("X-Filler: {}\r\n", "x".repeat(1_000));

    let head = format!(
        "GET {PATH} HTTP/1.1\r\nHost: gateway.test\r\n{}\r\n",
        filler.repeat(60)
    );
    wire.send(&head).await;
    let answer = wire.rest().await;

    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert_eq!(open.gateway.emulator.counters().calls, 0);
    open.finish().await;
}

#[tokio::test]
async fn body_over_the_limit_is_refused() {
    let open = Open::over(Setup::new().set("limits.request_body_bytes", "1000")).await;
    let mut wire = open.connect().await;
    let body = "x".repeat(2_000);

    let head = "POST /v1/teams/demo/groups HTTP/1.1\r\nHost: gateway.test\r\n";
    let rest = format!("Content-Type: application/json\r\nContent-Length: 2000\r\n\r\n{body}");
    wire.send(&(head.to_owned() + &rest)).await;
    let answer = wire.receive().await;

    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("body_too_large"), "{answer}");
    assert_eq!(open.gateway.emulator.counters().calls, 0);
    drop(wire);
    open.finish().await;
}

/// Sends a request whose framing can be read in two ways, with another hidden in it.
///
/// Returns all that came back, and the calls that the upstream saw: all, and of the hidden one.
async fn smuggle(framing: &str) -> (String, u64, u64) {
    let open = Open::over(Setup::new()).await;
    let mut wire = open.connect().await;

    let head = format!("POST {PATH} HTTP/1.1\r\nHost: gateway.test\r\n{framing}\r\n");
    wire.send(&format!("{head}0\r\n\r\n{}", get(HIDDEN))).await;
    let answer = wire.rest().await;

    let calls = open.gateway.emulator.counters().calls;
    let hidden = open.gateway.emulator.calls_to(HIDDEN);
    open.finish().await;
    (answer, calls, hidden)
}

const HIDDEN: &str = "/v1/teams/demo/groups/everyone";

#[tokio::test]
async fn request_whose_end_is_doubtful_is_refused_and_its_connection_ended() {
    for framing in [
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: cow, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Content-Length: 5\r\nContent-Length: 72\r\n",
        "Content-Length: +5\r\n",
        "Transfer-Encoding : chunked\r\n",
    ] {
        let (answer, calls, _) = smuggle(framing).await;

        assert!(answer.starts_with("HTTP/1.1 4"), "{framing}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{framing}: {answer}");
        assert_eq!(calls, 0, "{framing}");
    }
}

#[tokio::test]
async fn request_with_two_lengths_is_one_and_the_last_of_its_connection() {
    let framing = "Content-Length: 72\r\nTransfer-Encoding: chunked\r\n";

    let (answer, _, hidden) = smuggle(framing).await;

    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    assert_eq!(hidden, 0);
}

#[tokio::test]
async fn request_under_way_is_answered_although_the_gateway_stops() {
    let open = Open::over(Setup::new()).await;
    let delay = Effect::Delay(Duration::from_millis(500));
    open.gateway.emulator.fault(Fault::new(delay).at(PATH));
    let (mut busy, mut idle) = (open.connect().await, open.connect().await);
    idle.send(&get("/v1/teams/demo/groups/everyone")).await;
    idle.receive().await;

    busy.send(&get(PATH)).await;
    while open.gateway.emulator.calls_to(PATH) == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    open.stop.tell();
    let (answer, rest) = tokio::join!(busy.rest(), idle.rest());

    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(rest, "");
    assert!(TcpStream::connect(open.address).await.is_err());
    open.finish().await;
}
