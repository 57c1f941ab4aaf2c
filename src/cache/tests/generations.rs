//! How often what has nothing to do with each other meets in one slot.

use std::time::Duration;

use fastrand::Rng;
use http::Method;
use tokio::time::{Instant, advance};

use crate::cache::generations::SLOTS;
use crate::cache::{Generations, Slots, read_tags, write_tags};
use crate::testing;

/// A path of a made-up resource, of a team of its own.
fn path(rng: &mut Rng) -> String {
    let mut name = |length| -> String { (0..length).map(|_| rng.lowercase()).collect() };
    let (team, group, project) = (name(8), name(12), name(12));
    match rng.u8(..3) {
        0 => format!("/v1/teams/{team}/groups/{group}"),
        1 => format!("/v1/teams/{team}/service_users/{group}"),
        _ => format!("/v1/teams/{team}/resource_groups/{group}/projects/{project}"),
    }
}

#[test]
fn unrelated_write_meets_a_read_in_less_than_one_of_five_hundred() {
    const PAIRS: u32 = 100_000;
    let generations = Generations::new();
    let mut rng = Rng::with_seed(7);
    let mut met = 0;

    for _ in 0..PAIRS {
        let read = testing::request(&Method::GET, &path(&mut rng));
        let write = testing::request(&Method::PUT, &path(&mut rng));
        let (tags, _) = read_tags(&read.operation, &read.principal);
        let read = generations.slots(tags);
        let tags = write_tags(&write.operation, &write.principal);
        let write = generations.slots(tags.into_iter());
        met += u32::from(write.iter().any(|slot| read.contains(slot)));
    }

    let one_of = PAIRS / met.max(1);
    assert!(one_of > 500, "one of {one_of}");
}

#[test]
fn every_place_of_the_table_can_be_bumped() {
    let generations = Generations::new();
    let all: Slots = (0..=u16::MAX).collect();

    generations.bump(&all);

    assert_eq!(generations.sum(&all), SLOTS as u64);
}

#[tokio::test(start_paused = true)]
async fn write_settles_for_no_less_than_its_time() {
    let (generations, slots) = (Generations::new(), Slots::from_slice(&[7]));
    advance(Duration::from_micros(600)).await;
    generations.open(&slots);
    generations.close(&slots, Duration::from_millis(1));

    advance(Duration::from_micros(900)).await;
    assert!(!generations.is_quiet(&slots, Instant::now()));
    advance(Duration::from_micros(500)).await;
    assert!(generations.is_quiet(&slots, Instant::now()));
}
