//! Asks the admin listener of a running gateway.
//!
//! Plain text over one connection, without a client, as [`super::health`] does.

use std::time::Duration;

use http::Uri;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// What was answered: the status and the body.
pub(super) type Answer = (u16, Value);

/// Asks, and waits for the answer.
///
/// The error says why there is none.
pub(super) fn call(url: &Uri, method: &str, path: &str, body: &Value) -> Result<Answer, String> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let asking = async { timeout(PATIENCE, ask(url, method, path, body)).await };
    let answer = runtime.block_on(asking);
    answer.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
}

async fn ask(url: &Uri, method: &str, path: &str, body: &Value) -> Result<Answer, String> {
    if url.scheme_str() != Some("http") {
        return Err("must be an http URL, as in http://127.0.0.1:8081".to_owned());
    }
    let host = url.host().unwrap_or_default();
    let port = url.port_u16().unwrap_or(80);
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let connection = TcpStream::connect((address, port)).await;
    let mut connection = connection.map_err(|e| format!("cannot be reached: {e}"))?;

    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: opagate\r\n\
         X-Opagate-Admin: 1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    );
    let sent = connection.write_all(request.as_bytes()).await;
    sent.map_err(|e| format!("broke off: {e}"))?;
    // It may hold a secret.
    let mut answer = Zeroizing::new(Vec::new());
    let read = connection.take(LONGEST).read_to_end(&mut answer).await;
    read.map_err(|e| format!("broke off: {e}"))?;
    let text = str::from_utf8(&answer).unwrap_or_default();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let mut words = head.split_ascii_whitespace();
    let is_http = words.next().is_some_and(|word| word.starts_with("HTTP/1."));
    let status = words.next().and_then(|word| word.parse().ok());
    match status.filter(|_| is_http) {
        Some(status) => Ok((status, serde_json::from_str(body).unwrap_or_default())),
        None => Err("what answers is not an HTTP server".to_owned()),
    }
}

// Longer than a disk takes; it only bounds the odd case.
const PATIENCE: Duration = Duration::from_secs(15);

// The longest list there can be, several times.
const LONGEST: u64 = 64 * 1024 * 1024;
