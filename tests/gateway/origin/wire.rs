//! A caller that sends what it is told, byte by byte, and takes an answer apart.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What came back.
#[derive(Clone, Debug, Default)]
pub(super) struct Reply {
    /// The statuses before the final one.
    pub(super) interim: Vec<u16>,
    pub(super) status: u16,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Whether all came that was announced.
    pub(super) is_whole: bool,
}

/// Asks once, on a connection of its own.
pub(super) async fn send(address: SocketAddr, request: &[u8]) -> io::Result<Reply> {
    let asking = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        Ok::<_, io::Error>(bytes)
    };
    let bytes = timeout(LONGEST, asking).await.map_err(io::Error::other)??;
    let is_head = request.starts_with(b"HEAD ");
    parse(&bytes, is_head).ok_or_else(|| io::Error::other(String::from_utf8_lossy(&bytes)))
}

/// Longer than anything here takes.
const LONGEST: Duration = Duration::from_secs(20);

fn parse(mut bytes: &[u8], is_head: bool) -> Option<Reply> {
    let mut reply = Reply::default();
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let (status, fields) = parse_head(std::str::from_utf8(&bytes[..end]).ok()?)?;
        bytes = &bytes[end + 4..];
        if status >= 200 {
            (reply.status, reply.fields) = (status, fields);
            break;
        }
        reply.interim.push(status);
    }
    let has_none = is_head || [204, 304].contains(&reply.status);
    let field = |name: &str| {
        let mut all = reply.fields.iter();
        all.find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    };
    (reply.body, reply.is_whole) = if has_none {
        (bytes.to_vec(), bytes.is_empty())
    } else if field("transfer-encoding").is_some() {
        chunks(bytes)
    } else {
        let length = field("content-length").and_then(|length| length.parse().ok());
        (
            bytes.to_vec(),
            length.is_none_or(|length: usize| length == bytes.len()),
        )
    };
    Some(reply)
}

fn parse_head(head: &str) -> Option<(u16, Vec<(String, String)>)> {
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let fields = lines.map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_owned(), value.trim().to_owned()))
    });
    Some((status, fields.collect::<Option<_>>()?))
}

/// Joins chunks; says whether the last was there.
fn chunks(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") {
        let size = String::from_utf8_lossy(&bytes[..end]);
        let Ok(size) = usize::from_str_radix(&size, 16) else {
            break;
        };
        if size == 0 {
            return (body, true);
        }
        let Some(chunk) = bytes.get(end + 2..end + 2 + size) else {
            break;
        };
        body.extend_from_slice(chunk);
        bytes = bytes.get(end + 4 + size..).unwrap_or_default();
    }
    (body, false)
}
