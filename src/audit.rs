//! A record of everything that acts outside, taken before it acts.
//!
//! What acts has two records: an *intent*, which is on disk before the first byte goes upstream, and
//! an *outcome* with the same request id. Everything else has an outcome only. Records name who, what
//! and how it ended; credentials, queries and bodies never reach this module.
//!
//! One thread writes, so that lines have an order and each can name the one before it; see
//! [`verify`].

mod chain;
mod entry;
mod file;
#[cfg(test)]
mod tests;
mod writer;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender};

use arc_swap::ArcSwapOption;
use tokio::sync::oneshot;

pub use self::chain::{Broken, verify};
pub use self::writer::Writer;

use self::entry::{Entry, Phase};
use crate::error::{Error, Kind};
use crate::metrics::Metrics;
use crate::record::Record;

/// Where records go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// The file they are appended to, one JSON object a line; `None`: no audit log is kept.
    pub file: Option<PathBuf>,
    /// How many records may wait to be written.
    pub queue: NonZeroUsize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            file: None,
            queue: NonZeroUsize::new(10_000).expect("not zero"),
        }
    }
}

/// A handle on the audit log; cheap to clone.
#[derive(Clone, Debug)]
pub struct Journal {
    shared: Option<Arc<Shared>>,
}

/// What handles and writer have in common.
#[derive(Debug)]
struct Shared {
    /// `None` once the journal is closed.
    queue: ArcSwapOption<SyncSender<Job>>,
    is_healthy: AtomicBool,
    waiting: AtomicU64,
    /// Records that could not be written since the last that could.
    lost: AtomicU64,
    metrics: Metrics,
}

/// One record to write, and who waits for it.
#[derive(Debug)]
struct Job {
    entry: Entry,
    done: Option<oneshot::Sender<()>>,
}

impl Journal {
    /// Makes a journal and the writer that has to run on a thread of its own.
    pub fn new(config: &Config, metrics: Metrics) -> (Self, Writer) {
        let Some(path) = &config.file else {
            return (Self::off(), Writer::idle());
        };
        let (queue, jobs) = mpsc::sync_channel(config.queue.get());
        let shared = Arc::new(Shared {
            queue: ArcSwapOption::from_pointee(queue),
            is_healthy: AtomicBool::new(false),
            waiting: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            metrics,
        });
        let writer = Writer::new(path.clone(), jobs, Arc::clone(&shared));
        let this = Self {
            shared: Some(shared),
        };
        (this, writer)
    }

    /// A journal that keeps nothing and refuses nothing.
    pub fn off() -> Self {
        Self { shared: None }
    }

    /// Records what is about to be done, and waits until that is on disk.
    ///
    /// # Errors
    ///
    /// Fails with [`Kind::AuditUnavailable`] if it cannot be written or if too many wait.
    pub async fn intent(&self, record: &Record) -> Result<(), Error> {
        let Some(shared) = &self.shared else {
            return Ok(());
        };
        let (done, is_written) = oneshot::channel();
        let job = Job {
            entry: Entry::new(Phase::Intent, record),
            done: Some(done),
        };
        shared.enqueue(job)?;
        // The writer drops what it cannot write.
        is_written.await.map_err(|_| Kind::AuditUnavailable.into())
    }

    /// Records how it ended; never waits.
    ///
    /// If too many wait already, it is lost, and the log will say that records are missing.
    pub fn outcome(&self, record: &Record) {
        let Some(shared) = &self.shared else {
            return;
        };
        let job = Job {
            entry: Entry::new(Phase::Outcome, record),
            done: None,
        };
        if shared.enqueue(job).is_err() {
            shared.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether records can be written now.
    pub fn is_healthy(&self) -> bool {
        let shared = self.shared.as_ref();
        shared.is_none_or(|shared| shared.is_healthy.load(Ordering::Acquire))
    }

    /// How many records wait to be written.
    pub fn waiting(&self) -> u64 {
        let shared = self.shared.as_ref();
        shared.map_or(0, |shared| shared.waiting.load(Ordering::Relaxed))
    }

    /// Takes no more records; the writer ends when it has written those that wait.
    pub fn close(&self) {
        if let Some(shared) = &self.shared {
            shared.queue.store(None);
        }
    }
}

impl Shared {
    fn enqueue(&self, job: Job) -> Result<(), Error> {
        let queue = self.queue.load();
        let queue = queue.as_ref().ok_or(Kind::AuditUnavailable)?;
        // Counted first: the writer may take it before this thread goes on.
        self.waiting.fetch_add(1, Ordering::Relaxed);
        queue.try_send(job).map_err(|_| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.metrics.audited("dropped");
            Kind::AuditUnavailable.into()
        })
    }
}
