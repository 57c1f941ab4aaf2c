//! Sends writes down, and makes stale what they touch: when they are let go, and again when their
//! outcome is known or can no longer be known, before the caller hears of it.
//!
//! A write runs in a task of its own: a caller that hangs up must not end something whose effect
//! upstream is then unknown.
//!
//! Stands at the top of the back half: above it nothing acts, below it a write may wait for minutes,
//! during which nothing is stale yet.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::task::TaskTracker;

use super::{Config, Generations, Slots, write_tags};
use crate::error::{Error, Kind};
use crate::exchange::{Handler, Observer, Request, Response};
use crate::metrics::Metrics;
use crate::middleware::{Middleware, Next};

/// Bumps the generations around writes; see the [module](self).
#[derive(Clone, Debug)]
pub struct Invalidate {
    generations: Generations,
    settle_for: Duration,
    unknown_settle_for: Duration,
    tasks: TaskTracker,
    metrics: Metrics,
}

impl Invalidate {
    /// Bumps `generations`; writes run in `tasks`.
    pub fn new(
        config: &Config,
        generations: Generations,
        tasks: TaskTracker,
        metrics: Metrics,
    ) -> Self {
        let Config {
            settle_for,
            unknown_settle_for,
            ..
        } = *config;
        Self {
            generations,
            settle_for,
            unknown_settle_for,
            tasks,
            metrics,
        }
    }

    fn watch(&self, request: &Request) -> Arc<Write> {
        let tags = write_tags(&request.operation, &request.principal);
        Arc::new(Write {
            slots: self.generations.slots(tags.into_iter()),
            rules: self.clone(),
            is_open: AtomicBool::new(false),
        })
    }
}

impl Middleware for Invalidate {
    async fn handle<S: Handler>(
        &self,
        mut request: Request,
        next: Next<S>,
    ) -> Result<Response, Error> {
        if !request.operation.is_write() {
            return next.run(request).await;
        }
        let write = self.watch(&request);
        request.observer = Some(Arc::clone(&write) as Arc<dyn Observer>);
        let running = self.tasks.spawn(async move {
            let result = next.run(request).await;
            write.end(&result);
            result
        });
        running
            .await
            .unwrap_or_else(|panic| Err(Kind::Internal.because(panic)))
    }
}

/// One write: open from the moment it is let go until its outcome, closed even if it panics.
#[derive(Debug)]
struct Write {
    slots: Slots,
    rules: Invalidate,
    is_open: AtomicBool,
}

impl Write {
    fn end(&self, result: &Result<Response, Error>) {
        match result {
            // It changed something.
            Ok(response) if response.status().is_success() => {
                self.close(self.rules.settle_for, "write");
            }
            // The upstream says that it did nothing.
            Ok(response) if response.status().is_client_error() => {
                self.close(Duration::ZERO, "write");
            }
            _ => self.close(self.rules.unknown_settle_for, "unknown_outcome"),
        }
    }

    fn close(&self, settle: Duration, cause: &'static str) {
        if self.is_open.swap(false, Ordering::SeqCst) {
            self.rules.generations.close(&self.slots, settle);
            self.rules.metrics.cache_invalidated(cause);
        }
    }
}

impl Observer for Write {
    fn released(&self) {
        if !self.is_open.swap(true, Ordering::SeqCst) {
            self.rules.generations.open(&self.slots);
        }
    }

    fn holds(&self) -> bool {
        true
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        self.close(self.rules.unknown_settle_for, "unknown_outcome");
    }
}
