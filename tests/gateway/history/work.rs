//! Writers and readers at work on one gateway.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use futures_util::future::join_all;
use http::{Method, StatusCode};
use opagate::app::Parts;
use opagate::emulator::{Behaviour, Effect, Fault};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::checker::{Eye, History, Lag};
use super::counts::Counts;
use super::plan::{self, READS, Read, THINGS, Thing};
use super::support::{Client, Gateway, Reply, Setup, hash_of, post};

/// How much is done on one gateway, and how fast.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// One after the other, with what the last one left in the cache.
    pub(crate) schedules: u32,
    /// How likely a thing has a writer in a schedule.
    pub(crate) writers_one_in: u8,
    /// By each of them, at most.
    pub(crate) writes: u8,
    pub(crate) readers: usize,
    /// By each of them.
    pub(crate) reads: usize,
    /// By this all times are divided.
    pub(crate) hurry: u32,
    /// What is otherwise in the gateway.
    pub(crate) parts: fn(&mut Parts),
}

impl Load {
    fn millis(&self, millis: u64) -> Duration {
        Duration::from_millis(millis) / self.hurry
    }

    /// How late a write acts at most.
    fn latest(&self) -> Duration {
        self.millis(5_000)
    }
}

/// What stays the same on one gateway.
struct World<'a> {
    load: &'a Load,
    gateway: Gateway,
    history: Arc<History>,
    lag: Lag,
}

/// Works on one gateway.
pub(super) async fn run(seed: u64, load: &Load) -> Counts {
    let mut rng = Rng::with_seed(seed);
    let settle_for = load.millis([0, 500, 2_000][rng.usize(..3)]);
    let lag = settle_for.mul_f64(0.9 * rng.f64());
    let lag = match rng.u8(..4) {
        0 => Lag::Steady(lag),
        1 => Lag::Wild(lag),
        _ => Lag::Steady(Duration::ZERO),
    };
    let gateway = start(&mut rng, seed, settle_for, load);
    let crew = json!({ "name": "crew", "roles": [] });
    let made = post(&plan::path("groups"), &crew);
    assert_eq!(gateway.writer().send(made).await.status, 201);
    if let Lag::Steady(lag) = lag {
        gateway.emulator.behave(Behaviour {
            writes_lag: (!lag.is_zero()).then_some(lag),
            ..Behaviour::default()
        });
    }
    let world = World {
        load,
        gateway,
        history: Arc::new(History::new(seed, lag, THINGS)),
        lag,
    };
    let mut eyes = (0..load.readers).map(|_| Eye::default()).collect();
    for _ in 0..load.schedules {
        eyes = world.schedule(&mut rng, eyes).await;
    }
    world.look_at_all(settle_for).await;
    let mut counts = world.history.counts();
    counts.note_many("answers evicted", evicted(&world.gateway));
    world.gateway.finish().await;
    counts
}

fn start(rng: &mut Rng, seed: u64, settle_for: Duration, load: &Load) -> Gateway {
    let is_scarce = rng.u8(..4) == 0 && load.hurry == 1;
    let setup = Setup::unheard(|team| {
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
    // Asks as another service user: what the one writes, the other must see.
    let hash = hash_of("other");
    let other = format!(
        "[[caller]]\nname = 'other'\ntoken_sha256 = '{hash}'\nprincipals = ['demo/svc-0003']\n"
    );
    // At times there is room for a few answers only.
    let capacity = ["268435456", "16000"][usize::from(rng.u8(..4) == 0)];
    let longest = load.millis(rng.u64(1..3_000));
    let text = |time: Duration| format!("{}us", time.as_micros());
    setup
        .principal("svc-0003")
        .text(&other)
        .set("cache.settle_for", &text(settle_for))
        .set("cache.unknown_settle_for", &text(load.millis(60_000)))
        .set("cache.capacity_bytes", capacity)
        .jitter(seed, longest)
        .parts(load.parts)
        .start()
}

/// How many answers were dropped for want of room.
fn evicted(gateway: &Gateway) -> u64 {
    let text = (opagate::app::sources(&gateway.parts, Arc::default()).metrics)();
    let lines = text.lines();
    let line = lines
        .filter(|line| line.starts_with("opagate_cache_evictions_total"))
        .find(|line| line.contains("\"size\""));
    let number = line.and_then(|line| line.rsplit(' ').next());
    number.map_or(0, |number| number.parse().unwrap())
}

impl World<'_> {
    /// Some writers and all readers at once.
    async fn schedule(&self, rng: &mut Rng, eyes: Vec<Eye>) -> Vec<Eye> {
        let load = self.load;
        let longest = load.millis([50, 1_000, 6_000][rng.usize(..3)]);
        self.trouble(rng);
        let worker = |caller: &str, rng: &mut Rng| Worker {
            client: self.gateway.client(caller),
            history: Arc::clone(&self.history),
            rng: rng.fork(),
            longest,
        };
        let mut writers = Vec::new();
        for thing in THINGS {
            if rng.u8(..load.writers_one_in) > 0 {
                continue;
            }
            let (writes, worker) = (rng.u8(1..=load.writes), worker("writer", rng));
            writers.push(tokio::spawn(worker.write(thing, writes, load.latest())));
        }
        let mut readers = Vec::new();
        for (number, eye) in eyes.into_iter().enumerate() {
            let worker = worker(["reader", "other"][number % 2], rng);
            readers.push(tokio::spawn(worker.read(load.reads, eye)));
        }
        let (written, eyes) = tokio::join!(join_all(writers), join_all(readers));
        self.gateway.emulator.clear_faults();
        written.into_iter().for_each(Result::unwrap);
        eyes.into_iter().map(Result::unwrap).collect()
    }

    /// Some reads lag, fail or are slow; some writes are refused, or their outcome cannot be known.
    fn trouble(&self, rng: &mut Rng) {
        let emulator = &self.gateway.emulator;
        if let Lag::Wild(lag) = self.lag {
            let some = Fault::new(Effect::Lag(lag)).on(Method::GET);
            emulator.fault(some.with_probability(0.5));
        }
        // No more than a read is tried again for.
        for _ in 0..rng.u8(..3) {
            emulator.fault(self.fault(rng));
        }
    }

    fn fault(&self, rng: &mut Rng) -> Fault {
        let unavailable = Effect::status(StatusCode::SERVICE_UNAVAILABLE);
        let late = self.load.latest().mul_f64(rng.f64());
        let read = |effect| Fault::new(effect).on(Method::GET).times(1);
        let method = [Method::PUT, Method::POST, Method::DELETE][rng.usize(..3)].clone();
        let write = |effect| {
            let fault = Fault::new(effect).on(method).times(1);
            fault.at(plan::path("groups*"))
        };
        match rng.u8(..10) {
            0 => read(unavailable),
            1 => read(Effect::Reset).with_probability(0.5),
            2 => read(Effect::ResetBody),
            3 => read(Effect::Delay(late)).times(5),
            4 => read(Effect::SlowBody(late)).times(5),
            5 => write(unavailable),
            6 => write(Effect::Reset),
            7 => write(Effect::ResetAfter),
            _ => write(Effect::ApplyLate(late)),
        }
    }

    /// When all have ended: nothing that was answered is lost.
    async fn look_at_all(&self, settle_for: Duration) {
        sleep(settle_for + self.load.latest()).await;
        let mut eye = Eye::default();
        for read in READS {
            let since = self.history.now();
            let path = read.path(&self.history);
            let reply = self.gateway.reader().get(&path).await;
            self.history.check(&since, &mut eye, read, &reply);
        }
    }
}

/// One who works, and how long pauses are at most.
struct Worker {
    client: Client,
    history: Arc<History>,
    rng: Rng,
    longest: Duration,
}

impl Worker {
    async fn write(mut self, thing: Thing, writes: u8, latest: Duration) {
        let history = &self.history;
        for _ in 0..writes {
            sleep(self.longest.mul_f64(self.rng.f64())).await;
            let (state, request) = thing.change(history, &mut self.rng);
            let number = history.sent(thing, state);
            let reply = self.client.send(request).await;
            if reply.status.is_success() {
                history.note("writes: answered");
                history.answered(thing, number);
            } else if is_late(&reply) {
                history.note("writes: acted late");
                // The next one must not overtake it.
                sleep(latest).await;
                if history.follows(thing, number) {
                    history.answered(thing, number);
                }
            } else if is_refusal(&reply) {
                history.note("writes: refused");
            } else {
                history.note("writes: unanswered");
            }
        }
    }

    async fn read(mut self, reads: usize, mut eye: Eye) -> Eye {
        let history = &self.history;
        for _ in 0..reads {
            sleep(self.longest.mul_f64(self.rng.f64())).await;
            let read: Read = READS[self.rng.usize(..READS.len())];
            let path = read.path(history);
            let since = history.now();
            let asked = self.client.get(&path);
            if self.rng.u8(..50) > 0 {
                history.check(&since, &mut eye, read, &asked.await);
                continue;
            }
            let patience = self.longest.mul_f64(self.rng.f64());
            match timeout(patience, asked).await {
                Ok(reply) => history.check(&since, &mut eye, read, &reply),
                Err(_) => history.note("reads given up"),
            }
        }
        eye
    }
}

/// Whether a write will act although nobody was told so.
fn is_late(reply: &Reply) -> bool {
    let message = &reply.json()["message"];
    reply.status == 504 && *message == "The service did not answer in time"
}

/// Whether a write has done nothing.
fn is_refusal(reply: &Reply) -> bool {
    reply.status.is_client_error() || reply.status == StatusCode::SERVICE_UNAVAILABLE
}
