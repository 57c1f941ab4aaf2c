//! What goes before anything is known, and what is refused though slots are left.

use super::*;

#[tokio::test(start_paused = true)]
async fn before_the_first_answer_one_goes() {
    let (stack, buckets, _) = gateway(Config::default(), opa(LATENCY));

    let replies = flood(&stack, 1, 30);
    sleep(LATENCY / 2).await;

    assert_eq!(buckets.snapshot()[0].in_flight, 1);
    assert_eq!(buckets.snapshot()[0].waiting, [0, 29, 0]);
    assert_eq!(count_ok(replies).await, 30);
}

#[tokio::test(start_paused = true)]
async fn slow_first_answer_does_not_hold_everybody_up() {
    let (stack, buckets, _) = gateway(Config::default(), opa(HOUR / 60));

    let replies = flood(&stack, 1, 30);
    sleep(Duration::from_millis(10_500)).await;

    assert_eq!(buckets.snapshot()[0].in_flight, 11);
    replies.iter().for_each(JoinHandle::abort);
}

#[tokio::test(start_paused = true)]
async fn limit_that_is_spent_when_we_come_costs_one_refusal() {
    let (stack, _, upstream) = gateway(Config::default(), opa(LATENCY));
    (0..100).for_each(|_| upstream.spend());
    let start = Instant::now();

    persist_all(&stack, 600).await;

    assert!(upstream.refused().len() <= 1, "{:?}", upstream.refused());
    let took = start.elapsed().as_secs_f64();
    assert!(took <= 1.05 * 30.0, "{took}");
}

#[tokio::test(start_paused = true)]
async fn refusals_of_a_crowd_make_it_smaller_and_hold_nobody_back() {
    let (stack, _, upstream) = gateway(
        Config::default(),
        Upstream::new(Rule::Crowd(10), 10_000, LATENCY),
    );
    let start = Instant::now();

    persist_all(&stack, 2_000).await;

    // 20 s is the least for ten at a time.
    let took = start.elapsed().as_secs_f64();
    assert!(took <= 1.15 * 20.0, "{took}");
    let late = upstream.refused();
    let late = late.iter().filter(|at| at.as_secs_f64() > 2.0).count();
    assert!(
        upstream.refused().len() <= 130 && late <= 1,
        "{late} of {}",
        upstream.refused().len()
    );
}
