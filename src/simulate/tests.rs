//! Whole runs of a small scenario.

mod shown;

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use super::*;
use crate::caller::{Priority, Weight};
use crate::shape;

/// One caller of `requests` by this pattern.
pub(super) fn group(requests: usize, arrival: Arrival) -> Group {
    Group {
        name: "job".to_owned(),
        count: NonZeroUsize::MIN,
        requests: NonZeroUsize::new(requests).unwrap(),
        arrival,
        priority: Priority::Interactive,
        weight: Weight::ONE,
        client: Client::Terraform,
    }
}

/// These callers against 20 at once and 10 a second.
fn scenario(groups: Vec<Group>) -> Scenario {
    Scenario {
        seed: 3,
        longest: Duration::from_secs(3_600),
        limit: Limit {
            burst: NonZeroU32::new(20).unwrap(),
            refill_per_second: 10.0,
            window: None,
            start_with: 20,
            latency_from: Duration::from_millis(20),
            latency_to: Duration::from_millis(200),
            skew_seconds: 0,
            outside_percent: 0,
        },
        deadline: Duration::from_secs(50),
        shape: shape::Config::default(),
        spacing: Spacing {
            gap: None,
            longest: Duration::from_secs(30),
            at_once: NonZeroUsize::new(25).unwrap(),
        },
        groups,
    }
}

/// Two who want 150 each, 16 at a time.
fn twins() -> Scenario {
    let at_once = NonZeroUsize::new(16).unwrap();
    let twin = group(150, Arrival::Some(at_once));
    scenario(vec![Group {
        count: NonZeroUsize::new(2).unwrap(),
        ..twin
    }])
}

#[test]
fn gateway_spends_the_limit_whole_without_a_refusal() {
    let report = run(&twins(), Way::Ours).unwrap();

    assert_eq!((report.answered, report.upstream_429s), (300, 0));
    assert!(report.ratio.unwrap() < 1.05, "{report:?}");
    assert!(report.fairness.unwrap() > 0.99, "{report:?}");
    assert_eq!(report.calls_per_answer, Some(1.0));
}

#[test]
fn clients_alone_are_refused_and_take_longer() {
    let report = run(&twins(), Way::Naive).unwrap();

    assert_eq!(report.answered, 300);
    assert!(report.upstream_429s > 0, "{report:?}");
    assert!(report.ratio.unwrap() > 1.05, "{report:?}");
}

#[test]
fn fixed_spacing_is_never_refused_and_wastes_the_burst() {
    let report = run(&twins(), Way::Spaced).unwrap();

    assert_eq!((report.answered, report.upstream_429s), (300, 0));
    // A slot every 100 ms for 300, of which 20 were there from the start.
    assert!(report.makespan_seconds >= 29.9, "{report:?}");
}

#[test]
fn one_at_a_time_is_as_slow_as_its_answers() {
    let report = run(&twins(), Way::Serial).unwrap();

    assert_eq!((report.answered, report.upstream_429s), (300, 0));
    assert!(report.makespan_seconds >= 300.0 * 0.1, "{report:?}");
}

#[test]
fn same_seed_gives_the_same_report_and_another_does_not() {
    let other = Scenario { seed: 4, ..twins() };
    for way in Way::ALL {
        let [once, again] = [(); 2].map(|()| run(&twins(), way).unwrap());

        assert_eq!(once, again);
        assert_ne!(once, run(&other, way).unwrap());
    }
}

#[test]
fn what_is_not_answered_in_time_is_not_counted() {
    let mut short = twins();
    short.longest = Duration::from_secs(10);

    let report = run(&short, Way::Ours).unwrap();

    assert!((100..=120).contains(&report.answered), "{report:?}");
    assert_eq!(report.ratio, None);
}

#[test]
fn greedy_caller_does_not_keep_the_run_from_ending() {
    let hundred = NonZeroUsize::new(100).unwrap();
    let greedy = group(1, Arrival::Greedy(hundred, Duration::from_secs(1)));
    let modest = group(100, Arrival::Some(NonZeroUsize::new(8).unwrap()));

    let report = run(&scenario(vec![greedy, modest]), Way::Ours).unwrap();

    assert_eq!((report.requests, report.answered), (100, 100));
    assert!(report.fairness.unwrap() > 0.95, "{report:?}");
}

#[test]
fn least_time_follows_from_the_limit() {
    let together = scenario(vec![group(120, Arrival::Together)]);
    let mut window = together.clone();
    window.limit.window = Some(Duration::from_secs(5));
    let mut empty = together.clone();
    empty.limit.start_with = 0;
    let steady = scenario(vec![group(50, Arrival::Steady(5.0))]);

    let least = [&together, &window, &empty, &steady].map(optimum::optimum);

    let least = least.map(|time| (time.as_secs_f64() * 1_000.0).round());
    assert_eq!(least, [10_020.0, 25_020.0, 12_020.0, 9_820.0]);
}

#[test]
fn least_time_leaves_others_what_they_take() {
    let mut shared = scenario(vec![group(520, Arrival::Together)]);
    shared.limit.outside_percent = 50;

    let least = optimum::optimum(&shared).as_secs_f64();

    assert!((85.0..115.0).contains(&least), "{least}");
}
