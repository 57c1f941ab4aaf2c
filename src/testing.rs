//! A scripted upstream and short constructors for unit tests.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::time::Instant;
use tower::ServiceExt;
use tower_test::mock::{self, Handle};

use crate::caller::{Access, Caller, CallerKind, Principal, Priority};
use crate::error::Kind;
use crate::exchange::{Handler, Purpose, Request, Response, Terms, Trail};
use crate::operation::Operation;

/// A handler whose every request the test answers through the returned handle.
///
/// It panics when called before it is ready, so it also checks `poll_ready` discipline.
pub(crate) fn upstream() -> (impl Handler, Handle<Request, Response>) {
    let (service, handle) = mock::pair();
    let service = service.map_err(|e| Kind::Unreachable { sent: true }.because(e));
    (service, handle)
}

/// The first service user of the first team.
pub(crate) fn principal() -> Arc<Principal> {
    Arc::new(Principal {
        index: 0,
        team_index: 0,
        team: Arc::from("demo"),
        name: Arc::from("gateway"),
    })
}

/// The terms of a caller's request.
pub(crate) fn terms(caller: usize, priority: Priority, deadline: Instant) -> Arc<Terms> {
    let caller = Arc::new(Caller {
        name: Arc::from(format!("caller-{caller}")),
        index: caller,
        kind: CallerKind::Token,
        access: Access::Write,
        priority,
        principals: vec![principal()],
    });
    Arc::new(Terms::new(caller, deadline))
}

/// A `GET` in the name of [`principal`].
pub(crate) fn get(target: &str, terms: Arc<Terms>) -> Request {
    let uri = target.parse().unwrap();
    Request {
        operation: Arc::new(Operation::parse(&Method::GET, &uri).unwrap()),
        target: Arc::from(target),
        principal: principal(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        terms,
        trail: Arc::new(Trail::default()),
        key: None,
        may_store: true,
        on_release: None,
        purpose: Purpose::Call,
    }
}
