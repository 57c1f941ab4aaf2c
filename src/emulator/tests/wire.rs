use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::emulator::{Effect, Fault, serve};

struct Served {
    client: Client,
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
}

async fn served() -> Served {
    let client = Client::new(small()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let task = tokio::spawn(serve(client.emulator.clone(), listener, stop.clone()));
    Served {
        client,
        address,
        stop,
        task,
    }
}

/// What comes back over a socket for one GET, until the connection ends.
async fn raw(served: &Served, path: &str) -> String {
    let (text, ended) = until_end(served, path).await;
    ended.unwrap();
    text
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

    let truncated = raw(&served, "groups").await;
    let short = raw(&served, "groups").await;

    for text in [truncated, short] {
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
    let mut socket = TcpStream::connect(served.address).await.unwrap();
    let head = format!(
        "POST {T}/groups HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 1048577\r\n\r\n",
        served.client.token
    );

    socket.write_all(head.as_bytes()).await.unwrap();
    socket
        .write_all(&vec![b' '; 1024 * 1024 + 1])
        .await
        .unwrap();
    let mut start = [0; 12];
    socket.read_exact(&mut start).await.unwrap();

    assert_eq!(&start, b"HTTP/1.1 413");
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
