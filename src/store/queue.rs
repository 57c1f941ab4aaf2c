//! Who waits for the disk: many changes, one write.
//!
//! Whoever comes while nobody writes becomes the writer, on a thread that may block, and writes what
//! has gathered until nothing is left. So there is one writer at a time, and while one write is under
//! way the next grows.

use std::fmt;
use std::mem;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::disk::{Disk, LARGEST};
use super::{Change, Entries, Error, Table};

/// Commits that may wait for the disk at once; who comes later waits to be one of them.
const WAITING: usize = 4096;

/// Most commits of one write, so that the first need not wait for all.
const BATCH: usize = 1024;

/// The disk, and who waits for it.
#[derive(Debug)]
pub(super) struct Queue {
    disk: Mutex<Disk>,
    line: Mutex<Line>,
    places: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Line {
    jobs: Vec<Job>,
    /// Whether somebody writes, and will look here again when done.
    is_served: bool,
}

/// One commit.
struct Job {
    changes: Vec<Change>,
    then: Box<dyn FnOnce() + Send>,
    done: oneshot::Sender<Result<(), Error>>,
    /// Its place in the line, free again when it is done.
    _place: OwnedSemaphorePermit,
}

impl Queue {
    pub(super) fn new(disk: Disk) -> Self {
        Self {
            disk: Mutex::new(disk),
            line: Mutex::default(),
            places: Arc::new(Semaphore::new(WAITING)),
        }
    }

    /// Lets go of the file, once a write under way has ended.
    pub(super) fn close(&self) {
        self.disk.lock().close();
    }

    pub(super) fn load(&self, table: Table) -> Result<Entries, Error> {
        self.disk.lock().load(table)
    }

    pub(super) async fn commit(
        self: &Arc<Self>,
        changes: Vec<Change>,
        then: Box<dyn FnOnce() + Send>,
    ) -> Result<(), Error> {
        if let Some(size) = changes.iter().map(size).find(|size| *size > LARGEST) {
            return Err(Error::TooLarge(size));
        }
        let lost = || Error::disk("the write was given up");
        let place = Arc::clone(&self.places).acquire_owned().await;
        let (done, is_done) = oneshot::channel();
        let job = Job {
            changes,
            then,
            done,
            _place: place.map_err(|_| lost())?,
        };
        if self.stand_in_line(job) {
            let queue = Arc::clone(self);
            drop(tokio::task::spawn_blocking(move || queue.serve()));
        }
        is_done.await.map_err(|_| lost())?
    }

    /// Returns whether nobody serves the line yet.
    fn stand_in_line(&self, job: Job) -> bool {
        let mut line = self.line.lock();
        line.jobs.push(job);
        !mem::replace(&mut line.is_served, true)
    }

    /// Writes until nobody waits.
    fn serve(&self) {
        let gone = Gone(self);
        while let Some(jobs) = self.next() {
            self.write(jobs);
        }
        mem::forget(gone);
    }

    /// Who is to be written next; `None` ends the service.
    fn next(&self) -> Option<Vec<Job>> {
        let mut line = self.line.lock();
        // Who has gone wants nothing any more.
        line.jobs.retain(|job| !job.done.is_closed());
        if line.jobs.is_empty() {
            line.is_served = false;
            return None;
        }
        let many = line.jobs.len().min(BATCH);
        Some(line.jobs.drain(..many).collect())
    }

    fn write(&self, jobs: Vec<Job>) {
        let changes = jobs.iter().flat_map(|job| &job.changes);
        let result = self.disk.lock().write(changes);
        for job in jobs {
            if result.is_ok() {
                (job.then)();
            }
            // Nobody is told if the caller has gone.
            drop(job.done.send(result.clone()));
        }
    }
}

/// Ends a service that a panic broke off: those who wait are told, and the next commit begins anew.
struct Gone<'a>(&'a Queue);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        *self.0.line.lock() = Line::default();
    }
}

fn size(change: &Change) -> usize {
    match change {
        Change::Put { key, value, .. } => key.len() + value.len(),
        Change::Delete { key, .. } => key.len(),
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("changes", &self.changes.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use futures_util::FutureExt;

    use super::*;
    use crate::secret::Secret;

    fn put(name: &str) -> Vec<Change> {
        vec![Change::Put {
            table: Table::Users,
            key: name.as_bytes().to_vec(),
            value: Vec::new(),
        }]
    }

    #[tokio::test]
    async fn who_goes_while_waiting_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let key = Secret::new("canary-0123456789abcdef0123456789abcdef");
        let (disk, _) = Disk::open(&directory.path().join("store"), &key).unwrap();
        let queue = Arc::new(Queue::new(disk));
        let ran = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ran);
        let then = move || {
            count.fetch_add(1, Ordering::Relaxed);
        };
        let mut first = Box::pin(queue.commit(put("first"), Box::new(|| ())));
        let mut second = Box::pin(queue.commit(put("second"), Box::new(then)));

        let held = queue.disk.lock();
        assert!((&mut first).now_or_never().is_none());
        while !queue.line.lock().jobs.is_empty() {
            thread::yield_now();
        }
        assert!((&mut second).now_or_never().is_none());
        drop(second);
        drop(held);
        first.await.unwrap();
        queue.commit(put("third"), Box::new(|| ())).await.unwrap();

        let entries = queue.load(Table::Users).unwrap();
        let names: Vec<_> = entries.iter().map(|(name, _)| name.as_slice()).collect();
        assert_eq!(names, [b"first", b"third"]);
        assert_eq!(ran.load(Ordering::Relaxed), 0);
    }
}
