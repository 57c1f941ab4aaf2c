//! A read that begins after a write was answered sees that write, or a newer one: never the old
//! value, whatever is under way, kept or shared at the time. Nor does a reader go back in time.
//!
//! `benches/history.rs` does the same a million times. That these histories show it when one
//! comparison of generations is left out is tested beside the stack, in `src/stack/tests.rs`.

use std::thread;

use crate::history::{Counts, Load, in_paused_time, in_real_time};

/// Gateways one after the other on one thread.
const GATEWAYS: u64 = 15;
const THREADS: u64 = 2;

#[test]
fn no_read_sees_what_was_replaced_nor_goes_back_in_fifteen_hundred_schedules() {
    let load = Load {
        schedules: 50,
        writers_one_in: 5,
        writes: 3,
        readers: 8,
        reads: 5,
        hurry: 1,
        parts: |_| {},
    };

    let mut counts = Counts::default();
    let work = |thread: u64| {
        let seeds = thread * GATEWAYS..(thread + 1) * GATEWAYS;
        let mut counts = Counts::default();
        seeds.for_each(|seed| counts.add(in_paused_time(seed, &load)));
        counts
    };
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        for thread in threads {
            counts.add(thread.join().unwrap());
        }
    });

    assert_eq!(counts.violations(), 0, "{counts}");
    assert!(counts.operations() > 60_000, "{counts}");
    assert!(counts.of("reads: hit") * 5 > counts.of("reads"), "{counts}");
    for (rare, least) in [
        ("reads: shared", 1_000),
        ("reads given up", 500),
        ("answers evicted", 500),
        ("writes: create", 500),
        ("writes: delete", 500),
        ("writes: refused", 30),
        ("writes: unanswered", 30),
        ("writes: acted late", 30),
    ] {
        assert!(counts.of(rare) >= least, "{rare}: {counts}");
    }
}

#[test]
fn no_read_sees_what_was_replaced_nor_goes_back_in_real_time() {
    let load = Load {
        schedules: 10,
        writers_one_in: 3,
        writes: 10,
        readers: 20,
        reads: 20,
        hurry: 200,
        parts: |_| {},
    };

    let mut counts = Counts::default();
    (0..4).for_each(|seed| counts.add(in_real_time(seed, &load)));

    assert_eq!(counts.violations(), 0, "{counts}");
    assert!(counts.of("reads: hit") * 5 > counts.of("reads"), "{counts}");
    assert!(counts.of("reads: shared") > 100, "{counts}");
}
