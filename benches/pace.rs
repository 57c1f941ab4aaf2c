//! In real time: 600 distinct reads by 20 callers against a limit of 100 at once and 20 a second.
//!
//! Fails if that takes more than 1.05 of the time that the limit allows, if the upstream refuses one
//! of them, or if a caller gets anything but its answer. Runs only when asked for by `cargo bench
//! --bench pace`: it takes 25 seconds.

mod support;

use std::process::ExitCode;

use futures_util::future::join_all;
use http::StatusCode;
use opagate::emulator::{self, Emulator};
use tokio::time::Instant;

use self::support::{CALLERS, Gateway, get};

const READS: usize = 30;
const BURST: u32 = 100;
const PER_SECOND: u32 = 20;
const MOST: f64 = 1.05;

fn main() -> ExitCode {
    // `cargo bench` says `--bench`; `cargo test --benches` and criterion's test mode do not.
    let is_asked = std::env::args().any(|argument| argument == "--bench");
    if !is_asked || std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(run())
}

#[expect(clippy::print_stdout, reason = "the result")]
async fn run() -> ExitCode {
    let emulator = Emulator::new(emulator::Config {
        burst: BURST,
        refill_per_second: f64::from(PER_SECOND),
        ..emulator::Config::default()
    });
    let gateway = Gateway::new(&emulator);
    let started = Instant::now();
    let errors: usize = join_all((0..CALLERS).map(|caller| work(&gateway, caller)))
        .await
        .into_iter()
        .sum();
    let took = started.elapsed().as_secs_f64();

    let waiting = u32::try_from(CALLERS * READS).expect("few") - BURST;
    let least = f64::from(waiting) / f64::from(PER_SECOND);
    let ratio = took / least;
    let limited = emulator.counters().limited;
    println!(
        "600 reads by 20 callers: {took:.2} s, at least {least:.2} s, ratio {ratio:.3}; \
         upstream 429s {limited}, errors {errors}"
    );
    if ratio <= MOST && limited == 0 && errors == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// All reads of one caller at once; how many of them failed.
async fn work(gateway: &Gateway, caller: usize) -> usize {
    let connection = gateway.connect();
    let reads = (0..READS).map(|read| {
        let target = format!("/v1/teams/demo/groups?contains={caller}-{read}");
        gateway.ask(&connection, get(&target, caller))
    });
    let answers = join_all(reads).await;
    let failed = answers
        .iter()
        .filter(|answer| answer.status() != StatusCode::OK);
    failed.count()
}
