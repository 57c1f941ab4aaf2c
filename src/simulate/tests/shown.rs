//! What the gateway has to show against the limits of `config/scenarios`, whatever chance brings.

use super::*;

/// 100 at once and 10 a second, and one job of `requests`, 64 at once.
fn job(requests: usize) -> Scenario {
    let at_once = NonZeroUsize::new(64).unwrap();
    let mut job = scenario(vec![group(requests, Arrival::Some(at_once))]);
    job.limit.burst = NonZeroU32::new(100).unwrap();
    job.limit.start_with = 100;
    job
}

/// What comes of it with each of these seeds.
fn reports(scenario: &Scenario, seeds: u64) -> Vec<Report> {
    let of_seed = |seed| Scenario {
        seed,
        ..scenario.clone()
    };
    let reports = (1..=seeds).map(|seed| run(&of_seed(seed), Way::Ours).unwrap());
    let reports: Vec<_> = reports.collect();
    for report in &reports {
        assert_eq!(report.answered, report.requests, "{report:?}");
    }
    reports
}

#[test]
fn alone_all_is_spent_and_nothing_beyond_whatever_the_clocks_show() {
    for skew_seconds in [0, 3_600, -3_600] {
        let mut alone = job(10_000);
        alone.limit.skew_seconds = skew_seconds;

        for report in reports(&alone, 2) {
            assert_eq!(report.upstream_429s, 0, "{report:?}");
            assert!(report.ratio.unwrap() <= 1.01, "{report:?}");
        }
    }
}

#[test]
fn bursts_on_a_limit_that_is_full_again_are_never_refused() {
    let size = NonZeroUsize::new(200).unwrap();
    let bursts = group(800, Arrival::Bursts(size, Duration::from_secs(60)));
    let mut mixed = job(600);
    mixed.groups.push(bursts);

    for report in reports(&mixed, 20) {
        assert_eq!(report.upstream_429s, 0, "{report:?}");
    }
}

#[test]
fn limit_that_is_spent_at_the_start_costs_one_refusal() {
    let mut empty = job(2_000);
    empty.limit.start_with = 0;

    for report in reports(&empty, 8) {
        assert!(report.upstream_429s <= 1, "{report:?}");
        assert!(report.ratio.unwrap() <= 1.01, "{report:?}");
    }
}

#[test]
fn others_at_random_cost_less_than_one_refusal_in_a_thousand() {
    let mut shared = job(5_000);
    shared.limit.refill_per_second = 20.0;
    shared.limit.outside_percent = 50;

    let reports = reports(&shared, 10);

    let refused: Vec<_> = reports.iter().map(|report| report.upstream_429s).collect();
    assert!(refused.iter().sum::<u64>() <= 5 * 10, "{refused:?}");
    for report in reports {
        assert!(report.ratio.unwrap() <= 1.0 / 0.97, "{report:?}");
    }
}

#[test]
fn windows_cost_less_than_a_second_each() {
    let mut window = job(2_000);
    window.limit.window = Some(Duration::from_secs(10));

    for report in reports(&window, 8) {
        assert!(report.upstream_429s <= 1, "{report:?}");
        let lost = report.makespan_seconds - report.optimum_seconds;
        assert!(lost <= 19.0, "{lost} s for 19 windows");
    }
}

/// 49 who ask one after the other against 100 at once and 20 a second.
fn modest() -> Scenario {
    let mut modest = job(40);
    modest.limit.refill_per_second = 20.0;
    modest.groups = vec![Group {
        count: NonZeroUsize::new(49).unwrap(),
        ..group(40, Arrival::Some(NonZeroUsize::MIN))
    }];
    modest
}

#[test]
fn one_who_asks_a_thousand_times_as_much_costs_others_nothing_but_its_turn() {
    let thousand = NonZeroUsize::new(1_000).unwrap();
    let greedy = group(1, Arrival::Greedy(thousand, Duration::from_secs(1)));
    let mut crowded = modest();
    crowded.groups.push(greedy);

    let without = run(&modest(), Way::Ours).unwrap();
    let with = run(&crowded, Way::Ours).unwrap();

    assert!(with.fairness.unwrap() >= 0.99, "{with:?}");
    let [alone, beside] = [&without, &with].map(|report| report.waits[0].p99_seconds);
    assert!(beside <= 2.0 * alone, "{beside} s, {alone} s alone");
}

#[test]
fn callers_get_by_weight_while_both_want_more() {
    let many = NonZeroUsize::new(40).unwrap();
    let heavy = Group {
        weight: Weight::new(NonZeroU32::new(3).unwrap()).unwrap(),
        ..group(900, Arrival::Some(many))
    };
    let mut two = job(900);
    two.groups = vec![heavy, group(900, Arrival::Some(many))];

    let report = run(&two, Way::Ours).unwrap();

    assert!(report.fairness.unwrap() >= 0.99, "{report:?}");
}
