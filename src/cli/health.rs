//! Asks a running gateway whether it is well, for Docker and exec probes.
//!
//! Plain text over one connection, without a client: it must be quick to start and need nothing.

use std::io::{self, Write};
use std::time::Duration;

use http::Uri;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::time::timeout;

use crate::cli::End;
use crate::cli::arguments::Health;

/// Asks, and says why if the answer is no.
pub(super) fn check(health: &Health, err: &mut dyn Write) -> io::Result<End> {
    let path = if health.ready {
        "/health/ready"
    } else {
        "/health/live"
    };
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let answer = runtime.block_on(async { timeout(PATIENCE, ask(&health.url, path)).await });
    let why = match answer {
        Ok(Ok(())) => return Ok(End::Done),
        Ok(Err(why)) => why,
        Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
    };
    writeln!(err, "{}: {why}", health.url)?;
    Ok(End::Failed)
}

/// Succeeds on status 200; the error says what there was instead.
async fn ask(url: &Uri, path: &str) -> Result<(), String> {
    if url.scheme_str() != Some("http") {
        return Err("must be an http URL, as in http://127.0.0.1:8081".to_owned());
    }
    let host = url.host().unwrap_or_default();
    let port = url.port_u16().unwrap_or(80);
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let connection = TcpStream::connect((address, port)).await;
    let mut connection = connection.map_err(|e| format!("cannot be reached: {e}"))?;

    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: opagate-healthcheck\r\n\
         Connection: close\r\n\r\n"
    );
    let sent = connection.write_all(request.as_bytes()).await;
    sent.map_err(|e| format!("broke off: {e}"))?;
    let mut answer = Vec::new();
    let read = connection
        .take(LONGEST_ANSWER)
        .read_to_end(&mut answer)
        .await;
    read.map_err(|e| format!("broke off: {e}"))?;
    judge(&String::from_utf8_lossy(&answer))
}

fn judge(answer: &str) -> Result<(), String> {
    let mut words = answer.split_ascii_whitespace();
    let protocol = words.next().unwrap_or_default();
    match words.next() {
        Some("200") if protocol.starts_with("HTTP/1.") => Ok(()),
        Some(status) if protocol.starts_with("HTTP/1.") => {
            let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            Err(format!("{status} {}", body.trim()))
        }
        _ => Err("what answers is not an HTTP server".to_owned()),
    }
}

// Probes of Docker and Kubernetes give up sooner or later than this; it only bounds the odd case.
const PATIENCE: Duration = Duration::from_secs(5);

// A health body is some hundred bytes; more is not ours.
const LONGEST_ANSWER: u64 = 16 * 1024;

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Answers one request with `answer`; returns what was asked and what came of it.
    async fn exchange(answer: &'static str) -> (String, Result<(), String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let url = url.parse().unwrap();
        let server = async {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 1024];
            let length = connection.read(&mut asked).await.unwrap();
            connection.write_all(answer.as_bytes()).await.unwrap();
            asked.truncate(length);
            String::from_utf8(asked).unwrap()
        };

        tokio::join!(server, ask(&url, "/health/ready"))
    }

    #[tokio::test]
    async fn status_200_is_well() {
        let (asked, answer) = exchange("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;

        assert!(
            asked.starts_with("GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1:"),
            "{asked}"
        );
        assert_eq!(answer, Ok(()));
    }

    #[tokio::test]
    async fn any_other_status_is_not_and_the_body_says_why() {
        let (_, answer) = exchange("HTTP/1.1 503 No\r\n\r\n{\"reason\":\"draining\"}").await;

        assert_eq!(answer, Err("503 {\"reason\":\"draining\"}".to_owned()));
    }

    #[tokio::test]
    async fn other_protocols_are_not_well() {
        let (_, answer) = exchange("SSH-2.0-x 200\r\n").await;

        assert_eq!(answer, Err("what answers is not an HTTP server".to_owned()));
    }

    #[test]
    fn nobody_there_is_not_well() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let health = Health {
            ready: false,
            url: url.parse().unwrap(),
        };
        let mut err = Vec::new();

        let end = check(&health, &mut err).unwrap();

        assert_eq!(end, End::Failed);
        assert!(
            String::from_utf8(err)
                .unwrap()
                .contains("cannot be reached")
        );
    }
}
