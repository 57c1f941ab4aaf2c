//! A million reads and writes through the gateway in paused time, and as many in real time with
//! several threads, each read held against the history of what was written: the histories of
//! `tests/gateway/truth.rs`, with more readers.
//!
//! Fails if a read saw what a write had replaced or less than its reader had seen, if one got no
//! answer, or if less than half of them were answered from memory.

#[path = "../tests/gateway"]
#[expect(
    dead_code,
    unused_imports,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "it is test code, of which the tests use the rest"
)]
mod gateway {
    pub(crate) mod history;
    mod support;
}

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use self::gateway::history::{Counts, Load, in_paused_time, in_real_time};

/// In each kind of time.
const OPERATIONS: u64 = 1_000_000;
/// After so many it says how far it is.
const STEP: u64 = 100_000;

fn main() -> ExitCode {
    // `cargo bench` says `--bench`; `cargo test --benches` does not.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let paused = Load {
        schedules: 50,
        writers_one_in: 4,
        writes: 8,
        readers: 20,
        reads: 40,
        hurry: 1,
        parts: |_| {},
    };
    let real = Load {
        schedules: 20,
        writers_one_in: 3,
        writes: 30,
        readers: 100,
        reads: 30,
        hurry: 100,
        parts: |_| {},
    };
    let paused = run("paused time", 2, |seed| in_paused_time(seed, &paused));
    let real = run("real time", 1, |seed| in_real_time(seed, &real));
    if paused && real {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Works on gateway after gateway; whether all was well.
#[expect(clippy::print_stdout, reason = "the result")]
fn run(time: &str, threads: usize, work: impl Fn(u64) -> Counts + Sync) -> bool {
    let (started, next) = (Instant::now(), AtomicU64::new(0));
    let all = Mutex::new(Counts::default());
    let one = || {
        while all.lock().operations() < OPERATIONS {
            let counts = work(next.fetch_add(1, Ordering::Relaxed));
            let mut all = all.lock();
            let before = all.operations();
            all.add(counts);
            let after = all.operations();
            if before / STEP < after / STEP {
                let seconds = started.elapsed().as_secs();
                let violations = all.violations();
                println!("{time}: {after} operations, {violations} violations, {seconds} s");
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(one);
        }
    });
    let counts = all.into_inner();
    let hits = 100 * counts.of("reads: hit") / counts.of("reads").max(1);
    println!(
        "{time}: {} operations on {} gateways in {} s, {hits} % of the reads from memory, \
         {} violations\n{counts}",
        counts.operations(),
        next.into_inner(),
        Duration::as_secs(&started.elapsed()),
        counts.violations(),
    );
    counts.violations() == 0 && hits >= 50
}
