//! Writes records, many at once, on a thread of its own.
//!
//! Whoever waits for a record hears of it after the disk has it. While nothing can be written,
//! records are refused and counted, and once a second it is tried again, traffic or not: a gateway
//! that is not ready gets none. The first line that can be written says how many are missing.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::chain::hash;
use super::entry::gap;
use super::file::Log;
use super::{Job, Shared};

/// Most records that one write to the disk takes.
const BATCH: usize = 256;
/// Between two tries while nothing can be written.
const PAUSE: Duration = Duration::from_secs(1);

/// Writes what the journal is told; see the [module](self).
#[derive(Debug)]
pub struct Writer(Option<Work>);

#[derive(Debug)]
struct Work {
    path: PathBuf,
    jobs: Receiver<Job>,
    shared: Arc<Shared>,
    log: Option<Log>,
    /// Hash of the last line that was written, for a new file to go on from.
    last: Option<String>,
    /// Failed writes since the last good one.
    failures: u32,
}

impl Writer {
    /// A writer with nothing to do.
    pub(super) fn idle() -> Self {
        Self(None)
    }

    /// Writes `jobs` to the file at `path`.
    pub(super) fn new(path: PathBuf, jobs: Receiver<Job>, shared: Arc<Shared>) -> Self {
        Self(Some(Work {
            path,
            jobs,
            shared,
            log: None,
            last: None,
            failures: 0,
        }))
    }

    /// Writes until the journal is closed and nothing waits any more; blocks its thread.
    pub fn run(self) {
        if let Some(work) = self.0 {
            work.run();
        }
    }
}

impl Work {
    fn run(mut self) {
        // Opens the file, so that it is known at once whether it can be.
        self.write(Vec::new());
        loop {
            let batch = match self.jobs.recv_timeout(PAUSE) {
                Ok(first) => self.batch(first),
                Err(RecvTimeoutError::Timeout) if self.is_healthy() => continue,
                Err(RecvTimeoutError::Timeout) => Vec::new(),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            self.write(batch);
        }
    }

    fn batch(&self, first: Job) -> Vec<Job> {
        let mut batch = vec![first];
        batch.extend(self.jobs.try_iter().take(BATCH - 1));
        let taken = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        self.shared.waiting.fetch_sub(taken, Ordering::Relaxed);
        batch
    }

    fn is_healthy(&self) -> bool {
        self.shared.is_healthy.load(Ordering::Acquire)
    }

    /// Writes a batch and tells those who wait, or loses it and counts that.
    fn write(&mut self, batch: Vec<Job>) {
        let lost = self.shared.lost.swap(0, Ordering::Relaxed);
        let result = self.append(&batch, lost);
        let is_healthy = &self.shared.is_healthy;
        is_healthy.store(result.is_ok(), Ordering::Release);
        match result {
            Ok(()) => {
                self.failures = 0;
                self.acknowledge(batch);
            }
            Err(error) => {
                self.complain(&error);
                // What is not known to be on disk counts as lost, though it may be there in part.
                self.log = None;
                self.lose(&batch, lost);
            }
        }
    }

    fn acknowledge(&self, batch: Vec<Job>) {
        for job in batch {
            self.shared.metrics.audited("written");
            if let Some(done) = job.done {
                // Nobody is told if the caller has gone.
                let _ = done.send(());
            }
        }
    }

    /// Says so the first, second, fourth, eighth time.
    fn complain(&mut self, error: &io::Error) {
        self.failures = self.failures.saturating_add(1);
        if self.failures.is_power_of_two() {
            let times = self.failures;
            tracing::error!(event = "audit.failed", times, %error, "the audit log cannot be written");
        }
    }

    fn lose(&self, batch: &[Job], lost: u64) {
        for _ in batch {
            self.shared.metrics.audited("failed");
        }
        let more = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        self.shared.lost.fetch_add(lost + more, Ordering::Relaxed);
    }

    fn append(&mut self, batch: &[Job], lost: u64) -> io::Result<()> {
        let log = open(&mut self.log, &self.path, self.last.as_deref())?;
        let mut lines = String::new();
        let mut last = log.last().to_owned();
        if lost > 0 {
            add(&mut lines, &gap(lost, &last), &mut last);
        }
        for job in batch {
            add(&mut lines, &job.entry.line(&last)?, &mut last);
        }
        if !lines.is_empty() {
            log.append(lines.as_bytes(), last)?;
        }
        self.last = Some(log.last().to_owned());
        Ok(())
    }
}

fn add(lines: &mut String, line: &str, last: &mut String) {
    *last = hash(line.as_bytes());
    lines.push_str(line);
    lines.push('\n');
}

/// The open log; opens it if it is not, or if another file has taken its place.
fn open<'a>(
    log: &'a mut Option<Log>,
    path: &Path,
    before: Option<&str>,
) -> io::Result<&'a mut Log> {
    if log.as_ref().is_some_and(|log| log.has_moved(path)) {
        *log = None;
    }
    match log {
        Some(log) => Ok(log),
        None => Ok(log.insert(Log::open(path, before)?)),
    }
}
