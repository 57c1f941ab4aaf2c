//! Whole files: defaults, the environment, and what is written out again.

mod kept;
mod places;
mod policies;
mod reference;
mod secrets;
mod tls;

use std::time::Duration;

use super::*;
use crate::caller::Access;
use crate::listen::Identity;
use crate::secret::Source;

/// A file that has one of everything that stands in lists.
const WHOLE: &str = r#"
deadline = "40s"

[[listener]]
name = "main"
listen = "0.0.0.0:8080"

[[listener]]
name = "sidecar"
listen = "127.0.0.1:8090"
identity = "trusted"
caller = "local"
hosts = ["OPAGATE.local"]

[[team]]
name = "Acme"
url = "https://acme.pam.okta.com/"
proxy = "http://proxy.example:3128"
[[team.principal]]
name = "tf"
[[team.principal.key]]
id = "00000000-0000-4000-8000-000000000001"
secret = "canary-$${one}"
[[team.principal.key]]
id = "00000000-0000-4000-8000-000000000002"
secret = "${KEY}"
[[team.principal]]
name = "sync"
key = [{ id = "00000000-0000-4000-8000-000000000003", secret = "canary-three" }]

[[caller]]
name = "terraform"
token_sha256 = "9F86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
access = "write"
priority = "batch"
principals = ["ACME/sync"]
requests_per_second = 5
burst = 9

[[caller]]
name = "local"

[trace]
otlp_endpoint = "http://collector:4318/v1"
sample_ratio = 1

[runtime]
workers = 3
"#;

fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| (String::from(*name), String::from(*value));
    pairs.iter().map(owned).collect()
}

fn accepted(text: &str, pairs: &[(&str, &str)]) -> app::Config {
    load(text, "opagate.toml", environment(pairs))
        .unwrap()
        .config
}

fn refused(text: &str, pairs: &[(&str, &str)]) -> String {
    load(text, "opagate.toml", environment(pairs))
        .unwrap_err()
        .to_string()
}

fn warned(text: &str) -> String {
    load(text, "opagate.toml", []).unwrap().warnings.to_string()
}

#[test]
fn whole_file_is_taken() {
    let config = accepted(WHOLE, &[("KEY", "canary-two")]);

    assert_eq!(config.deadline.deadline, Duration::from_secs(40));
    assert_eq!(config.listeners[0].identity, Identity::Required);
    let trusted = Identity::Trusted {
        caller: "local".to_owned(),
        hosts: vec!["opagate.local".to_owned()],
    };
    assert_eq!(config.listeners[1].identity, trusted);
    let team = &config.teams[0];
    assert_eq!((team.name.as_str(), team.principals.len()), ("acme", 2));
    let secrets: Vec<_> = team.principals[0]
        .keys
        .iter()
        .map(|k| exposed(&k.secret))
        .collect();
    assert_eq!(secrets, [Some("canary-${one}"), Some("canary-two")]);
    assert_eq!(config.callers[0].principals, ["acme/sync"]);
    assert_eq!(config.callers[0].quota.burst.get(), 9);
    assert_eq!(config.callers[1].principals, ["acme/tf"]);
    assert_eq!(config.runtime.workers.unwrap().get(), 3);
}

fn exposed(source: &Source) -> Option<&str> {
    match source {
        Source::Value(secret) => Some(secret.expose()),
        Source::File(_) => None,
    }
}

#[test]
fn environment_wins_over_the_file_and_the_file_over_defaults() {
    let text = "[cache]\nflights = 7\nlinger = \"1s\"\n";
    let pairs = [
        ("OPAGATE_CACHE__FLIGHTS", "9"),
        ("OPAGATE_TRACE__SAMPLE_RATIO", "0.5"),
    ];

    let config = accepted(text, &pairs);

    assert_eq!(config.cache.flights, 9);
    assert_eq!(config.cache.linger, Duration::from_secs(1));
    assert_eq!(config.cache.settle_for, Duration::from_secs(2));
    assert!((config.trace.sample_ratio - 0.5).abs() < f64::EPSILON);
}

#[test]
fn environment_reaches_tables_within_tables() {
    let name = "OPAGATE_CACHE__CLASS__IDENTITY__OVERRIDE_NO_STORE";

    let config = accepted("", &[(name, "true"), ("OPAGATE_DEADLINE", "9s")]);

    assert!(config.cache.freshness[1].override_no_store);
    assert_eq!(config.deadline.deadline, Duration::from_secs(9));
}

#[test]
fn variables_stand_for_numbers_too() {
    let config = accepted("[cache]\nflights = \"${MANY:-12}\"\n", &[]);

    assert_eq!(config.cache.flights, 12);
}

#[test]
fn numbers_may_be_written_in_every_way_of_toml() {
    let text = "[cache]\nflights = 10_000\ncapacity_bytes = 0x1000_0000\n\
                [trace]\nsample_ratio = 2.5e-1\n";

    let config = accepted(text, &[]);

    assert_eq!(config.cache.flights, 10_000);
    assert_eq!(config.cache.capacity_bytes, 256 * 1024 * 1024);
    assert!((config.trace.sample_ratio - 0.25).abs() < f64::EPSILON);
}

#[test]
fn mistake_in_a_variable_says_so() {
    let shown = refused("", &[("OPAGATE_CACHE__LINGER", "canary")]);

    assert!(
        shown.contains("`cache.linger` must be a duration"),
        "{shown}"
    );
    assert!(shown.contains("--> from OPAGATE_CACHE__LINGER"), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn variable_that_is_almost_a_setting_is_refused() {
    let shown = refused(
        "",
        &[
            ("OPAGATE_CACHE__LINGR", "1s"),
            ("OPAGATE_PORT_8080_TCP", "x"),
        ],
    );

    assert!(
        shown.contains("did you mean `OPAGATE_CACHE__LINGER`?"),
        "{shown}"
    );
    assert!(
        shown.ends_with("1 mistake and 2 warnings in opagate.toml"),
        "{shown}"
    );
}

#[test]
fn without_callers_this_machine_is_trusted_and_it_is_said() {
    let loaded = load("", "opagate.toml", []).unwrap();

    let shown = loaded.warnings.to_string();
    assert!(shown.contains("is let in as `local`"), "{shown}");
    let listener = &loaded.config.listeners[0];
    assert_eq!(listener.address.to_string(), "127.0.0.1:8080");
    assert!(matches!(&listener.identity, Identity::Trusted { caller, .. } if caller == "local"));
    assert_eq!(loaded.config.callers[0].name, "local");
    let policy = &loaded.config.callers[0].policies[0];
    assert_eq!(policy.short_for, Some(Access::Write));
}

#[test]
fn with_a_token_the_default_listener_asks_for_it() {
    let hash = "0".repeat(64);

    let config = accepted(&format!("[[caller]]\nname='a'\ntoken_sha256='{hash}'"), &[]);

    assert_eq!(config.listeners[0].identity, Identity::Required);
    assert_eq!(config.callers.len(), 1);
}

#[test]
fn what_is_shown_says_the_same_again() {
    let config = accepted(WHOLE, &[("KEY", "canary-two")]);

    let shown = show(&config);

    assert!(!shown.contains("canary"), "{shown}");
    let again = accepted(&shown, &[]);
    assert_eq!(format!("{again:#?}"), format!("{config:#?}"));
    assert_eq!(show(&again), shown);
}

#[test]
fn every_mistake_is_told_in_the_order_of_the_file() {
    let text = "[cache]\nflights = 0\nnope = 1\n[retry]\nreads = -1\n[[listener]]\nname = 'a b'\n";

    let shown = refused(text, &[]);

    let lines = shown
        .lines()
        .filter_map(|l| l.trim().strip_prefix("--> opagate.toml:"));
    assert_eq!(
        lines.collect::<Vec<_>>(),
        ["2:11", "3:1", "5:9", "6:1", "6:1", "7:8"]
    );
    assert!(
        shown.ends_with("5 mistakes and 2 warnings in opagate.toml"),
        "{shown}"
    );
}
