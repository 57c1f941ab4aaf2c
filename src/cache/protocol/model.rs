//! The upstream as a model, those who ask it through the cache, and what they may see.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use futures_util::future::join_all;
use http::{Method, StatusCode};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};
use tokio_util::task::TaskTracker;
use tower::{Layer, ServiceExt, service_fn};

use super::LATEST;
use crate::cache::{Ask, Check, Config, Directives, Found, Generations, Invalidate, Store, key};
use crate::coalesce::Coalesce;
use crate::error::{Error, Kind};
use crate::exchange::{Body, Handler, Request, Response};
use crate::metrics::Metrics;
use crate::middleware::with;
use crate::testing;

/// What came of one schedule or of many.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) reads: u64,
    pub(super) hits: u64,
    /// Reads that shared the fetch of another.
    pub(super) shared: u64,
    /// Requests that ended in an error that the upstream did not make.
    pub(super) lost: u64,
    /// Reads of what was not true any more.
    pub(super) stale: Vec<String>,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.reads += other.reads;
        self.hits += other.hits;
        self.shared += other.shared;
        self.lost += other.lost;
        self.stale.extend(other.stale.iter().cloned());
    }
}

/// What is known of one group: its states are numbered as they are written.
#[derive(Default)]
struct Book {
    /// What the upstream has, from when on.
    truth: Vec<(Instant, u32)>,
    /// What must be seen by reads that begin then.
    known: Vec<(Instant, u32)>,
    sent: u32,
}

impl Book {
    fn at(states: &[(Instant, u32)], then: Instant) -> u32 {
        let past = states.iter().filter(|(since, _)| *since <= then);
        past.map(|(_, state)| *state).max().unwrap_or(0)
    }
}

/// All that takes part in one schedule.
struct World {
    books: [Mutex<Book>; GROUPS],
    rng: Mutex<Rng>,
    counts: Mutex<Counts>,
    fetches: AtomicU64,
    /// How far reads lag behind, and the longest way to the upstream or back.
    lag: Duration,
    longest: Duration,
    start: Instant,
}

const GROUPS: usize = 2;

/// Runs one schedule.
pub(super) async fn run(seed: u64, without: Option<Check>) -> Counts {
    let mut rng = Rng::with_seed(seed);
    let settle_for = Duration::from_millis([0, 500, 2_000][rng.usize(..3)]);
    let config = Config {
        // At times there is room for one answer only.
        capacity_bytes: [1_500, 1 << 20][rng.usize(..2)],
        settle_for,
        unknown_settle_for: LATEST + settle_for + Duration::from_secs(2),
        ..Config::default()
    };
    let world = Arc::new(World {
        books: Default::default(),
        lag: settle_for.mul_f64(rng.f64() * 0.9 * f64::from(rng.u8(..2))),
        longest: Duration::from_millis(rng.u64(1..1_500)),
        rng: Mutex::new(rng),
        counts: Mutex::default(),
        fetches: AtomicU64::new(0),
        start: Instant::now(),
    });
    let (generations, tasks) = (Generations::without(without), TaskTracker::new());
    let metrics = Metrics::default();
    let store = Store::new(config.clone(), generations.clone(), metrics.clone());
    let invalidate = Invalidate::new(&config, generations, tasks.clone(), metrics.clone());
    let coalesce = Coalesce::new(store.clone(), tasks.clone(), metrics);
    let stack = with(invalidate).layer(with(coalesce).layer(upstream(&world)));
    let writers = (0..GROUPS).map(|group| write(Arc::clone(&world), group, stack.clone()));
    let ask = Ask::new(store);
    let readers = (0..4).map(|_| read(Arc::clone(&world), ask.clone(), stack.clone()));
    tokio::join!(join_all(writers), join_all(readers));
    tasks.close();
    tasks.wait().await;
    let mut counts = std::mem::take(&mut *world.counts.lock());
    let fetches = world.fetches.load(Ordering::SeqCst);
    counts.shared = (counts.reads - counts.hits).saturating_sub(fetches);
    counts
}

impl World {
    fn some(&self, longest: Duration) -> Duration {
        longest.mul_f64(self.rng.lock().f64())
    }

    fn is_one_in(&self, many: u8) -> bool {
        self.rng.lock().u8(..many) == 0
    }

    /// A read that is answered now.
    fn tell(&self, path: &str) -> Response {
        let then = Instant::now().checked_sub(self.lag).unwrap_or(self.start);
        let states = groups_of(path).map(|group| {
            let state = Book::at(&self.books[group].lock().truth, then);
            state.to_string()
        });
        let text = states.collect::<Vec<_>>().join(",");
        Response::new(Body::from(Bytes::from(text)))
    }

    /// A write that arrives now.
    fn act(&self, request: &Request) -> Result<Response, Error> {
        let group = groups_of(&request.target).next().unwrap();
        let state = std::str::from_utf8(&request.body).unwrap().parse().unwrap();
        let now = Instant::now();
        let mut book = self.books[group].lock();
        if self.is_one_in(8) {
            return Ok(testing::answer(409));
        }
        if self.is_one_in(10) {
            let late = now + self.some(LATEST);
            book.truth.push((late, state));
            return Ok(testing::answer(504));
        }
        book.truth.push((now, state));
        if self.is_one_in(10) {
            return Err(Kind::Unreachable { sent: true }.into());
        }
        Ok(testing::answer(204))
    }
}

fn upstream(world: &Arc<World>) -> impl Handler {
    let world = Arc::clone(world);
    service_fn(move |request: Request| {
        let world = Arc::clone(&world);
        async move {
            // The queue, then there, then back.
            sleep(world.some(world.longest / 2)).await;
            request.released();
            sleep(world.some(world.longest)).await;
            let result = if request.operation.is_write() {
                world.act(&request)
            } else {
                world.fetches.fetch_add(1, Ordering::SeqCst);
                Ok(world.tell(&request.target))
            };
            sleep(world.some(world.longest)).await;
            if !request.operation.is_write() && world.is_one_in(20) {
                return Err(Kind::UpstreamTimeout.into());
            }
            result
        }
    })
}

async fn write(world: Arc<World>, group: usize, stack: impl Handler) {
    for _ in 0..6 {
        sleep(world.some(Duration::from_secs(6))).await;
        let mut request = testing::request(&Method::PUT, &format!("{LIST}/{group}"));
        let state = {
            let mut book = world.books[group].lock();
            book.sent += 1;
            book.sent
        };
        request.body = Bytes::from(state.to_string());
        let reply = stack.clone().oneshot(request).await;
        match reply.map(|reply| reply.status()) {
            Ok(StatusCode::NO_CONTENT) => {}
            Ok(StatusCode::CONFLICT) => continue,
            // States would change their order if the next went before this one has acted.
            Ok(_) | Err(_) => sleep(LATEST).await,
        }
        let known = (Instant::now(), state);
        world.books[group].lock().known.push(known);
    }
}

async fn read(world: Arc<World>, ask: Ask, stack: impl Handler) {
    let mut newest = [0; GROUPS];
    for _ in 0..25 {
        sleep(world.some(Duration::from_secs(2))).await;
        let path = PATHS[world.rng.lock().usize(..PATHS.len())];
        let began = Instant::now().checked_sub(world.lag).unwrap_or(world.start);
        let since: Vec<u32> = groups_of(path)
            .map(|group| Book::at(&world.books[group].lock().known, began))
            .collect();
        let Some(seen) = look(&world, &ask, stack.clone(), path).await else {
            continue;
        };
        for ((group, since), seen) in groups_of(path).zip(since).zip(seen) {
            let last = world.books[group].lock().sent;
            let newest = &mut newest[group];
            if !(since.max(*newest)..=last).contains(&seen) {
                let stale =
                    format!("{path}: {seen} of {group}, not {since} and {newest} to {last}");
                world.counts.lock().stale.push(stale);
            }
            *newest = seen.max(*newest);
        }
    }
}

/// Asks as the front does: memory first, then below.
async fn look(world: &World, ask: &Ask, stack: impl Handler, path: &str) -> Option<Vec<u32>> {
    let mut request = testing::request(&Method::GET, path);
    let key = key(&request.principal, &request.operation, &request.headers);
    request.key = Some(key.as_slice().into());
    world.counts.lock().reads += 1;
    let found = ask.ask(&key, Directives::default(), || 1.0);
    let response = if let Ok((Found::Fresh(entry, age, _) | Found::Stale(entry, age, _), _)) = found
    {
        world.counts.lock().hits += 1;
        Ok(entry.to_response(age, false))
    } else {
        stack.oneshot(request).await
    };
    match response {
        Ok(response) => {
            let text = response.body().whole().unwrap();
            let text = std::str::from_utf8(&text).unwrap();
            Some(
                text.split(',')
                    .map(|state| state.parse().unwrap())
                    .collect(),
            )
        }
        Err(error) if error.kind() == Kind::UpstreamTimeout => None,
        Err(_) => {
            world.counts.lock().lost += 1;
            None
        }
    }
}

/// The groups that a path tells of.
fn groups_of(path: &str) -> std::ops::Range<usize> {
    match path
        .strip_prefix(LIST)
        .and_then(|item| item.strip_prefix('/'))
    {
        Some(item) => {
            let group = item.parse().unwrap();
            group..group + 1
        }
        None => 0..GROUPS,
    }
}

const LIST: &str = "/v1/teams/demo/groups";
const PATHS: [&str; 3] = [LIST, "/v1/teams/demo/groups/0", "/v1/teams/demo/groups/1"];
