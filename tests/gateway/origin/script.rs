//! An origin that answers what it is told, byte by byte, and notes what it was asked.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::time;

/// The next answers of one path, and what it was asked.
#[derive(Default)]
struct Page {
    next: VecDeque<Scripted>,
    seen: Vec<Seen>,
}

/// An answer, ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Scripted {
    /// Interim answers and the final head.
    pub(super) head: String,
    /// What follows, except on `HEAD`.
    pub(super) rest: Vec<u8>,
    /// Whether the connection ends with it.
    pub(super) ends: bool,
    /// Seconds that pass first.
    pub(super) takes: u64,
}

/// What the origin was asked.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: String,
}

/// The origin; stops when dropped.
pub(super) struct Script {
    pages: Arc<Mutex<HashMap<String, Page>>>,
    pub(super) port: u16,
    stop: CancellationToken,
}

impl Script {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (pages, stop) = (Arc::default(), CancellationToken::new());
        let script = Self {
            pages: Arc::clone(&pages),
            port,
            stop: stop.clone(),
        };
        let accepting = async move {
            while let Ok((stream, _)) = listener.accept().await {
                let pages = Arc::clone(&pages);
                tokio::spawn(async move { serve(&pages, stream).await });
            }
        };
        tokio::spawn(async move { stop.run_until_cancelled(accepting).await });
        script
    }

    /// Answers so what is asked next of `path` and all below; forgets what it was to answer before.
    pub(super) fn prepare(&self, path: &str, answers: Vec<Scripted>) {
        let mut pages = self.pages.lock();
        pages.entry(path.to_owned()).or_default().next = answers.into();
    }

    /// What was asked of `path` and all below, from number `from` on.
    pub(super) fn seen(&self, path: &str, from: usize) -> Vec<Seen> {
        let pages = self.pages.lock();
        pages
            .get(path)
            .map_or_else(Vec::new, |page| page.seen[from..].to_vec())
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Answers one request after the other; whoever asks may hang up at any time.
async fn serve(pages: &Mutex<HashMap<String, Page>>, stream: TcpStream) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(seen) = read(&mut stream).await? {
        let is_head = seen.method == "HEAD";
        let next = take(pages, seen);
        if next.takes > 0 {
            time::passes(next.takes).await;
        }
        let mut bytes = next.head.into_bytes();
        if !is_head {
            bytes.extend(next.rest);
        }
        stream.write_all(&bytes).await?;
        if next.ends {
            return stream.shutdown().await;
        }
    }
    Ok(())
}

fn take(pages: &Mutex<HashMap<String, Page>>, seen: Seen) -> Scripted {
    let row = seen.target.trim_start_matches('/');
    let row = row.split(['/', '?']).next().unwrap_or_default();
    let mut pages = pages.lock();
    let page = pages.entry(format!("/{row}")).or_default();
    page.seen.push(seen);
    page.next.pop_front().unwrap_or_else(|| Scripted {
        head: "HTTP/1.1 500 Not In The Script\r\nContent-Length: 17\r\n\r\n".to_owned(),
        rest: b"not in the script".to_vec(),
        ends: false,
        takes: 0,
    })
}

/// Reads one request whole; `None` at the end of the connection.
async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Seen>> {
    let Some(first) = line(stream).await? else {
        return Ok(None);
    };
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next(), words.next());
    let mut fields = Vec::new();
    while let Some(line) = line(stream).await?.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        fields.push((name.to_owned(), value.trim().to_owned()));
    }
    let named = |name: &str| {
        let mut all = fields.iter();
        all.find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.clone())
    };
    let mut body = Vec::new();
    if named("transfer-encoding").is_some() {
        while let Some(size) = line(stream).await? {
            let size = usize::from_str_radix(&size, 16).unwrap_or(0);
            let from = body.len();
            body.resize(from + size, 0);
            stream.read_exact(&mut body[from..]).await?;
            line(stream).await?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = named("content-length") {
        body.resize(length.parse().unwrap_or(0), 0);
        stream.read_exact(&mut body).await?;
    }
    Ok(Some(Seen {
        method: method.unwrap_or_default(),
        target: target.unwrap_or_default(),
        fields,
        body: String::from_utf8_lossy(&body).into_owned(),
    }))
}

async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line).await? == 0 {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()))
}
