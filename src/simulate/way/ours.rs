//! This gateway: the parts of it that spend the limit.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt, service_fn};

use crate::caller::{Caller, Principal};
use crate::error::Error;
use crate::exchange::{Purpose, Request, Response, Terms};
use crate::metrics::Metrics;
use crate::middleware::with;
use crate::operation::Operation;
use crate::retry::{self, Retry};
use crate::shape::{Buckets, Shape};
use crate::simulate::scenario::{EPOCH, Scenario};
use crate::simulate::upstream::Upstream;
use crate::simulate::way::Reply;

/// `retry` above `shape` above the upstream.
#[derive(Clone)]
pub(in crate::simulate) struct Ours {
    stack: BoxCloneSyncService<Request, Response, Error>,
    operation: Option<Arc<Operation>>,
    principal: Arc<Principal>,
    deadline: Duration,
    upstream: Arc<Upstream>,
}

impl fmt::Debug for Ours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ours").finish_non_exhaustive()
    }
}

impl Ours {
    /// Has to be made inside of the runtime in which it is asked.
    pub(super) fn new(scenario: &Scenario, upstream: Arc<Upstream>) -> Self {
        let principal = principal();
        let metrics = Metrics::default();
        let buckets = Buckets::new(scenario.shape, &[Arc::clone(&principal)], metrics.clone());
        drop(tokio::spawn(buckets.clone().run(CancellationToken::new())));
        let end = Arc::clone(&upstream);
        let end = service_fn(move |request: Request| {
            let upstream = Arc::clone(&end);
            async move {
                let since = Instant::now();
                let response = upstream.ask().await;
                let status = response.status().as_u16();
                request.trail.attempted(since.elapsed(), Some(status));
                Ok::<_, Error>(response)
            }
        });
        let shape = with(Shape::new(buckets)).layer(end);
        let retry = with(Retry::new(retry::Config::default(), metrics)).layer(shape);
        Self {
            stack: BoxCloneSyncService::new(retry),
            operation: Operation::parse(&Method::GET, &Uri::from_static(TARGET))
                .ok()
                .map(Arc::new),
            principal,
            deadline: scenario.deadline,
            upstream,
        }
    }

    pub(super) async fn ask(&self, caller: &Arc<Caller>) -> Reply {
        let Some(request) = self.request(caller) else {
            return Reply::Failed;
        };
        match self.stack.clone().oneshot(request).await {
            Ok(response) => Reply::of(&response),
            Err(error) => match error.kind().retry_after() {
                Some(after) => Reply::Limited(Some(self.retry_at(after))),
                None => Reply::Failed,
            },
        }
    }

    /// What `answer` writes: both rounded up, by the gateway's own clock.
    fn retry_at(&self, after: Duration) -> u64 {
        let after = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        (EPOCH + self.upstream.now()).as_secs() + 1 + after.max(1)
    }

    fn request(&self, caller: &Arc<Caller>) -> Option<Request> {
        let deadline = Instant::now() + self.deadline;
        Some(Request {
            target: TARGET.into(),
            operation: Arc::clone(self.operation.as_ref()?),
            principal: Arc::clone(&self.principal),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            terms: Arc::new(Terms::new(Arc::clone(caller), deadline)),
            trail: Arc::default(),
            key: None,
            may_store: false,
            observer: None,
            purpose: Purpose::Call,
        })
    }
}

/// The only service user.
pub(in crate::simulate) fn principal() -> Arc<Principal> {
    Arc::new(Principal {
        index: 0,
        team_index: 0,
        team: "simulated".into(),
        name: "gateway".into(),
    })
}

const TARGET: &str = "/v1/teams/simulated/groups";
