//! The generations of the cache under another scheduler: `src/cache/generations.rs` itself, with
//! shuttle's atomics and a clock that ticks when it is told to.
//!
//! Around it stands the protocol in small: two kinds of reads that have a generation in common, a
//! store, flights, and an upstream whose reads lag behind its writes. A hundred thousand schedules, half
//! of them at random and half of few, well-placed switches, read nothing that is too old. Each
//! comparison is needed: without it the same schedules find reads that are.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what is wrong is to fail the test"
)]

use std::cell::Cell;
use std::ops::Add;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64 as Count, Ordering::Relaxed};
use std::time::Duration;

use opagate::cache as tags;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::sync::{Condvar, Mutex, atomic};
use shuttle::{Config, Runner, thread};

#[path = "../src/cache/generations.rs"]
#[expect(dead_code, unreachable_pub, reason = "the cache uses the rest")]
mod generations;

use self::generations::{Check, Generations, Slots, Stamp};

/// A time of the clock below.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Instant(Duration);

thread_local! {
    /// All of one schedule runs on one thread, and so does its clock.
    static CLOCK: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

impl Instant {
    fn now() -> Self {
        Self(CLOCK.get())
    }

    fn saturating_duration_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0 + duration)
    }
}

/// What is left out: one of the comparisons, or of the one at joining that writes have settled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Without {
    Nothing,
    One(Check),
    QuietFlight,
}

/// Each state of the upstream's one number, and since when.
type States = Mutex<Vec<(Instant, u64)>>;

/// A kept answer.
#[derive(Clone)]
struct Entry {
    value: u64,
    sum: u64,
}

#[derive(Default)]
struct Flight {
    stamp: Mutex<Option<Stamp>>,
    landed: Mutex<Option<u64>>,
    landing: Condvar,
}

/// All that takes part in one schedule.
struct World {
    without: Without,
    generations: Generations,
    slots: [Slots; 2],
    kept: [Mutex<Option<Entry>>; 2],
    flights: [Mutex<Option<Arc<Flight>>>; 2],
    acted: States,
    answered: States,
    /// The newest that any read has ended with.
    seen: atomic::AtomicU64,
    wrong: Arc<Count>,
    hits: Arc<Count>,
    shared: Arc<Count>,
}

/// How far the upstream's reads lag behind, and how long a write settles.
const LAG: Duration = Duration::from_millis(2);
const ORDER: atomic::Ordering = atomic::Ordering::SeqCst;

fn at(states: &States, then: Instant) -> u64 {
    let states = states.lock().unwrap();
    let past = states.iter().filter(|(since, _)| *since + LAG <= then);
    past.map(|(_, state)| *state).max().unwrap_or(0)
}

impl World {
    fn write(&self) {
        let touched = Slots::from_slice(&[0, 2]);
        for number in 1..=2 {
            self.generations.open(&touched);
            self.acted.lock().unwrap().push((Instant::now(), number));
            self.generations.close(&touched, LAG);
            self.answered.lock().unwrap().push((Instant::now(), number));
        }
    }

    fn read(&self, kind: usize) {
        let least = at(&self.answered, Instant::now()).max(self.seen.load(ORDER));
        let value = self.find(kind).unwrap_or_else(|| self.fetch(kind));
        self.seen.fetch_max(value, ORDER);
        if value < least {
            self.wrong.fetch_add(1, Relaxed);
        }
    }

    /// As `Store::find`.
    fn find(&self, kind: usize) -> Option<u64> {
        let entry = self.kept[kind].lock().unwrap().clone()?;
        let is_true = self.generations.sum(&self.slots[kind]) == entry.sum;
        let is_given = is_true || self.without == Without::One(Check::Hit);
        self.hits.fetch_add(u64::from(is_given), Relaxed);
        is_given.then_some(entry.value)
    }

    /// As `Coalesce::board`.
    fn fetch(&self, kind: usize) -> u64 {
        let mut flights = self.flights[kind].lock().unwrap();
        if let Some(flight) = flights
            .as_ref()
            .filter(|flight| self.can_be_joined(flight, kind))
        {
            let flight = Arc::clone(flight);
            drop(flights);
            self.shared.fetch_add(1, Relaxed);
            let landed = flight.landed.lock().unwrap();
            let landed = flight.landing.wait_while(landed, |landed| landed.is_none());
            return landed.unwrap().unwrap();
        }
        let flight = Arc::new(Flight::default());
        *flights = Some(Arc::clone(&flight));
        drop(flights);
        self.fly(&flight, kind)
    }

    fn can_be_joined(&self, flight: &Flight, kind: usize) -> bool {
        let slots = &self.slots[kind];
        let stamp = *flight.stamp.lock().unwrap();
        stamp.is_none_or(|stamp| match self.without {
            Without::One(Check::Flight) => true,
            Without::QuietFlight => self.generations.sum(slots) == stamp.sum,
            Without::Nothing | Without::One(_) => self.generations.vouch_for(slots, &stamp),
        })
    }

    /// As `Coalesce::fly` and `Store::offer`.
    fn fly(&self, flight: &Arc<Flight>, kind: usize) -> u64 {
        let slots = &self.slots[kind];
        let stamp = self.generations.stamp(slots);
        *flight.stamp.lock().unwrap() = Some(stamp);
        let value = at(&self.acted, Instant::now());
        let is_true = self.generations.vouch_for(slots, &stamp);
        if is_true || self.without == Without::One(Check::Store) {
            let sum = stamp.sum;
            *self.kept[kind].lock().unwrap() = Some(Entry { value, sum });
        }
        let mut flights = self.flights[kind].lock().unwrap();
        if flights
            .as_ref()
            .is_some_and(|mapped| Arc::ptr_eq(mapped, flight))
        {
            *flights = None;
        }
        drop(flights);
        *flight.landed.lock().unwrap() = Some(value);
        flight.landing.notify_all();
        value
    }
}

/// What so many schedules come to: wrong reads, hits, shared fetches.
fn run(without: Without, schedules: usize, is_random: bool) -> [u64; 3] {
    let counts: [Arc<Count>; 3] = Default::default();
    let [wrong, hits, shared] = counts.clone();
    let schedule = move || {
        CLOCK.set(Duration::ZERO);
        let world = Arc::new(World {
            without,
            generations: Generations::with_places(3),
            slots: [Slots::from_slice(&[0, 1]), Slots::from_slice(&[0, 2])],
            kept: Default::default(),
            flights: Default::default(),
            acted: States::default(),
            answered: States::default(),
            seen: atomic::AtomicU64::new(0),
            wrong: Arc::clone(&wrong),
            hits: Arc::clone(&hits),
            shared: Arc::clone(&shared),
        });
        let works: [fn(&World); 5] = [
            World::write,
            |_| tick(),
            |world| [0, 0, 0].iter().for_each(|kind| world.read(*kind)),
            |world| [1, 0, 0].iter().for_each(|kind| world.read(*kind)),
            |world| [0, 1, 0].iter().for_each(|kind| world.read(*kind)),
        ];
        let all = works.map(|work| {
            let world = Arc::clone(&world);
            thread::spawn(move || work(&world))
        });
        for one in all {
            one.join().unwrap();
        }
    };
    // The same ones each time: what is rare is found, or is not, for good.
    if is_random {
        let scheduler = RandomScheduler::new_from_seed(SEED, schedules);
        Runner::new(scheduler, Config::new()).run(schedule);
    } else {
        let scheduler = PctScheduler::new_from_seed(SEED, 3, schedules);
        Runner::new(scheduler, Config::new()).run(schedule);
    }
    counts.map(|count| count.load(Relaxed))
}

fn tick() {
    for _ in 0..8 {
        thread::yield_now();
        CLOCK.set(CLOCK.get() + Duration::from_millis(1));
    }
}

const SEED: u64 = 11;

/// How many of each kind are tried.
const SCHEDULES: usize = 50_000;

#[test]
fn fifty_thousand_random_schedules_read_nothing_too_old() {
    let [wrong, hits, shared] = run(Without::Nothing, SCHEDULES, true);

    assert_eq!(wrong, 0);
    assert!(hits > 1_000 && shared > 10_000, "{hits} {shared}");
}

#[test]
fn fifty_thousand_schedules_of_few_switches_read_nothing_too_old() {
    let [wrong, hits, shared] = run(Without::Nothing, SCHEDULES, false);

    assert_eq!(wrong, 0);
    assert!(hits > 1_000 && shared > 10_000, "{hits} {shared}");
}

#[test]
fn each_comparison_is_missed() {
    for (left_out, schedules) in [
        (Without::One(Check::Store), 500),
        (Without::One(Check::Hit), 500),
        // These show in one of two thousand.
        (Without::One(Check::Flight), 8_000),
        (Without::QuietFlight, 8_000),
    ] {
        let [wrong, ..] = run(left_out, schedules, false);

        assert!(wrong > 0, "{left_out:?}");
    }
}
