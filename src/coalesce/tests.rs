//! Flights over a scripted upstream, under paused time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use http::Method;
use tokio::sync::Notify;
use tower::{Layer, ServiceExt, service_fn};

use super::*;
use crate::cache::{Config, Generations, Kept, key, write_tags};
use crate::middleware::with;
use crate::testing::{self, answer};

const GROUPS: &str = "/v1/teams/demo/groups";

/// An upstream that lets requests go when told, then holds them until told again.
#[derive(Clone, Default)]
struct Gate {
    release: Arc<Notify>,
    finish: Arc<Notify>,
    arrived: Arc<AtomicUsize>,
    released: Arc<AtomicUsize>,
}

impl Gate {
    fn handler(&self) -> impl Handler {
        let gate = self.clone();
        service_fn(move |request: Request| {
            let gate = gate.clone();
            async move {
                gate.arrived.fetch_add(1, Ordering::SeqCst);
                gate.release.notified().await;
                request.released();
                gate.released.fetch_add(1, Ordering::SeqCst);
                gate.finish.notified().await;
                Ok(answer(200))
            }
        })
    }

    fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }
}

fn store() -> Store {
    Store::new(Config::default(), Generations::new(), Metrics::default())
}

fn coalesce(store: &Store) -> Coalesce {
    Coalesce::new(store.clone(), TaskTracker::new(), Metrics::default())
}

fn read() -> Request {
    let mut request = testing::request(&Method::GET, GROUPS);
    let key = key(&request.principal, &request.operation, &request.headers);
    request.key = Some(key.into());
    request
}

fn write(store: &Store) {
    let write = testing::request(&Method::POST, GROUPS);
    let tags = write_tags(&write.operation, &write.principal);
    store
        .generations()
        .bump(&store.generations().slots(tags.into_iter()));
}

/// Lets every task that can run do so.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn equal_reads_share_one_fetch() {
    let (store, gate) = (store(), Gate::default());
    let stack = with(coalesce(&store)).layer(gate.handler());

    let all = (0..100).map(|_| tokio::spawn(stack.clone().oneshot(read())));
    let all: Vec<_> = all.collect();
    settle().await;
    gate.release.notify_one();
    gate.finish.notify_one();

    for reply in join_all(all).await {
        assert_eq!(reply.unwrap().unwrap().status(), 200);
    }
    assert_eq!(gate.arrived(), 1);
    assert!(matches!(
        store.find(read().key.as_ref().unwrap()),
        Kept::Entry(_)
    ));
}

#[tokio::test(start_paused = true)]
async fn who_comes_after_a_write_does_not_join_what_was_let_go_before_it() {
    let (store, gate) = (store(), Gate::default());
    let stack = with(coalesce(&store)).layer(gate.handler());
    let first = tokio::spawn(stack.clone().oneshot(read()));
    settle().await;
    gate.release.notify_one();
    settle().await;

    write(&store);
    let second = tokio::spawn(stack.oneshot(read()));
    settle().await;

    assert_eq!(gate.arrived(), 2);
    gate.release.notify_one();
    settle().await;
    gate.finish.notify_waiters();
    assert!(first.await.unwrap().is_ok() && second.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_comes_after_a_write_joins_what_still_waits_in_the_queue() {
    let (store, gate) = (store(), Gate::default());
    let stack = with(coalesce(&store)).layer(gate.handler());
    let first = tokio::spawn(stack.clone().oneshot(read()));
    settle().await;

    write(&store);
    let second = tokio::spawn(stack.oneshot(read()));
    settle().await;

    assert_eq!(gate.arrived(), 1);
    gate.release.notify_one();
    gate.finish.notify_one();
    assert!(first.await.unwrap().is_ok() && second.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn leader_that_hangs_up_leaves_the_fetch_to_the_others() {
    let (store, gate) = (store(), Gate::default());
    let stack = with(coalesce(&store)).layer(gate.handler());
    let first = tokio::spawn(stack.clone().oneshot(read()));
    settle().await;
    let second = tokio::spawn(stack.oneshot(read()));
    settle().await;

    first.abort();
    settle().await;
    gate.release.notify_one();
    gate.finish.notify_one();

    assert!(second.await.unwrap().is_ok());
    assert_eq!(gate.arrived(), 1);
}

#[tokio::test(start_paused = true)]
async fn fetch_that_nobody_waits_for_leaves_the_queue_but_is_kept_once_let_go() {
    let (store, gate) = (store(), Gate::default());
    let coalesce = coalesce(&store);
    let stack = with(coalesce.clone()).layer(gate.handler());

    let queued = tokio::spawn(stack.clone().oneshot(read()));
    settle().await;
    queued.abort();
    settle().await;
    assert_eq!(coalesce.tasks.len(), 0);

    let sent = tokio::spawn(stack.oneshot(read()));
    settle().await;
    gate.release.notify_one();
    settle().await;
    sent.abort();
    settle().await;
    gate.finish.notify_one();
    settle().await;
    assert!(matches!(
        store.find(read().key.as_ref().unwrap()),
        Kept::Entry(_)
    ));
}

#[tokio::test(start_paused = true)]
async fn error_reaches_everybody_and_is_not_kept() {
    let store = store();
    let failing = service_fn(|_: Request| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Err(Kind::UpstreamTimeout.into())
    });
    let stack = with(coalesce(&store)).layer(failing);

    let (a, b) = tokio::join!(stack.clone().oneshot(read()), stack.clone().oneshot(read()));

    assert_eq!(a.unwrap_err().kind(), Kind::UpstreamTimeout);
    assert_eq!(b.unwrap_err().kind(), Kind::UpstreamTimeout);
    assert!(matches!(
        store.find(read().key.as_ref().unwrap()),
        Kept::Nothing
    ));
}

#[tokio::test(start_paused = true)]
async fn panic_below_is_an_error_for_those_who_wait_and_nothing_more() {
    let store = store();
    let broken = service_fn(|_: Request| async { panic!("a bug") });
    let stack = with(coalesce(&store)).layer(broken);

    let first = stack.clone().oneshot(read()).await;
    let second = stack.oneshot(read()).await;

    assert_eq!(first.unwrap_err().kind(), Kind::Internal);
    assert_eq!(second.unwrap_err().kind(), Kind::Internal);
}

#[tokio::test(start_paused = true)]
async fn caller_leaves_at_its_deadline_and_who_comes_back_joins() {
    let (store, gate) = (store(), Gate::default());
    let stack = with(coalesce(&store)).layer(gate.handler());
    gate.release.notify_one();

    let error = stack.clone().oneshot(read()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::DeadlineExceeded);
    gate.finish.notify_one();
    let again = stack.oneshot(read()).await;

    assert!(again.is_ok());
    assert_eq!(gate.arrived(), 1);
}

#[tokio::test(start_paused = true)]
async fn flights_are_bounded() {
    let config = Config {
        flights: 1,
        ..Config::default()
    };
    let store = Store::new(config, Generations::new(), Metrics::default());
    let gate = Gate::default();
    let stack = with(coalesce(&store)).layer(gate.handler());
    let first = tokio::spawn(stack.clone().oneshot(read()));
    settle().await;
    let mut other = testing::request(&Method::GET, "/v1/teams/demo/users");
    let key = key(&other.principal, &other.operation, &other.headers);
    other.key = Some(key.into());

    let kind = stack.oneshot(other).await.unwrap_err().kind();

    assert!(matches!(kind, Kind::Saturated { .. }), "{kind:?}");
    first.abort();
}

mod settling;
