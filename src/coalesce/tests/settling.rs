//! What is shared while a write settles: nobody's answer was read before he asked.

use tokio::time::Instant;

use super::*;
use crate::cache::Invalidate;

/// A write that is answered at once, and settles from then on.
async fn write_and_settle(store: &Store) {
    let (generations, tasks) = (store.generations().clone(), TaskTracker::new());
    let invalidate = Invalidate::new(store.config(), generations, tasks, Metrics::default());
    let upstream = service_fn(|request: Request| async move {
        request.released();
        Ok(answer(201))
    });
    let request = testing::request(&Method::POST, GROUPS);
    let written = with(invalidate).layer(upstream).oneshot(request).await;
    assert_eq!(written.unwrap().status(), 201);
}

/// An upstream whose reads lag may answer the first with what was, after another read of the second
/// has seen what is.
#[tokio::test(start_paused = true)]
async fn who_comes_later_does_not_join_what_was_let_go_while_a_write_settled() {
    let (store, gate) = (store(), Gate::default());
    let stack = with(coalesce(&store)).layer(gate.handler());
    write_and_settle(&store).await;
    let first = tokio::spawn(stack.clone().oneshot(read()));
    settle().await;
    gate.release.notify_one();
    settle().await;

    let second = tokio::spawn(stack.oneshot(read()));
    settle().await;
    gate.finish.notify_one();
    assert!(first.await.unwrap().is_ok());
    settle().await;

    assert_eq!(gate.arrived(), 2);
    gate.release.notify_one();
    gate.finish.notify_one();
    assert!(second.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_comes_later_joins_what_was_let_go_after_the_last_write_had_settled() {
    let (store, gate) = (store(), Gate::default());
    let stack = with(coalesce(&store)).layer(gate.handler());
    write_and_settle(&store).await;
    tokio::time::sleep(store.config().settle_for).await;
    let first = tokio::spawn(stack.clone().oneshot(read()));
    settle().await;
    gate.release.notify_one();
    settle().await;

    let second = tokio::spawn(stack.oneshot(read()));
    settle().await;

    assert_eq!(gate.arrived(), 1);
    gate.finish.notify_one();
    assert!(first.await.unwrap().is_ok() && second.await.unwrap().is_ok());
}

const BEGAN: &str = "x-began";

/// Each has an answer that was read after he asked, for twice the time of one call at most.
#[tokio::test(start_paused = true)]
async fn those_who_come_while_a_write_settles_share_the_next_flight() {
    let (store, start) = (store(), Instant::now());
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let slow = service_fn(move |request: Request| {
        request.released();
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            let began = u64::try_from(start.elapsed().as_millis()).unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
            let mut answer = answer(200);
            answer.headers_mut().insert(BEGAN, began.into());
            Ok(answer)
        }
    });
    let stack = with(coalesce(&store)).layer(slow);
    write_and_settle(&store).await;

    let readers = (0..100).map(|number| {
        let stack = stack.clone();
        async move {
            let asked = Duration::from_millis(10 * number);
            tokio::time::sleep(asked).await;
            let reply = stack.oneshot(read()).await.unwrap();
            let began: u64 = reply.headers()[BEGAN].to_str().unwrap().parse().unwrap();
            assert!(began >= 10 * number, "{number}: {began}");
            assert!(
                start.elapsed() <= asked + Duration::from_millis(210),
                "{number}"
            );
        }
    });
    join_all(readers).await;

    let calls = calls.load(Ordering::SeqCst);
    assert!((10..=12).contains(&calls), "{calls}");
}

/// It may hang for as long as the upstream's time-out lets it.
#[tokio::test(start_paused = true)]
async fn flight_waits_for_the_one_ahead_for_a_moment_only() {
    let (store, gate) = (store(), Gate::default());
    let stack = with(coalesce(&store)).layer(gate.handler());
    write_and_settle(&store).await;
    let first = tokio::spawn(stack.clone().oneshot(read()));
    settle().await;
    gate.release.notify_one();
    settle().await;

    let second = tokio::spawn(stack.oneshot(read()));
    tokio::time::sleep(2 * TURN).await;

    assert_eq!(gate.arrived(), 2);
    first.abort();
    second.abort();
}
