//! A read that begins after a write was answered sees that write, or a newer one: never the old
//! value, whatever is under way, kept or shared at the time.
//!
//! Ten thousand random schedules. In each, one writer for each of some things and several readers
//! work at once, over a transport that takes random times there and back. A thing's states are
//! numbered as they are written; what a read sees must be one of those between the last that was
//! answered when the read began and the last that was sent when it ended.

mod checker;
mod plan;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use futures_util::future::join_all;
use opagate::emulator::{Effect, Fault};
use tokio::time::sleep;

use self::checker::History;
use self::plan::{READS, Read, THINGS, Thing};
use crate::support::{Client, Gateway, Setup, post};

/// Schedules one after the other on one gateway, with what the last one left in its cache.
const SCHEDULES: u64 = 50;
/// Gateways one after the other on one thread.
const GATEWAYS: u64 = 50;
const THREADS: u64 = 4;

#[test]
fn read_after_a_write_never_sees_the_old_value_in_ten_thousand_schedules() {
    assert_eq!(SCHEDULES * GATEWAYS * THREADS, 10_000);

    let work = |thread: u64| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        for gateway in 0..GATEWAYS {
            runtime.block_on(run(thread * GATEWAYS + gateway));
        }
    };

    thread::scope(|scope| {
        for number in 0..THREADS {
            scope.spawn(move || work(number));
        }
    });
}

/// Runs the schedules of one gateway; all but the gateway's own jitter follows from the seed.
async fn run(seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let gateway = start(&mut rng, seed);
    let history = Arc::new(History::new(seed, THINGS));
    let writer = gateway.writer();
    let crew = serde_json::json!({ "name": "crew", "roles": [] });
    assert_eq!(
        writer.send(post(&plan::path("groups"), &crew)).await.status,
        201
    );
    for _ in 0..SCHEDULES {
        schedule(&gateway, &history, &mut rng).await;
    }
    assert!(history.checked() > SCHEDULES, "reads were checked");
    gateway.finish().await;
}

fn start(rng: &mut Rng, seed: u64) -> Gateway {
    let is_scarce = rng.u8(..4) == 0;
    let setup = Setup::over(|team| {
        team.seed = seed;
        team.service_users = 4;
        team.policies = 1;
        team.groups = 3;
        team.page_size = 2 + usize::try_from(seed % 2).unwrap() * 98;
        (team.burst, team.refill_per_second) = if is_scarce {
            (20, 30.0)
        } else {
            (90_000, 90_000.0)
        };
    });
    let settle = ["0s", "500ms", "2s"][rng.usize(..3)];
    let longest = Duration::from_millis(rng.u64(1..3_000));
    let setup = setup.set("cache.settle_for", settle).jitter(seed, longest);
    setup.start()
}

/// Some writers and readers at once.
async fn schedule(gateway: &Gateway, history: &Arc<History>, rng: &mut Rng) {
    let longest = Duration::from_millis([50, 1_000, 6_000][rng.usize(..3)]);
    let things: Vec<Thing> = THINGS.filter(|_| rng.u8(..5) == 0).collect();
    let writers = things.into_iter().map(|thing| {
        let client = gateway.writer();
        write(client, thing, Arc::clone(history), rng.fork(), longest)
    });
    let writers: Vec<_> = writers.collect();
    let readers = (0..3).map(|_| read(gateway.reader(), Arc::clone(history), rng.fork(), longest));
    let readers: Vec<_> = readers.collect();
    if rng.u8(..4) == 0 {
        trouble(gateway, rng);
    }
    tokio::join!(join_all(writers), join_all(readers));
    gateway.emulator.clear_faults();
}

/// One read fails, or one change of a group whose outcome nobody can know.
fn trouble(gateway: &Gateway, rng: &mut Rng) {
    let unavailable = Effect::status(http::StatusCode::SERVICE_UNAVAILABLE);
    let fault = match rng.u8(..3) {
        0 => Fault::new(unavailable).on(http::Method::GET),
        1 => Fault::new(unavailable)
            .on(http::Method::PUT)
            .at(plan::path("groups/*")),
        _ => Fault::new(Effect::ResetAfter)
            .on(http::Method::PUT)
            .at(plan::path("groups/*")),
    };
    gateway.emulator.fault(fault.times(1));
}

async fn write(
    client: Client,
    thing: Thing,
    history: Arc<History>,
    mut rng: Rng,
    longest: Duration,
) {
    for _ in 0..rng.u8(1..4) {
        sleep(longest.mul_f64(rng.f64())).await;
        let (state, request) = thing.change(&history, &mut rng);
        let number = history.sent(thing, state);
        let reply = client.send(request).await;
        if reply.status.is_success() {
            history.answered(thing, number);
        }
    }
}

async fn read(client: Client, history: Arc<History>, mut rng: Rng, longest: Duration) {
    for _ in 0..3 {
        sleep(longest.mul_f64(rng.f64())).await;
        let read: Read = READS[rng.usize(..READS.len())];
        let since = history.now();
        let reply = client.get(&read.path(&history)).await;
        history.check(&since, read, &reply);
    }
}
