//! Writes lines to standard error without ever holding up who logs.
//!
//! Lines gather in a bounded buffer, and a thread writes them together: to wake it for each would
//! cost more than a whole hit. It writes when there is much, or a moment after the first; a warning
//! or an error does not wait. Lines that do not fit are dropped, and a line in their place says how
//! many.

use std::io::{self, Write};
use std::mem;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// When lines are written, and how many may wait.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// What may wait, in bytes; as much again may be on its way out.
    room: usize,
    /// So many bytes are written at once.
    batch: usize,
    /// The longest that a line waits for others.
    linger: Duration,
}

/// 4 MiB are some 8,000 lines; 64 KiB are what a pipe takes, and about 100 of them.
const LIMITS: Limits = Limits {
    room: 4 << 20,
    batch: 64 << 10,
    linger: Duration::from_millis(5),
};

/// How long a thread that panics waits for the lines before it.
const LONGEST_SETTLE: Duration = Duration::from_millis(100);

/// Where lines go; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Sink {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limits: Limits,
    waiting: Mutex<Waiting>,
    /// Tells the writing thread of a first line, and that it is time.
    wake: Condvar,
    /// Tells that a batch is written.
    written: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Lines after these that did not fit.
    dropped: u64,
    /// To be written now.
    is_due: bool,
    is_writing: bool,
    is_closed: bool,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.dropped == 0
    }
}

/// Waits for the last lines, at the latest when it is dropped.
#[derive(Debug)]
pub(super) struct Flush {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

impl Sink {
    /// Starts the thread that writes to standard error.
    pub(super) fn to_stderr() -> io::Result<(Self, Flush)> {
        Self::start(LIMITS, io::stderr())
    }

    /// Starts the thread that writes to `to`.
    #[cfg(test)]
    pub(super) fn to_anything(to: impl Write + Send + 'static) -> io::Result<(Self, Flush)> {
        Self::start(LIMITS, to)
    }

    fn start(limits: Limits, to: impl Write + Send + 'static) -> io::Result<(Self, Flush)> {
        let shared = Arc::new(Shared {
            limits,
            waiting: Mutex::default(),
            wake: Condvar::new(),
            written: Condvar::new(),
        });
        let thread = thread::Builder::new().name("log".to_owned());
        let taken = Arc::clone(&shared);
        let writer = thread.spawn(move || write_all(&taken, to))?;
        let flush = Flush {
            shared: Arc::clone(&shared),
            writer: Some(writer),
        };
        Ok((Self { shared }, flush))
    }

    /// Takes one line, or counts it as dropped; what is urgent does not wait for others.
    pub(super) fn add(&self, line: &[u8], is_urgent: bool) {
        self.shared.add(line, is_urgent);
    }

    /// Waits until everything so far is written, but no longer than a moment.
    pub(super) fn settle(&self) {
        let mut waiting = self.shared.waiting.lock();
        waiting.is_due = !waiting.is_empty();
        self.shared.wake.notify_one();
        let is_busy = |waiting: &mut Waiting| !waiting.is_empty() || waiting.is_writing;
        let written = &self.shared.written;
        // What a writer that is stuck keeps is lost.
        let _: parking_lot::WaitTimeoutResult =
            written.wait_while_for(&mut waiting, is_busy, LONGEST_SETTLE);
    }
}

impl Shared {
    fn add(&self, line: &[u8], is_urgent: bool) {
        let mut waiting = self.waiting.lock();
        if waiting.is_closed {
            return;
        }
        let (was_empty, was_due) = (waiting.is_empty(), waiting.is_due);
        // After a gap nothing is taken until it is told, so that it is told where it is.
        if waiting.dropped > 0 || waiting.lines.len() + line.len() > self.limits.room {
            waiting.dropped += 1;
            waiting.is_due = true;
        } else {
            waiting.lines.extend_from_slice(line);
            waiting.is_due |= is_urgent || waiting.lines.len() >= self.limits.batch;
        }
        let must_wake = was_empty || waiting.is_due != was_due;
        drop(waiting);
        if must_wake {
            self.wake.notify_one();
        }
    }

    /// Waits for lines and moves them into `batch`; false at the end.
    fn take(&self, batch: &mut Vec<u8>) -> bool {
        batch.clear();
        // After a jam its memory is given back.
        batch.shrink_to(2 * self.limits.batch);
        let mut waiting = self.waiting.lock();
        waiting.is_writing = false;
        self.written.notify_all();
        self.wake.wait_while(&mut waiting, |waiting| {
            waiting.is_empty() && !waiting.is_closed
        });
        let is_early = |waiting: &mut Waiting| !waiting.is_due && !waiting.is_closed;
        // Late or woken, it is time.
        let _: parking_lot::WaitTimeoutResult =
            self.wake
                .wait_while_for(&mut waiting, is_early, self.limits.linger);
        if waiting.is_empty() {
            return false;
        }
        mem::swap(&mut waiting.lines, batch);
        let dropped = mem::take(&mut waiting.dropped);
        waiting.is_due = false;
        waiting.is_writing = true;
        drop(waiting);
        if dropped > 0 {
            let note = r#""event":"log.dropped","message":"log lines were dropped""#;
            let line = format!("{{\"level\":\"warn\",{note},\"lines\":{dropped}}}\n");
            batch.extend_from_slice(line.as_bytes());
        }
        true
    }
}

fn write_all(shared: &Shared, mut to: impl Write) {
    let mut batch = Vec::new();
    while shared.take(&mut batch) {
        // There is nowhere to say that standard error cannot be written to.
        drop(to.write_all(&batch));
    }
}

impl Flush {
    /// Takes no more lines and waits until the others are written.
    pub(super) fn run(self) {
        drop(self);
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        self.shared.waiting.lock().is_closed = true;
        self.shared.wake.notify_one();
        // A thread that has panicked has nothing more to write.
        drop(self.writer.take().map(JoinHandle::join));
    }
}

/// Takes one line.
#[derive(Debug)]
pub(super) struct Line<'s> {
    shared: &'s Shared,
    is_urgent: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.shared.add(line, self.is_urgent);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'s> MakeWriter<'s> for Sink {
    type Writer = Line<'s>;

    fn make_writer(&'s self) -> Line<'s> {
        Line {
            shared: &self.shared,
            is_urgent: false,
        }
    }

    fn make_writer_for(&'s self, of: &Metadata<'_>) -> Line<'s> {
        Line {
            shared: &self.shared,
            is_urgent: *of.level() <= Level::WARN,
        }
    }
}

#[cfg(test)]
mod tests;
