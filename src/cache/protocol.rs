//! Writes, fetches, stores and hits together, under random schedules; and that each of the three
//! comparisons of generations is needed.
//!
//! The upstream is a model: numbered states of a few groups, answers that take their time, reads that
//! lag behind, writes that fail, are not answered, or act late. What a read sees must not be older
//! than what was answered, or had surely acted, when it began. The same schedules must find
//! violations as soon as one comparison is left out, or they would show nothing.

mod model;

use std::time::Duration;

use self::model::{Counts, run};
use super::Check;

/// What all schedules of these seeds come to, with one comparison left out or none.
async fn all(seeds: u64, without: Option<Check>) -> Counts {
    let mut counts = Counts::default();
    for seed in 0..seeds {
        counts.add(&run(seed, without).await);
    }
    counts
}

#[tokio::test(start_paused = true)]
async fn no_schedule_reads_what_a_write_has_replaced() {
    let counts = all(SEEDS, None).await;

    assert_eq!(counts.stale, [""; 0]);
    assert_eq!(counts.lost, 0);
    assert!(counts.hits * 5 > counts.reads, "{counts:?}");
    assert!(counts.shared * 20 > counts.reads, "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn schedules_notice_that_a_kept_answer_is_given_unchecked() {
    let counts = all(SEEDS, Some(Check::Hit)).await;

    assert!(counts.stale.len() >= 3, "{}", counts.stale.len());
}

#[tokio::test(start_paused = true)]
async fn schedules_notice_that_an_answer_is_kept_unchecked() {
    let counts = all(SEEDS, Some(Check::Store)).await;

    assert!(counts.stale.len() >= 3, "{}", counts.stale.len());
}

#[tokio::test(start_paused = true)]
async fn schedules_notice_that_a_fetch_is_joined_unchecked() {
    let counts = all(SEEDS, Some(Check::Flight)).await;

    assert!(counts.stale.len() >= 3, "{}", counts.stale.len());
}

const SEEDS: u64 = 150;
/// How late a write may act that nobody heard of.
const LATEST: Duration = Duration::from_secs(5);
