use std::collections::BTreeMap;

use http::{Method, StatusCode};

use super::*;
use crate::caller::{Caller, CallerKind, Grant, Weight};
use crate::error::Kind;
use crate::exchange::Trail;
use crate::listen::tls::Ends;
use crate::operation::Operation;
use crate::record;
use crate::testing;

fn principal() -> Arc<Principal> {
    Arc::new(Principal {
        index: 0,
        team_index: 0,
        team: "demo".into(),
        name: "tf".into(),
    })
}

fn caller(name: &str, index: usize) -> Arc<Caller> {
    Arc::new(Caller {
        name: name.into(),
        index,
        kind: CallerKind::Token,
        priority: Priority::Batch,
        weight: Weight::ONE,
        principals: vec![principal()],
        grant: Grant::default(),
    })
}

fn metrics() -> Metrics {
    Metrics::new(&[principal()], &["ci".into(), "ops".into()])
}

fn record(target: &str) -> Record {
    let mut record = testing::record(Method::GET, target);
    let uri = target.parse().unwrap();
    record.operation = Operation::parse(&Method::GET, &uri).ok().map(Arc::new);
    record.caller = Some(caller("ops", 1));
    record.status = Some(StatusCode::OK);
    record.took = Duration::from_millis(3);
    record
}

/// The value of a series as it stands in the text.
fn value(metrics: &Metrics, series: &str) -> f64 {
    let text = metrics.encode();
    let line = text.lines().find_map(|line| line.strip_prefix(series));
    line.expect(series).trim().parse().unwrap()
}

#[test]
fn hit_on_a_merged_list_counts_what_it_saved() {
    let metrics = metrics();
    let mut hit = record("/v1/teams/demo/groups");
    hit.bytes_out = 700;
    hit.cache = record::Cache::Hit {
        left: Duration::ZERO,
        age: Duration::from_secs(3),
        pages: 4,
    };

    metrics.request(&hit);

    let series = "opagate_requests_total{operation=\"groups.list\",outcome=\"hit\",status=\"2xx\"}";
    assert_eq!(value(&metrics, series), 1.0);
    let saved = "opagate_upstream_calls_saved_total{how=\"merged\"}";
    assert_eq!(value(&metrics, saved), 4.0);
    let asked = "opagate_caller_requests_total{caller=\"ops\",outcome=\"hit\"}";
    assert_eq!(value(&metrics, asked), 1.0);
    let age = "opagate_cache_age_seconds_bucket{le=\"5\"}";
    assert_eq!(value(&metrics, age), 1.0);
    let size = "opagate_response_size_bytes_bucket{outcome=\"hit\",le=\"1024\"}";
    assert_eq!(value(&metrics, size), 1.0);
    let code = "opagate_responses_total{code=\"200\",source=\"upstream\"}";
    assert_eq!(value(&metrics, code), 1.0);
}

#[test]
fn own_time_leaves_out_what_the_upstream_took() {
    let metrics = metrics();
    let mut forwarded = record("/v1/teams/demo/groups");
    let trail = Trail::default();
    trail.attempted(Duration::from_millis(2_500), Some(200));
    forwarded.trail = Some(Arc::new(trail));
    forwarded.took = Duration::from_millis(2_502);

    metrics.request(&forwarded);

    let whole = "opagate_request_duration_seconds_sum{outcome=\"forwarded\"}";
    assert!((value(&metrics, whole) - 2.502).abs() < 1e-9);
    assert!((value(&metrics, "opagate_own_duration_seconds_sum") - 0.002).abs() < 1e-9);
}

#[test]
fn error_is_counted_by_its_code() {
    let metrics = metrics();
    let mut denied = record("/v1/teams/demo/groups");
    denied.error = Some(Kind::Forbidden.into());
    denied.status = Some(StatusCode::FORBIDDEN);

    metrics.request(&denied);

    let series = "opagate_errors_total{type=\"forbidden_error\"}";
    assert_eq!(value(&metrics, series), 1.0);
    let code = "opagate_responses_total{code=\"403\",source=\"gateway\"}";
    assert_eq!(value(&metrics, code), 1.0);
}

#[test]
fn series_with_closed_labels_are_there_before_anything_happens() {
    let metrics = metrics();

    for series in [
        "opagate_requests_total{operation=\"groups.list\",outcome=\"hit\",status=\"2xx\"}",
        "opagate_retries_total{reason=\"connect\"}",
        "opagate_errors_total{type=\"audit_unavailable\"}",
        "opagate_token_refresh_total{principal=\"tf\",result=\"ok\",team=\"demo\",trigger=\"first\"}",
        "opagate_caller_upstream_calls_total{caller=\"ci\"}",
        "opagate_breaker_transitions_total{team=\"demo\",to=\"open\"}",
    ] {
        assert_eq!(value(&metrics, series), 0.0, "{series}");
    }
}

#[test]
fn breaker_is_in_one_state() {
    let metrics = metrics();

    metrics.breaker_moved("demo", "open");

    let state = |state| format!("opagate_breaker_state{{state=\"{state}\",team=\"demo\"}}");
    assert_eq!(value(&metrics, &state("open")), 1.0);
    assert_eq!(value(&metrics, &state("closed")), 0.0);
}

#[test]
fn paths_and_callers_of_any_number_make_no_new_series() {
    let names: Vec<Arc<str>> = (0..100).map(|i| format!("c{i}").into()).collect();
    let metrics = Metrics::new(&[principal()], &names);
    let ask = |i: usize| {
        let mut record = record(&format!("/v1/teams/demo/things/{i}"));
        record.caller = Some(caller(&format!("c{i}"), i));
        metrics.request(&record);
        metrics.caller_spent(&format!("c{i}"));
    };
    ask(0);
    let before = metrics.encode().lines().count();

    (1..1_000).for_each(ask);

    assert_eq!(metrics.encode().lines().count(), before);
    let other = "opagate_caller_upstream_calls_total{caller=\"other\"}";
    assert_eq!(value(&metrics, other), 936.0);
}

#[test]
fn shares_of_unknown_callers_are_one_and_old_ones_go() {
    let metrics = metrics();
    let set = |callers: &[(&str, f64)]| {
        metrics.clear_shares();
        metrics.set_shares(&principal(), callers, &[("groups.list", 1.0)]);
    };
    let of = |caller: &str| {
        format!(
            "opagate_ratelimit_caller_share{{caller=\"{caller}\",principal=\"tf\",team=\"demo\"}}"
        )
    };
    set(&[("ops", 1.0)]);

    set(&[("ci", 0.5), ("a", 0.25), ("b", 0.125), (OUTSIDE, 0.125)]);

    assert_eq!(value(&metrics, &of("ci")), 0.5);
    assert_eq!(value(&metrics, &of("other")), 0.375);
    assert_eq!(value(&metrics, &of("outside")), 0.125);
    assert!(!metrics.encode().contains(&of("ops")));
}

#[test]
fn what_was_counted_is_shown_by_outcome_and_operation() {
    let metrics = metrics();
    metrics.request(&record("/v1/teams/demo/groups"));
    let mut failed = record("/v1/teams/demo/groups");
    failed.error = Some(Kind::Internal.into());
    failed.status = Some(StatusCode::INTERNAL_SERVER_ERROR);
    failed.took = Duration::from_secs(2);
    metrics.request(&failed);

    let (traffic, operations) = (metrics.traffic(), metrics.operations());

    let of = |outcome: record::Outcome| traffic.outcomes[outcome as usize];
    assert_eq!(of(record::Outcome::Failed), 1);
    assert_eq!(traffic.outcomes.iter().sum::<u64>(), 2);
    // 3 ms and 2 s: up to 2.5 ms, 5 ms, 1 s, 2.5 s, and all.
    let took = [4, 5, 12, 13, 18].map(|place| traffic.took[place]);
    assert_eq!(took, [0, 1, 1, 2, 2]);
    let expected = OfOperation {
        name: "groups.list",
        requests: 2,
        failed: 1,
        refused: 0,
        seconds: 2.003,
    };
    assert_eq!(operations, [expected]);
}

#[test]
fn process_figures_are_read() {
    let metrics = metrics();

    assert!(value(&metrics, "process_resident_memory_bytes") > 1e6);
    assert!(value(&metrics, "process_open_fds") > 2.0);
    assert!(value(&metrics, "process_start_time_seconds") > 1.7e9);
}

/// Makes every family show itself: those without series are not gathered.
fn touch_all(metrics: &Metrics) {
    metrics.request(&record("/v1/teams/demo/groups"));
    metrics.quota_refused("ci", "rate");
    metrics.cache_audited("groups.list", "same");
    metrics.connection("main", "accepted");
    metrics.connections_open("main", 1);
    let ends = Ends {
        server: 1,
        client_ca: None,
    };
    metrics.set_certificates("main", ends);
    metrics.set_clock_offset("demo", 0.5);
    let bucket = BucketGauges {
        limit: 100.0,
        remaining: 50.0,
        reserved: 0.0,
        reset: 1.0,
        exhaustion: None,
    };
    metrics.set_bucket(&principal(), "all", bucket);
    metrics.set_shares(&principal(), &[("ci", 1.0)], &[("groups.list", 1.0)]);
}

#[test]
fn documented_metrics_are_those_of_the_registry() {
    let metrics = metrics();
    touch_all(&metrics);
    let row = |family: prometheus::proto::MetricFamily| {
        let labels = family.get_metric()[0].get_label();
        let labels: Vec<_> = labels.iter().map(|l| format!("`{}`", l.name())).collect();
        let kind = format!("{:?}", family.get_field_type()).to_lowercase();
        let line = format!("| {kind} | {} | {} |", labels.join(", "), family.help());
        (format!("`{}`", family.name()), line)
    };
    let real: BTreeMap<_, _> = metrics
        .shared
        .registry
        .gather()
        .into_iter()
        .map(row)
        .collect();

    let text = include_str!("../../docs/metrics.md");
    let lines = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let documented: BTreeMap<_, _> = lines
        .filter_map(|line| line.split_once("` "))
        .map(|(name, rest)| (format!("`{name}`"), rest.to_owned()))
        .collect();

    for (name, line) in &real {
        assert_eq!(documented.get(name), Some(line), "{name}");
    }
    for name in documented.keys() {
        assert!(
            real.contains_key(name),
            "{name} is documented but not there"
        );
    }
}
