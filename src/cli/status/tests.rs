use serde_json::json;

use super::*;
use crate::cli::arguments::Admin;

fn wanted(json: bool) -> Status {
    Status {
        at: Admin {
            url: "http://127.0.0.1:1".parse().unwrap(),
            json,
        },
        watch: None,
    }
}

fn state() -> Value {
    json!({
        "state": "degraded", "version": "0.1.0", "uptime_seconds": 7260,
        "conditions": [{"level": "warning", "reason": "token_not_renewed", "text": "acme/tf cannot renew its token"}],
        "traffic": {"requests_per_second": 41.23, "upstream_per_second": 8.0, "hit_ratio": 0.71,
                    "saved_ratio": 0.8, "error_ratio": 0.0, "p50_ms": 0.52, "p99_ms": 1200.0},
        "buckets": [{"team": "acme", "principal": "tf", "limit": 10000.0, "remaining": 7400.0, "limited": 2,
                     "refill_per_second": 2.8, "spent_per_second": 1.25, "waiting": 3}],
        "queue": {"callers": [{"caller": "ci", "priority": "batch", "depth": 3}]},
        "principals": [{"team": "acme", "principal": "tf", "token_held": true, "consecutive_failures": 2,
                        "token_age_seconds": 720.0, "token_expires_in_seconds": 500.0, "last_error": "key refused"}],
        "operations": [{"operation": "groups.list", "requests_per_second": 12.0, "failed": 0, "refused": 1, "mean_ms": 2.5}],
    })
}

fn shown(wanted: &Status) -> (End, String) {
    let mut out = Vec::new();
    let end = show(&state(), wanted, &mut out).unwrap();
    let shown = String::from_utf8(out).unwrap();
    (end, anstream::adapter::strip_str(&shown).to_string())
}

#[test]
fn picture_is_told_in_columns() {
    let (end, text) = shown(&wanted(false));

    let expected = "\
opagate 0.1.0  degraded  up 2 h
‼ acme/tf cannot renew its token
requests    41.2/s  from memory  71 %  errors   0 %  p50  0.5 ms  p99   1.2 s
upstream     8.0/s  saved        80 %  429s       2

LIMIT    SLOTS  LEFT             BACK   GOES  WAITING  EMPTY IN
acme/tf  10000  ██████░░  74 %  2.8/s  1.2/s        3  never

CALLER  CLASS  WAITING
ci      batch        3

TOKEN       AGE  ENDS IN  LAST ERROR
acme/tf  12 min    8 min  key refused

OPERATION      RATE  FAILED  REFUSED    MEAN
groups.list  12.0/s       0        1  2.5 ms
";
    assert_eq!(text, expected);
    assert_eq!(end, End::Degraded);
}

#[test]
fn json_is_one_line_as_the_gateway_told_it() {
    let (_, text) = shown(&wanted(true));

    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), state());
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn nobody_there_is_told() {
    let (mut out, mut err) = (Vec::new(), Vec::new());

    let end = status(&wanted(false), &mut out, &mut err).unwrap();

    assert_eq!(end, End::Unavailable);
    assert!(out.is_empty());
    let err = String::from_utf8(err).unwrap();
    assert!(err.contains("cannot be reached"), "{err}");
}

#[test]
fn answer_of_an_older_gateway_is_shown_as_far_as_it_goes() {
    let mut out = Vec::new();

    let end = show(&json!({"state": "ready"}), &wanted(false), &mut out).unwrap();

    assert_eq!(end, End::Done);
    assert!(String::from_utf8(out).unwrap().contains("ready"));
}
