//! The whole way of a request, in one function.

use tokio::runtime::Handle;
use tower::ServiceBuilder;
use tower::util::BoxCloneSyncService;

use crate::app::Parts;
use crate::authorize::Authorize;
use crate::cache::{self, Invalidate};
use crate::coalesce::Coalesce;
use crate::deadline::Deadline;
use crate::front::{Front, Questions, Warmed};
use crate::middleware::with;
use crate::origin::{Origins, Tasks};
use crate::paginate::Paginate;
use crate::quota::Quota;
use crate::retry::Retry;
use crate::shape::Shape;
use crate::token::Sign;
use crate::trace::Sampler;
use crate::upstream::Client;

/// Builds the way of a request: questions that memory answers first, then what may wait.
///
/// What waits runs on `work`.
pub fn build(parts: &Parts, work: Handle) -> Front {
    let config = &parts.config;
    let metrics = || parts.metrics.clone();
    let back = ServiceBuilder::new()
        // A write makes stale what it touches; a read is shared with all who want the same.
        .layer(with(Invalidate::new(
            &config.cache,
            parts.store.generations().clone(),
            parts.writes.clone(),
            metrics(),
        )))
        .layer(with(Coalesce::new(
            parts.store.clone(),
            parts.flights.clone(),
            metrics(),
        )))
        // One request above this line can be several below it, each counted by the upstream.
        .layer(with(Paginate::new(
            config.paginate,
            parts.upstreams.clone(),
            metrics(),
        )))
        .layer(with(Retry::new(config.retry, metrics())))
        .layer(with(parts.breaker.clone()))
        .layer(with(Shape::new(parts.buckets.clone())))
        // The token is picked after the wait.
        .layer(with(Sign::new(parts.tokens.clone())))
        .service(Client::new(parts.upstreams.clone(), metrics()));
    let questions = Questions {
        deadline: Deadline::new(config.deadline),
        authorize: Authorize::new(&parts.principals),
        quota: Quota::new(config.callers.iter().map(|caller| caller.quota), metrics()),
        cache: cache::Ask::new(parts.store.clone()),
        vault: parts.vault.clone(),
        origins: Origins::new(
            &config.origins,
            &parts.origins,
            &config.cache,
            parts.origin_generations.clone(),
            Tasks {
                reads: parts.flights.clone(),
                changes: parts.writes.clone(),
                work: work.clone(),
            },
        ),
        gzips: config
            .cache
            .gzip
            .then(|| cache::Gzips::new(parts.store.clone(), work.clone())),
        buckets: parts.buckets.clone(),
        sampler: Sampler::new(&config.trace),
        journal: parts.journal.clone(),
        metrics: metrics(),
        recent: parts.recent.clone(),
        body: (
            config.limits.request_body_bytes.get(),
            config.limits.body_timeout,
        ),
        work,
        flights: parts.flights.clone(),
        warm: (config.cache.warm.iter())
            .filter_map(|warm| Warmed::new(warm, &parts.principals))
            .collect(),
    };
    Front::new(questions, BoxCloneSyncService::new(back))
}

#[cfg(test)]
mod tests;
