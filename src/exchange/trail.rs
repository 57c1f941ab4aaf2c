//! What becomes known of a request below the cache.

use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// What becomes known of a request below the cache: counted on the way, read once at the end.
#[derive(Debug, Default)]
pub struct Trail {
    attempts: AtomicU32,
    pages: AtomicU32,
    waited_us: AtomicU64,
    upstream_us: AtomicU64,
    upstream_status: AtomicU16,
    shared: AtomicBool,
    stored: AtomicBool,
    changed: AtomicBool,
}

/// One flag or count of a [`Trail`] is independent of the others, so no order is needed.
const RELAXED: Ordering = Ordering::Relaxed;

impl Trail {
    /// One more request went to the upstream and took `took`, with this status if it had one.
    pub fn attempted(&self, took: Duration, status: Option<u16>) {
        self.attempts.fetch_add(1, RELAXED);
        self.upstream_us.fetch_add(micros(took), RELAXED);
        if let Some(status) = status {
            self.upstream_status.store(status, RELAXED);
        }
    }

    /// Waited this long for the upstream's limit.
    pub fn waited(&self, took: Duration) {
        self.waited_us.fetch_add(micros(took), RELAXED);
    }

    /// The answer was joined from this many pages.
    pub fn merged(&self, pages: u32) {
        self.pages.store(pages, RELAXED);
    }

    /// The answer was fetched for somebody else.
    pub fn was_shared(&self) {
        self.shared.store(true, RELAXED);
    }

    /// The answer is in the cache now.
    pub fn was_stored(&self) {
        self.stored.store(true, RELAXED);
    }

    /// The list changed while its pages were read.
    pub fn has_changed(&self) {
        self.changed.store(true, RELAXED);
    }

    /// Takes over what became known of a shared fetch.
    pub fn copy_from(&self, other: &Self) {
        self.attempts.store(other.attempts.load(RELAXED), RELAXED);
        self.pages.store(other.pages.load(RELAXED), RELAXED);
        self.waited_us.store(other.waited_us.load(RELAXED), RELAXED);
        self.upstream_us
            .store(other.upstream_us.load(RELAXED), RELAXED);
        self.upstream_status
            .store(other.upstream_status.load(RELAXED), RELAXED);
        self.stored.store(other.stored.load(RELAXED), RELAXED);
        self.changed.store(other.changed.load(RELAXED), RELAXED);
    }

    /// Requests sent to the upstream.
    pub fn attempts(&self) -> u32 {
        self.attempts.load(RELAXED)
    }

    /// Pages joined; 0 if the answer is not a merged list.
    pub fn pages(&self) -> u32 {
        self.pages.load(RELAXED)
    }

    /// Time in the queue.
    pub fn queue_time(&self) -> Duration {
        Duration::from_micros(self.waited_us.load(RELAXED))
    }

    /// Time the upstream took, all attempts together.
    pub fn upstream_time(&self) -> Duration {
        Duration::from_micros(self.upstream_us.load(RELAXED))
    }

    /// The last status that the upstream gave.
    pub fn upstream_status(&self) -> Option<u16> {
        Some(self.upstream_status.load(RELAXED)).filter(|status| *status != 0)
    }

    /// Whether it was fetched for somebody else.
    pub fn is_shared(&self) -> bool {
        self.shared.load(RELAXED)
    }

    /// Whether it was put into the cache.
    pub fn is_stored(&self) -> bool {
        self.stored.load(RELAXED)
    }

    /// Whether the list changed while its pages were read.
    pub fn is_changed(&self) -> bool {
        self.changed.load(RELAXED)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
