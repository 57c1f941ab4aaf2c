//! Runs one scenario in one way.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fastrand::Rng;
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::caller::{Caller, CallerKind, Grant};
use crate::simulate::arrival::times;
use crate::simulate::report::{Report, Seen};
use crate::simulate::scenario::{Arrival, Client, Group, Scenario};
use crate::simulate::upstream::Upstream;
use crate::simulate::way::{Reply, Road, Way, principal};

/// Runs `scenario` in `way`; takes real time only for what has to be reckoned.
///
/// # Errors
///
/// Fails if the machine gives no runtime.
pub fn run(scenario: &Scenario, way: Way) -> io::Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    // The gateway's own chance; there is but this thread.
    fastrand::seed(scenario.seed);
    Ok(runtime.block_on(drive(scenario, way)))
}

async fn drive(scenario: &Scenario, way: Way) -> Report {
    let upstream = Arc::new(Upstream::new(&scenario.limit, scenario.seed));
    let road = Road::new(way, scenario, &upstream);
    let (mut finite, mut greedy) = (JoinSet::new(), JoinSet::new());
    let mut desks = Vec::new();
    let kinds = scenario.groups.iter();
    let kinds = kinds.flat_map(|group| std::iter::repeat_n(group, group.count.get()));
    for (index, group) in kinds.enumerate() {
        let desk = Arc::new(Desk::new(index, group, scenario.seed, &road, &upstream));
        let tasks = if group.is_greedy() {
            &mut greedy
        } else {
            &mut finite
        };
        start(&desk, group, tasks);
        desks.push(desk);
    }
    let all = async { while finite.join_next().await.is_some() {} };
    // What is not done then is not answered.
    let _ = timeout(scenario.longest, all).await;
    let seen: Vec<_> = desks.iter().map(|desk| desk.seen.lock().clone()).collect();
    Report::new(scenario, way, &seen, upstream.count())
}

/// Starts all requests of one caller.
fn start(desk: &Arc<Desk>, group: &Group, tasks: &mut JoinSet<()>) {
    match group.arrival {
        Arrival::Together | Arrival::Steady(_) | Arrival::Bursts(..) => {
            let started = Instant::now();
            for at in times(group) {
                let desk = Arc::clone(desk);
                tasks.spawn(async move {
                    sleep_until(started + at).await;
                    desk.get().await;
                });
            }
        }
        Arrival::Some(at_once) => {
            let left = Arc::new(AtomicUsize::new(group.requests.get()));
            for _ in 0..at_once.min(group.requests).get() {
                let (desk, left) = (Arc::clone(desk), Arc::clone(&left));
                let take = move || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
                tasks.spawn(async move {
                    while take().is_ok() {
                        desk.get().await;
                    }
                });
            }
        }
        Arrival::Greedy(at_once, pause) => {
            for _ in 0..at_once.get() {
                let desk = Arc::clone(desk);
                tasks.spawn(async move { desk.press(pause).await });
            }
        }
    }
}

fn less(left: usize) -> Option<usize> {
    left.checked_sub(1)
}

/// Where one caller's requests are made.
#[derive(Debug)]
struct Desk {
    caller: Arc<Caller>,
    client: Client,
    road: Road,
    upstream: Arc<Upstream>,
    rng: Mutex<Rng>,
    seen: Mutex<Seen>,
}

impl Desk {
    fn new(index: usize, group: &Group, seed: u64, road: &Road, upstream: &Arc<Upstream>) -> Self {
        let caller = Caller {
            name: format!("{}-{index}", group.name).into(),
            index,
            kind: CallerKind::Token,
            priority: group.priority,
            weight: group.weight,
            principals: vec![principal()],
            grant: Grant::default(),
        };
        let own = u64::try_from(index).unwrap_or_default() + 1;
        Self {
            caller: Arc::new(caller),
            client: group.client,
            road: road.clone(),
            upstream: Arc::clone(upstream),
            rng: Mutex::new(Rng::with_seed(seed ^ own.wrapping_mul(CALLER))),
            seen: Mutex::default(),
        }
    }

    /// One request, until it is answered or given up.
    async fn get(&self) {
        let since = Instant::now();
        let mut retries = self.client.retries();
        loop {
            let asked = timeout(self.client.patience(), self.road.ask(&self.caller)).await;
            let retry_at = match asked {
                Ok(Reply::Answer) => return self.answered(since),
                Ok(Reply::Limited(retry_at)) if retries > 0 => retry_at,
                Ok(Reply::Limited(_) | Reply::Failed) | Err(_) => {
                    self.seen.lock().lost += 1;
                    return;
                }
            };
            retries -= 1;
            let now = self.upstream.now();
            let pause = self.client.pause(retry_at, now, &mut self.rng.lock());
            sleep(pause).await;
        }
    }

    /// Requests without end.
    async fn press(&self, pause: Duration) {
        loop {
            let since = Instant::now();
            if self.road.ask(&self.caller).await == Reply::Answer {
                self.answered(since);
            } else {
                sleep(pause).await;
            }
        }
    }

    fn answered(&self, since: Instant) {
        let answer = (self.upstream.now(), since.elapsed());
        self.seen.lock().answers.push(answer);
    }
}

/// Keeps the chance of callers apart.
const CALLER: u64 = 0x9e37_79b9_7f4a_7c15;
