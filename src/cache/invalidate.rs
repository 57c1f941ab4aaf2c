//! Sends writes down, and makes stale what they touch: when they are let go, and again when their
//! outcome is known or can no longer be known, before the caller hears of it.
//!
//! A write runs in a task of its own: a caller that hangs up must not end something whose effect
//! upstream is then unknown. While it still waits to be let go, it leaves with its caller.
//!
//! Stands at the top of the back half: above it nothing acts, below it a write may wait for minutes,
//! during which nothing is stale yet.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
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
        let gone = CancellationToken::new();
        let caller = gone.clone().drop_guard();
        let running = self.tasks.spawn(async move {
            let mut sending = pin!(next.run(request));
            let result = tokio::select! {
                result = sending.as_mut() => result,
                // Nobody waits, and nothing was sent: it leaves the queue.
                () = gone.cancelled() => match write.is_open.load(Ordering::SeqCst) {
                    true => sending.await,
                    false => return Err(Kind::DeadlineExceeded.into()),
                },
            };
            write.end(&result);
            result
        });
        let result = running.await;
        drop(caller);
        result.unwrap_or_else(|panic| Err(Kind::Internal.because(panic)))
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

#[cfg(test)]
mod tests {
    use http::Method;
    use tower::{Layer, ServiceExt};

    use super::*;
    use crate::middleware::with;
    use crate::testing;

    const GROUPS: &str = "/v1/teams/demo/groups";

    fn invalidate() -> (Invalidate, TaskTracker) {
        let tasks = TaskTracker::new();
        let config = Config::default();
        let metrics = Metrics::default();
        let invalidate = Invalidate::new(&config, Generations::new(), tasks.clone(), metrics);
        (invalidate, tasks)
    }

    /// Whether a list of groups that was read just before is stale now.
    fn is_stale(generations: &Generations, before: u64) -> bool {
        generations.sum(&list(generations)) != before
    }

    fn list(generations: &Generations) -> Slots {
        let read = testing::request(&Method::GET, GROUPS);
        let (tags, _) = super::super::read_tags(&read.operation, &read.principal);
        generations.slots(tags)
    }

    #[tokio::test(start_paused = true)]
    async fn list_is_stale_from_the_moment_a_write_is_let_go_and_quiet_until_it_settled() {
        let (invalidate, _) = invalidate();
        let generations = invalidate.generations.clone();
        let before = generations.sum(&list(&generations));
        let (inner, mut upstream) = testing::upstream();
        let stack = with(invalidate).layer(inner);
        let reply = tokio::spawn(stack.oneshot(testing::request(&Method::POST, GROUPS)));

        let (request, answer) = upstream.next_request().await.unwrap();
        assert!(!is_stale(&generations, before), "it still waits");
        request.released();
        assert!(is_stale(&generations, before));
        answer.send_response(testing::answer(201));
        reply.await.unwrap().unwrap();

        let slots = list(&generations);
        assert!(!generations.is_quiet(&slots, tokio::time::Instant::now()));
        let settled = tokio::time::Instant::now() + Duration::from_secs(2);
        assert!(generations.is_quiet(&slots, settled));
    }

    #[tokio::test(start_paused = true)]
    async fn write_of_unknown_outcome_is_distrusted_for_a_minute() {
        let (invalidate, _) = invalidate();
        let generations = invalidate.generations.clone();
        let (inner, mut upstream) = testing::upstream();
        let stack = with(invalidate).layer(inner);
        let reply = tokio::spawn(stack.oneshot(testing::request(&Method::POST, GROUPS)));

        let (request, answer) = upstream.next_request().await.unwrap();
        request.released();
        answer.send_error(Kind::UpstreamTimeout.because("late"));
        reply.await.unwrap().unwrap_err();

        let slots = list(&generations);
        let after = |seconds| tokio::time::Instant::now() + Duration::from_secs(seconds);
        assert!(!generations.is_quiet(&slots, after(59)));
        assert!(generations.is_quiet(&slots, after(60)));
    }

    #[tokio::test(start_paused = true)]
    async fn write_that_was_sent_ends_although_its_caller_has_gone() {
        let (invalidate, tasks) = invalidate();
        let generations = invalidate.generations.clone();
        let before = generations.sum(&list(&generations));
        let (inner, mut upstream) = testing::upstream();
        let stack = with(invalidate).layer(inner);
        let reply = tokio::spawn(stack.oneshot(testing::request(&Method::POST, GROUPS)));
        let (request, answer) = upstream.next_request().await.unwrap();
        request.released();

        reply.abort();
        reply.await.unwrap_err();
        assert_eq!(tasks.len(), 1);
        answer.send_response(testing::answer(201));
        tasks.close();
        tasks.wait().await;

        assert!(is_stale(&generations, before + 1), "told again at its end");
    }

    #[tokio::test(start_paused = true)]
    async fn write_that_still_waits_leaves_with_its_caller() {
        let (invalidate, tasks) = invalidate();
        let generations = invalidate.generations.clone();
        let before = generations.sum(&list(&generations));
        let (inner, mut upstream) = testing::upstream();
        let stack = with(invalidate).layer(inner);
        let reply = tokio::spawn(stack.oneshot(testing::request(&Method::POST, GROUPS)));
        let waiting = upstream.next_request().await.unwrap();

        reply.abort();
        reply.await.unwrap_err();
        tasks.close();
        tasks.wait().await;

        assert!(!is_stale(&generations, before));
        drop(waiting);
    }
}
