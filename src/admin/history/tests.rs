use super::*;
use crate::metrics::Saved;

/// Counters that others can turn.
fn history() -> (History, Arc<Mutex<Reading>>) {
    let shared = Arc::new(Mutex::new(Reading::default()));
    shared.lock().buckets.push(BucketReading::default());
    let read = Arc::clone(&shared);
    (History::new(move || read.lock().clone()), shared)
}

fn ask(counters: &Mutex<Reading>, hits: u64, forwarded: u64) {
    let mut counters = counters.lock();
    counters.traffic.outcomes[Outcome::Hit as usize] += hits;
    counters.traffic.outcomes[Outcome::Forwarded as usize] += forwarded;
    counters.traffic.saved = Saved {
        hit: counters.traffic.saved.hit + hits,
        ..Saved::default()
    };
    counters.buckets[0].spent += forwarded;
    counters.buckets[0].remaining = Some(99.96);
}

async fn second(history: &History) {
    tokio::time::advance(TICK).await;
    history.tick();
}

#[tokio::test(start_paused = true)]
async fn rates_are_those_of_the_last_seconds() {
    let (history, counters) = history();
    history.tick();
    for _ in 0..20 {
        ask(&counters, 3, 1);
        second(&history).await;
    }

    let traffic = history.traffic();

    // Nine whole seconds lie between the last ten readings.
    assert!((traffic.requests_per_second - 4.0).abs() < 1e-9);
    assert!((traffic.upstream_per_second - 1.0).abs() < 1e-9);
    assert_eq!(traffic.outcomes_per_second["hit"], 3.0);
    assert_eq!((traffic.answered, traffic.saved.calls), (80, 60));
    assert_eq!(traffic.hit_ratio, Some(0.75));
    assert_eq!(traffic.saved_ratio, Some(0.75));
}

#[tokio::test(start_paused = true)]
async fn points_are_numbered_and_only_new_ones_are_told() {
    let (history, counters) = history();
    for _ in 0..11 {
        history.tick();
        ask(&counters, 2, 0);
    }

    let points = history.points_after(0);
    let newer = history.points_after(1);

    let shown: Vec<_> = points
        .iter()
        .map(|of| (of.number, of.outcomes[0]))
        .collect();
    assert_eq!(shown, [(1, 10), (2, 10)]);
    assert_eq!(points[0].buckets[0].remaining, Some(100.0));
    assert_eq!(newer, points[1..]);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_bounded_and_the_quarter_of_an_hour_is_whole() {
    let (history, counters) = history();
    for _ in 0..5_000 {
        ask(&counters, 1, 0);
        second(&history).await;
    }

    let points = history.points_after(0);
    let kept = history.shared.kept.lock();

    assert_eq!(points.len(), POINTS);
    assert!(points.iter().all(|point| point.outcomes[0] == STEP));
    assert_eq!(kept.readings.len(), READINGS);
    assert_eq!(kept.operations.len(), OF_OPERATIONS.1);
}

#[tokio::test(start_paused = true)]
async fn operations_that_fail_come_first_and_old_ones_are_forgotten() {
    let (history, counters) = history();
    let of = |name, requests, failed| OfOperation {
        name,
        requests,
        failed,
        refused: 0,
        seconds: 0.5,
    };
    counters.lock().operations = vec![of("old", 9, 9)];
    history.tick();
    counters.lock().operations = vec![of("old", 9, 9), of("good", 5, 0), of("bad", 2, 1)];
    second(&history).await;

    let shown = history.operations();

    let names: Vec<_> = shown.iter().map(|of| of.operation).collect();
    assert_eq!(names, ["bad", "good"]);
    assert_eq!(shown[0].mean_ms, 250.0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_made_up_before_the_first_request() {
    let (history, _) = history();

    let traffic = history.traffic();

    assert_eq!(traffic.requests_per_second, 0.0);
    assert_eq!((traffic.hit_ratio, traffic.p99_ms), (None, None));
    assert!(history.operations().is_empty() && history.points_after(0).is_empty());
}
