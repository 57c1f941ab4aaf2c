//! Short constructors and a scripted upstream for unit tests.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use parking_lot::Mutex;
use tokio::time::Instant;
use tower::{ServiceExt, service_fn};
use tower_test::mock::{self, Handle};

use crate::cache;
use crate::caller::{Caller, CallerKind, Grant, Principal, Priority, Weight};
use crate::error::{Error, Kind};
use crate::exchange::{Body, Handler, Observer, Purpose, Request, Response, Terms};
use crate::operation::Operation;
use crate::record::{REQUEST_ID, Record};
use crate::secret::Secret;
use crate::store::{self, Store};

/// The store of a test, in its directory. Who had it before may need a moment to let it go.
pub(crate) fn store(directory: &Path) -> Store {
    let key = Secret::new("0123456789abcdef0123456789abcdef");
    loop {
        match Store::open(&directory.join("store"), &key) {
            Err(store::Error::InUse(_)) => thread::yield_now(),
            opened => return opened.expect("a store"),
        }
    }
}

/// The only principal of team `demo`.
pub(crate) fn principal() -> Arc<Principal> {
    Arc::new(Principal {
        index: 0,
        team_index: 0,
        team: "demo".into(),
        name: "gateway".into(),
    })
}

/// A caller that may do everything.
pub(crate) fn caller() -> Arc<Caller> {
    Arc::new(Caller {
        name: "test".into(),
        index: 0,
        kind: CallerKind::Token,
        priority: Priority::Interactive,
        weight: Weight::ONE,
        principals: vec![principal()],
        grant: Grant::default(),
    })
}

/// A cache that keeps lists and items for 30 s, and for 5 min more while they are fetched anew.
pub(crate) fn cache() -> cache::Config {
    let mut config = cache::Config::default();
    config.freshness[0] = cache::Freshness::seconds(30, 300, 2);
    config
}

/// What the back half is asked for `method` and `target`.
pub(crate) fn request(method: &Method, target: &str) -> Request {
    let operation = Operation::parse(method, &target.parse().expect("a target")).expect("a path");
    Request {
        target: operation.target().into(),
        operation: Arc::new(operation),
        principal: principal(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        terms: Arc::new(Terms::new(
            caller(),
            Instant::now() + Duration::from_secs(50),
        )),
        trail: Arc::default(),
        key: None,
        may_store: true,
        observer: None,
        purpose: Purpose::Call,
    }
}

/// The record of `request-1`, whose target is not yet understood.
pub(crate) fn record(method: Method, target: &str) -> Record {
    let id = HeaderValue::from_static("request-1");
    let headers = [(REQUEST_ID, id)].into_iter().collect();
    Record::new(&headers, method, target.into())
}

/// A response with this status and an empty JSON object.
pub(crate) fn answer(status: u16) -> Response {
    let mut response = Response::new(Body::from(Bytes::from_static(b"{}")));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

/// Answers with `outcomes`, one after the other, and counts how many were taken.
pub(crate) fn scripted(outcomes: Vec<Result<Response, Error>>) -> (impl Handler, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let outcomes = Arc::new(Mutex::new(VecDeque::from(outcomes)));
    let counted = Arc::clone(&calls);
    let service = service_fn(move |_: Request| {
        counted.fetch_add(1, Ordering::SeqCst);
        let outcome = outcomes.lock().pop_front();
        async move { outcome.expect("the script has an outcome for each call") }
    });
    (service, calls)
}

/// The terms of a caller's request.
pub(crate) fn terms(caller: usize, priority: Priority, deadline: Instant) -> Arc<Terms> {
    let caller = Arc::new(plain_caller(caller, priority));
    Arc::new(Terms::new(caller, deadline))
}

/// A caller of this class that is like all others.
pub(crate) fn plain_caller(index: usize, priority: Priority) -> Caller {
    Caller {
        name: format!("caller-{index}").into(),
        index,
        kind: CallerKind::Token,
        priority,
        weight: Weight::ONE,
        principals: vec![principal()],
        grant: Grant::default(),
    }
}

/// A `GET` on these terms.
pub(crate) fn get(target: &str, terms: Arc<Terms>) -> Request {
    Request {
        terms,
        ..request(&Method::GET, target)
    }
}

/// A handler whose every request the test answers through the returned handle.
///
/// It panics when called before it is ready, so it also checks `poll_ready` discipline.
pub(crate) fn upstream() -> (impl Handler, Handle<Request, Response>) {
    let (service, handle) = mock::pair();
    let service = service.map_err(|e| Kind::Unreachable { sent: true }.because(e));
    (service, handle)
}

/// Something to be told when a request is let go.
#[derive(Debug, Default)]
pub(crate) struct Told(pub(crate) AtomicUsize);

impl Observer for Told {
    fn released(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn holds(&self) -> bool {
        true
    }
}
