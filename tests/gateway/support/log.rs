//! The log of the whole run, at `trace`, of everything in the process.
//!
//! Each line is looked at when it is written; only those with a secret are kept. The whole goes to
//! the file that `OPAGATE_TEST_LOG` names, if it does.

use std::fs::File;
use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

/// Whether a text holds a secret: a key, a caller's token (they are named so) or a bearer token
/// (they all begin as a JWT does).
pub(crate) fn is_secret(text: &str) -> bool {
    text.contains("canary") || text.contains("eyJ")
}

/// How many lines were seen.
pub(crate) fn lines() -> u64 {
    capture().lines.load(Ordering::Relaxed)
}

/// The lines so far that hold a secret, of what was captured.
pub(super) fn leaks() -> Vec<String> {
    let capture = CAPTURE.get();
    capture.map_or_else(Vec::new, |capture| capture.leaks.lock().clone())
}

/// Sees to it that everything is captured.
pub(super) fn capture() -> &'static Capture {
    CAPTURE.get_or_init(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_ansi(false)
            .with_writer(Writer)
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        Capture {
            lines: AtomicU64::new(0),
            leaks: Mutex::default(),
            file: Mutex::new(file()),
        }
    })
}

static CAPTURE: OnceLock<Capture> = OnceLock::new();

/// What was captured.
pub(super) struct Capture {
    lines: AtomicU64,
    leaks: Mutex<Vec<String>>,
    file: Mutex<Option<File>>,
}

#[expect(clippy::disallowed_methods, reason = "a setting of the tests only")]
fn file() -> Option<File> {
    let path = std::env::var("OPAGATE_TEST_LOG").ok()?;
    let file = File::options().append(true).create(true).open(path);
    Some(file.unwrap())
}

#[derive(Clone, Copy)]
struct Writer;

impl Write for Writer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let capture = capture();
        capture.lines.fetch_add(1, Ordering::Relaxed);
        let text = String::from_utf8_lossy(line);
        // Tokens of the gateway's own are shown to those who get them, but never written here.
        if is_secret(&text) || text.contains("hvs.") {
            capture.leaks.lock().push(text.into_owned());
        }
        if let Some(file) = &mut *capture.file.lock() {
            file.write_all(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Writer {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}
