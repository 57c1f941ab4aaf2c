//! Fetches what is listed before anybody asks for it, and again before it is old or when a write has
//! touched it.
//!
//! It takes only what is left over of the upstream's limit, in the last class, one read at a time.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::asked::{Asked, Given};
use super::{Front, forward};
use crate::cache::{self, Directives, Warm};
use crate::caller::{Caller, CallerKind, Grant, Principal, Priority, Weight};
use crate::coding::Accepted;
use crate::operation::Operation;

/// One read that is kept at hand.
#[derive(Debug)]
pub struct Warmed(Asked);

impl Warmed {
    /// What `warm` names, if it is a read of one of the `principals`, as a valid configuration has it.
    pub fn new(warm: &Warm, principals: &[Arc<Principal>]) -> Option<Self> {
        let operation = Operation::parse(&Method::GET, &warm.target.parse().ok()?).ok()?;
        let is_named = |of: &&Arc<Principal>| *of.team == *warm.team && *of.name == *warm.principal;
        let principal = principals.iter().find(is_named)?;
        // As asked for by whoever takes what OPA gives anyway.
        let none = HeaderMap::new();
        let key = cache::key(principal, &operation, forward::allowed(&operation, &none));
        Some(Self(Asked {
            path: operation.path.raw().into(),
            operation: Arc::new(operation),
            caller: nobody(principal),
            epoch: 0,
            principal: Arc::clone(principal),
            rule: None,
            accepted: Accepted::of(&none),
            wanted: Directives::default(),
            key: Some(key.into()),
            given: Given::default(),
        }))
    }
}

impl Front {
    /// Keeps what is listed at hand until stopped; ends at once if nothing is.
    pub async fn keep_warm(self, stop: CancellationToken) {
        let mut due = vec![Instant::now(); self.questions.warm.len()];
        while !due.is_empty() {
            let round = async {
                for (warm, due) in self.questions.warm.iter().zip(&mut due) {
                    if Instant::now() >= *due && self.is_wanted(warm) && !self.warm(warm).await {
                        *due = Instant::now() + PAUSE;
                    }
                }
                sleep(TICK).await;
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = round => {}
            }
        }
    }

    /// Whether it will soon be missed, and there is something to spare.
    fn is_wanted(&self, Warmed(asked): &Warmed) -> bool {
        let cache = &self.questions.cache;
        let is_there = asked
            .key
            .as_ref()
            .is_some_and(|key| cache.is_good_for(key, LEAD));
        !is_there && self.questions.has_spare(&asked.principal)
    }

    /// Fetches it; says whether it is kept.
    async fn warm(&self, Warmed(asked): &Warmed) -> bool {
        let (head, ()) = http::Request::new(()).into_parts();
        let request = self.questions.later(&head, asked, Instant::now());
        let trail = Arc::clone(&request.trail);
        let result = self.back.clone().oneshot(request).await;
        let outcome = match result.as_ref().map(http::Response::status) {
            Ok(_) if trail.is_stored() => "kept",
            Ok(StatusCode::OK | StatusCode::NOT_FOUND) => "not_kept",
            Ok(_) | Err(_) => "failed",
        };
        self.questions.metrics.cache_warmed(outcome);
        outcome == "kept"
    }
}

/// In whose place it is asked: nobody's whom quotas or metrics know.
fn nobody(principal: &Arc<Principal>) -> Arc<Caller> {
    Arc::new(Caller {
        name: "warm-up".into(),
        index: usize::MAX,
        kind: CallerKind::Token,
        priority: Priority::Background,
        weight: Weight::ONE,
        principals: vec![Arc::clone(principal)],
        grant: Grant::default(),
    })
}

/// How often it is looked whether something is missing.
const TICK: Duration = Duration::from_secs(1);

/// How long before it is old something is fetched again.
const LEAD: Duration = Duration::from_secs(2);

/// How long what could not be kept is left alone.
const PAUSE: Duration = Duration::from_secs(5);
