use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::Empty;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::emulator::{Effect, Fault, Wire};

pub(super) struct Served {
    pub(super) client: Client,
    pub(super) address: SocketAddr,
    pub(super) stop: CancellationToken,
    pub(super) task: JoinHandle<std::io::Result<()>>,
}

async fn served() -> Served {
    served_with(Wire::default()).await
}

/// A small team on a socket.
pub(super) async fn served_with(wire: Wire) -> Served {
    let client = Client::new(small()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let task = tokio::spawn(wire.serve(client.emulator.clone(), listener, stop.clone()));
    Served {
        client,
        address,
        stop,
        task,
    }
}

/// Impatient, so that a test need not wait.
fn impatient() -> Wire {
    Wire {
        patience: Duration::from_millis(100),
        ..Wire::default()
    }
}

/// All that comes back for `bytes`, until the connection ends; a reset ends it, too.
async fn sent(address: SocketAddr, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    // A peer that has heard enough may close before it has read all.
    drop(socket.write_all(bytes).await);
    let mut got = Vec::new();
    let read = socket.read_to_end(&mut got);
    drop(timeout(Duration::from_secs(10), read).await.unwrap());
    String::from_utf8(got).unwrap()
}

/// What comes back over a socket for one GET, until the connection ends.
pub(super) async fn raw(served: &Served, path: &str) -> String {
    until_end(served, path).await.0
}

/// Likewise, and how it ended.
async fn until_end(served: &Served, path: &str) -> (String, std::io::Result<usize>) {
    let mut socket = TcpStream::connect(served.address).await.unwrap();
    let head = format!(
        "GET {T}/{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        served.address, served.client.token
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let read = socket.read_to_end(&mut bytes);
    let ended = timeout(Duration::from_secs(10), read).await.unwrap();
    (String::from_utf8(bytes).unwrap(), ended)
}

#[tokio::test]
async fn answers_over_a_socket_and_links_to_it() {
    let served = served().await;

    let text = raw(&served, "groups?count=1").await;

    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    let link = format!("link: <http://{}{T}/groups?count=1&offset=", served.address);
    assert!(text.contains(&link), "{text}");
    assert!(text.contains("\r\nx-ratelimit-remaining: "), "{text}");
}

#[tokio::test]
async fn resets_reset_the_connection() {
    let served = served().await;
    for effect in [Effect::Reset, Effect::ResetAfter, Effect::ResetBody] {
        served.client.emulator.fault(Fault::new(effect).times(1));
    }

    let (before, before_end) = until_end(&served, "groups").await;
    let (after, after_end) = until_end(&served, "groups").await;
    let (body, body_end) = until_end(&served, "groups").await;

    for ended in [before_end, after_end, body_end] {
        assert_eq!(
            ended.unwrap_err().kind(),
            std::io::ErrorKind::ConnectionReset
        );
    }
    assert_eq!((before.as_str(), after.as_str()), ("", ""));
    assert!(body.starts_with("HTTP/1.1 200 OK\r\n"), "{body}");
    assert!(body.contains("{\"list\":["), "{body}");
}

#[tokio::test]
async fn empty_answer_is_empty_and_a_refusal_stays_whole() {
    let mut served = served().await;
    served.client.emulator.fault(Fault::new(Effect::EmptyOk));

    let empty = raw(&served, "groups").await;
    served.client.token = "dead".to_owned();
    let refused = raw(&served, "groups").await;

    assert!(empty.contains("\r\ncontent-length: 0\r\n"), "{empty}");
    assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
    assert!(refused.ends_with('}'), "{refused}");
}

#[tokio::test]
async fn truncations_close_the_connection() {
    let served = served().await;
    let emulator = &served.client.emulator;
    emulator.fault(Fault::new(Effect::Truncate).times(1));
    emulator.fault(Fault::new(Effect::WrongLength).times(1));

    let truncated = until_end(&served, "groups").await;
    let short = until_end(&served, "groups").await;

    for (text, ended) in [truncated, short] {
        ended.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.unwrap().parse().unwrap();
        assert!(!body.is_empty() && body.len() < length, "{text}");
    }
}

#[tokio::test]
async fn body_that_is_too_large_is_refused_over_a_socket() {
    let served = served().await;
    let mut request = format!(
        "POST {T}/groups HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 4000000\r\nConnection: close\r\n\r\n",
        served.client.token
    );
    request.push_str(&" ".repeat(4_000_000));

    let answer = sent(served.address, request.as_bytes()).await;

    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn what_is_no_request_ends_its_own_connection_only() {
    let served = served().await;
    let mut other = TcpStream::connect(served.address).await.unwrap();
    other.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let long = "x".repeat(200_000);

    let garbage = sent(served.address, b"\x16\x03\x01\x02\x00\x01\r\n\r\n").await;
    let target = sent(
        served.address,
        format!("GET /{long} HTTP/1.1\r\n").as_bytes(),
    )
    .await;
    let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n");
    let header = sent(served.address, head.as_bytes()).await;

    assert!(garbage.starts_with("HTTP/1.1 400 "), "{garbage}");
    assert!(target.starts_with("HTTP/1.1 431 "), "{target}");
    assert!(header.starts_with("HTTP/1.1 431 "), "{header}");
    other.write_all(b"Host: x\r\n\r\n").await.unwrap();
    let mut start = [0; 13];
    other.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 401 ");
}

#[tokio::test]
async fn silence_in_a_request_ends_the_connection_but_a_slow_answer_does_not() {
    let served = served_with(impatient()).await;
    let slow = Fault::new(Effect::Delay(Duration::from_millis(300)));
    served
        .client
        .emulator
        .fault(slow.at("/v1/teams/demo/groups"));
    let body = format!("POST {T}/users HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");

    let (nothing, preface, head, body, answer) = tokio::join!(
        sent(served.address, b""),
        sent(served.address, b"PR"),
        sent(served.address, b"GET / HTTP/1.1\r\nHost:"),
        sent(served.address, body.as_bytes()),
        raw(&served, "groups"),
    );

    for ended in [nothing, preface, head, body] {
        assert!(!ended.starts_with("HTTP/1.1 2"), "{ended}");
    }
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn connection_beyond_the_limit_is_closed_until_another_ends() {
    let served = served_with(Wire {
        connections: 1,
        ..Wire::default()
    })
    .await;
    let mut only = TcpStream::connect(served.address).await.unwrap();
    only.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    only.read_exact(&mut [0; 13]).await.unwrap();

    let beyond = raw(&served, "groups").await;
    drop(only);
    let after = async {
        loop {
            let answer = raw(&served, "groups").await;
            if !answer.is_empty() {
                return answer;
            }
        }
    };
    let after = timeout(Duration::from_secs(10), after).await.unwrap();

    assert_eq!(beyond, "");
    assert!(after.starts_with("HTTP/1.1 200 "), "{after}");
}

#[tokio::test]
async fn speaks_http2_in_the_clear_to_who_begins_with_it() {
    let served = served().await;
    let stream = TcpStream::connect(served.address).await.unwrap();

    let (status, link) = over_http2(stream, &served, "http").await;

    assert_eq!(status, StatusCode::OK);
    let start = format!("<http://{}{T}/groups?count=1&offset=", served.address);
    assert!(link.starts_with(&start), "{link}");
}

#[tokio::test]
async fn reset_ends_its_own_request_of_http2_only() {
    let served = served().await;
    let emulator = &served.client.emulator;
    emulator.fault(Fault::new(Effect::Reset).times(1));
    let stream = TcpStream::connect(served.address).await.unwrap();
    let mut connection = http2(stream).await;

    let reset = connection.send_request(page(&served, "http")).await;
    let next = connection.send_request(page(&served, "http")).await;

    reset.unwrap_err();
    assert_eq!(next.unwrap().status(), StatusCode::OK);
}

/// Status and link of one page over HTTP/2.
pub(super) async fn over_http2<I>(stream: I, served: &Served, scheme: &str) -> (StatusCode, String)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answer = http2(stream).await.send_request(page(served, scheme));
    let answer = answer.await.unwrap();
    let link = answer.headers()["link"].to_str().unwrap().to_owned();
    (answer.status(), link)
}

async fn http2<I>(stream: I) -> SendRequest<Empty<Bytes>>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    sender
}

fn page(served: &Served, scheme: &str) -> http::Request<Empty<Bytes>> {
    let uri = format!("{scheme}://{}{T}/groups?count=1", served.address);
    let bearer = format!("Bearer {}", served.client.token);
    let request = http::Request::get(uri).header(AUTHORIZATION, bearer);
    request.body(Empty::new()).unwrap()
}

#[tokio::test]
async fn stops_when_told_even_if_a_request_hangs() {
    let served = served().await;
    served.client.emulator.fault(Fault::new(Effect::Hang));
    let mut socket = TcpStream::connect(served.address).await.unwrap();
    socket
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();

    served.stop.cancel();
    let ended = timeout(Duration::from_secs(10), served.task).await;

    ended.unwrap().unwrap().unwrap();
    TcpStream::connect(served.address).await.unwrap_err();
}
