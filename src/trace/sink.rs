//! Writes lines to standard error without ever holding up who logs.
//!
//! Lines wait in a bounded queue for a thread that writes them. Those that do not fit are dropped,
//! and the next line says how many.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

use arc_swap::ArcSwapOption;
use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait; about 4 MiB of them.
const QUEUE: usize = 8192;

/// Where lines go; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Sink {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// `None` once the sink is closed.
    queue: ArcSwapOption<SyncSender<Vec<u8>>>,
    dropped: AtomicU64,
}

/// Waits for the last lines.
#[derive(Debug)]
pub(super) struct Flush {
    shared: Arc<Shared>,
    writer: JoinHandle<()>,
}

impl Sink {
    /// Starts the thread that writes to standard error.
    pub(super) fn to_stderr() -> io::Result<(Self, Flush)> {
        Self::start(QUEUE, io::stderr())
    }

    fn start(size: usize, to: impl Write + Send + 'static) -> io::Result<(Self, Flush)> {
        let (queue, lines) = mpsc::sync_channel(size);
        let shared = Arc::new(Shared {
            queue: ArcSwapOption::from_pointee(queue),
            dropped: AtomicU64::new(0),
        });
        let thread = thread::Builder::new().name("log".to_owned());
        let counted = Arc::clone(&shared);
        let writer = thread.spawn(move || write_all(&lines, &counted, to))?;
        let flush = Flush {
            shared: Arc::clone(&shared),
            writer,
        };
        Ok((Self { shared }, flush))
    }
}

fn write_all(lines: &Receiver<Vec<u8>>, shared: &Shared, mut to: impl Write) {
    for line in lines {
        let dropped = shared.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            let note = r#""event":"log.dropped","message":"log lines were dropped""#;
            // There is nowhere to say that standard error cannot be written to.
            drop(writeln!(
                to,
                r#"{{"level":"warn",{note},"lines":{dropped}}}"#
            ));
        }
        drop(to.write_all(&line));
    }
}

impl Flush {
    /// Takes no more lines and waits until the others are written.
    pub(super) fn run(self) {
        self.shared.queue.store(None);
        // A thread that has panicked has nothing more to write.
        drop(self.writer.join());
    }
}

impl Write for Sink {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(queue) = &*self.shared.queue.load()
            && queue.try_send(line.to_vec()).is_err()
        {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Sink {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer that waits for leave, once for each write, and hands on what it got.
    struct Slow(Receiver<()>, mpsc::Sender<Vec<u8>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            drop(self.1.send(bytes.to_vec()));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_do_not_fit_are_dropped_and_counted() {
        let (leave, left) = mpsc::channel();
        let (wrote, written) = mpsc::channel();
        let (mut sink, flush) = Sink::start(1, Slow(left, wrote)).unwrap();

        // One is being written at most and one waits, so three of five do not fit.
        for _ in 0..5 {
            sink.write_all(b"line\n").unwrap();
        }
        drop(leave);
        sink.write_all(b"line\n").unwrap();
        flush.run();

        let text = written.iter().flatten().collect::<Vec<u8>>();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("log lines were dropped"), "{text}");
    }
}
