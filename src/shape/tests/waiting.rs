//! Who waits how long, and who is refused.

use std::num::NonZeroUsize;

use super::*;

#[tokio::test(start_paused = true)]
async fn caller_behind_a_flood_waits_one_round() {
    let (stack, _, _) = gateway(Config::default(), opa(LATENCY));
    let crowd = flood(&stack, 1, 500);
    sleep(Duration::from_secs(8)).await;
    let start = Instant::now();

    ask(&stack, "/v1/teams/demo/users", batch(1))
        .await
        .unwrap()
        .unwrap();

    assert!(
        start.elapsed() < Duration::from_millis(400),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(count_ok(crowd).await, 500);
}

#[tokio::test(start_paused = true)]
async fn interactive_passes_batch() {
    let (stack, _, _) = gateway(Config::default(), opa(LATENCY));
    let crowd = flood(&stack, 20, 15);
    sleep(Duration::from_secs(6)).await;
    let start = Instant::now();
    let urgent = testing::terms(30, Priority::Interactive, start + HOUR);

    ask(&stack, "/v1/teams/demo/users", urgent)
        .await
        .unwrap()
        .unwrap();

    assert!(
        start.elapsed() < Duration::from_millis(400),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(count_ok(crowd).await, 300);
}

#[tokio::test(start_paused = true)]
async fn one_who_hangs_up_while_waiting_spends_nothing() {
    let (stack, buckets, upstream) = gateway(Config::default(), opa(Duration::ZERO));
    let ok = count_ok(flood(&stack, 1, 100)).await;
    let waiting = flood(&stack, 1, 50);
    sleep(Duration::from_millis(10)).await;
    let before = buckets.snapshot()[0].waiting_by_caller.clone();

    waiting.iter().for_each(JoinHandle::abort);
    sleep(Duration::from_secs(10)).await;

    assert_eq!((ok, upstream.served().len()), (100, 100));
    assert_eq!(before, [(Arc::from("caller-0"), Priority::Batch, 50)]);
    let state = &buckets.snapshot()[0];
    assert_eq!((state.waiting, state.in_flight), ([0; 3], 0));
    assert!(
        (state.remaining - 100.0).abs() < 1e-6,
        "{}",
        state.remaining
    );
}

#[tokio::test(start_paused = true)]
async fn full_queue_refuses() {
    let queue = NonZeroUsize::new(5).unwrap();
    let config = Config {
        queue,
        ..Config::default()
    };
    let (stack, buckets, _) = gateway(config, opa(LATENCY));

    let replies = flood(&stack, 1, 1 + 5 + 3);
    sleep(LATENCY / 2).await;

    assert_eq!(buckets.snapshot()[0].waiting, [0, 5, 0]);
    let mut refused = 0;
    for reply in replies {
        let error = reply.await.unwrap().err();
        refused += usize::from(error.is_some_and(|e| e.kind().code() == "too_many_requests"));
    }
    assert_eq!(refused, 3);
}

#[tokio::test(start_paused = true)]
async fn caller_with_enough_in_the_queue_is_refused_and_nobody_else() {
    let config = Config {
        queue_per_caller: NonZeroUsize::new(5).unwrap(),
        ..Config::default()
    };
    let (stack, buckets, _) = gateway(config, opa(LATENCY));

    let replies = flood(&stack, 1, 1 + 5 + 3);
    let other = ask(&stack, "/v1/teams/demo/users", batch(1));
    sleep(LATENCY / 2).await;

    assert_eq!(buckets.snapshot()[0].waiting, [0, 6, 0]);
    let mut refused = 0;
    for reply in replies {
        refused += usize::from(reply.await.unwrap().is_err());
    }
    assert_eq!(refused, 3);
    assert!(other.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn background_is_passed_over_for_no_longer_than_it_may() {
    let (stack, _, _) = gateway(Config::default(), opa(LATENCY));
    let urgent = |nr| {
        let terms = testing::terms(0, Priority::Interactive, Instant::now() + HOUR);
        ask(&stack, &format!("/v1/teams/demo/groups/{nr}"), terms)
    };
    let crowd: Vec<_> = (0..1_000).map(urgent).collect();
    sleep(Duration::from_secs(6)).await;
    let start = Instant::now();
    let deadline = start + Duration::from_secs(20);
    let patient = testing::terms(1, Priority::Background, deadline);

    let answer = ask(&stack, "/v1/teams/demo/users", patient).await.unwrap();

    assert_eq!(answer.unwrap().status(), StatusCode::OK);
    let waited = start.elapsed().as_secs_f64();
    assert!((9.5..11.0).contains(&waited), "{waited}");
    assert_eq!(count_ok(crowd).await, 1_000);
}

#[tokio::test(start_paused = true)]
async fn waves_of_callers_who_hang_up_reach_nobody_and_leave_nothing() {
    let (stack, buckets, upstream) = gateway(Config::default(), opa(LATENCY));
    (0..100).for_each(|_| upstream.spend());
    assert_eq!(count_ok(flood(&stack, 1, 2)).await, 2);
    let served = upstream.served().len();

    for _ in 0..3 {
        let waiting = flood(&stack, 20, 500);
        sleep(Duration::from_millis(1)).await;
        assert!(buckets.snapshot()[0].waiting[1] >= 9_900);
        waiting.iter().for_each(JoinHandle::abort);
        for one in waiting {
            assert!(one.await.is_err());
        }
        let state = &buckets.snapshot()[0];
        assert_eq!((state.waiting, state.in_flight), ([0; 3], 0));
        assert!(state.waiting_by_caller.is_empty());
    }

    assert_eq!(upstream.served().len(), served);
}

#[tokio::test(start_paused = true)]
async fn wait_that_outlasts_the_deadline_is_refused_at_once() {
    let (stack, _, _) = gateway(Config::default(), opa(LATENCY));
    let crowd = flood(&stack, 20, 30);
    sleep(Duration::from_secs(5)).await;
    let start = Instant::now();
    let terms = testing::terms(0, Priority::Background, start + Duration::from_secs(8));

    let error = ask(&stack, "/v1/teams/demo/users", terms)
        .await
        .unwrap()
        .unwrap_err();

    assert_eq!(start.elapsed(), Duration::ZERO);
    let after = error.kind().retry_after().unwrap().as_secs();
    // Its class has aged by then.
    assert!((9..=13).contains(&after), "{after}");
    assert_eq!(count_ok(crowd).await, 600);
}

#[tokio::test(start_paused = true)]
async fn joiner_with_more_time_keeps_the_place() {
    let one = NonZeroU32::MIN;
    let config = Config {
        in_flight: one,
        ..Config::default()
    };
    let (stack, _, _) = gateway(config, Upstream::new(Rule::None, 1, HOUR / 360));
    let crowd = flood(&stack, 1, 1);
    let terms = testing::terms(2, Priority::Batch, Instant::now() + Duration::from_secs(2));
    let patient = ask(&stack, "/v1/teams/demo/users", Arc::clone(&terms));
    let hasty = testing::terms(3, Priority::Batch, Instant::now() + Duration::from_secs(2));
    let hasty = ask(&stack, "/v1/teams/demo/users", hasty);
    sleep(Duration::from_secs(1)).await;

    terms.extend(Priority::Batch, Instant::now() + HOUR);

    let error = hasty.await.unwrap().unwrap_err();
    assert_eq!(error.kind().code(), "too_many_requests");
    assert_eq!(patient.await.unwrap().unwrap().status(), StatusCode::OK);
    assert_eq!(count_ok(crowd).await, 1);
}
