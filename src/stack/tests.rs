//! The gateway as a whole with one comparison of generations left out: the histories of
//! `tests/gateway/truth.rs` show each, so they would show it if one were forgotten.

use self::gateway::history::{Counts, Load, in_paused_time};
use crate::app::Parts;
use crate::cache::{Check, Generations, Store};

#[path = "../../tests/gateway"]
#[expect(
    dead_code,
    unused_imports,
    reason = "the tests of the gateway use the rest"
)]
mod gateway {
    pub(super) mod history;
    mod support;
}

/// The same histories for each, over gateways that are changed first.
fn histories(parts: fn(&mut Parts)) -> Counts {
    let load = Load {
        schedules: 12,
        writers_one_in: 3,
        writes: 3,
        readers: 12,
        reads: 6,
        hurry: 1,
        parts,
    };
    let mut counts = Counts::default();
    (0..10).for_each(|seed| counts.add(in_paused_time(seed, &load)));
    counts
}

fn leave_out(parts: &mut Parts, check: Check) {
    let (config, generations) = (parts.config.cache.clone(), Generations::without(check));
    parts.store = Store::new(config, generations, parts.metrics.clone());
}

#[test]
fn history_shows_nothing_when_all_is_compared() {
    let counts = histories(|_| {});

    assert_eq!(counts.violations(), 0, "{counts}");
    assert!(counts.of("reads: hit") > 1_000, "{counts}");
}

#[test]
fn history_shows_that_an_answer_is_kept_unchecked() {
    let counts = histories(|parts| leave_out(parts, Check::Store));

    assert!(counts.violations() > 0, "{counts}");
}

#[test]
fn history_shows_that_a_kept_answer_is_given_unchecked() {
    let counts = histories(|parts| leave_out(parts, Check::Hit));

    assert!(counts.violations() > 0, "{counts}");
}

#[test]
fn history_shows_that_a_fetch_is_joined_unchecked() {
    let counts = histories(|parts| leave_out(parts, Check::Flight));

    assert!(counts.violations() > 0, "{counts}");
}
