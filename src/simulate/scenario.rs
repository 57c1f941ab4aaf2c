//! What is simulated.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use crate::caller::{Priority, Weight};
use crate::emulator::{Behaviour, Limiter, Meter};
use crate::shape;

/// Callers and the limit that they share.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// From which all chance comes.
    pub seed: u64,
    /// After so long, what is not answered counts as lost.
    pub longest: Duration,
    /// What all share.
    pub limit: Limit,
    /// How long the gateway lets a request wait.
    pub deadline: Duration,
    /// How the gateway spends the limit.
    pub shape: shape::Config,
    /// How a proxy of fixed spacing is set.
    pub spacing: Spacing,
    /// Who asks; never empty.
    pub groups: Vec<Group>,
}

/// The upstream.
#[derive(Clone, Debug)]
pub struct Limit {
    /// All slots.
    pub burst: NonZeroU32,
    /// How many come back in a second.
    pub refill_per_second: f64,
    /// They come back all at once, after that long; `None`: one by one.
    pub window: Option<Duration>,
    /// Slots that are left at the start.
    pub start_with: u32,
    /// The shortest that an answer takes.
    pub latency_from: Duration,
    /// The longest.
    pub latency_to: Duration,
    /// How far its clock is ahead, in seconds.
    pub skew_seconds: i64,
    /// The share of the refill that somebody else takes, at random, in percent.
    pub outside_percent: u32,
}

/// A proxy that keeps a fixed time between requests.
#[derive(Clone, Copy, Debug)]
pub struct Spacing {
    /// That time; `None`: what the limit gives back one slot in, the best that can be set.
    pub gap: Option<Duration>,
    /// Who would have to wait for longer is sent then all the same.
    pub longest: Duration,
    /// How many are under way at once.
    pub at_once: NonZeroUsize,
}

/// Callers that are alike.
#[derive(Clone, Debug)]
pub struct Group {
    /// Their name in the report.
    pub name: String,
    /// How many.
    pub count: NonZeroUsize,
    /// What each asks for; of no meaning for greedy ones.
    pub requests: NonZeroUsize,
    /// When.
    pub arrival: Arrival,
    /// In which class.
    pub priority: Priority,
    /// How many turns each has to one of another's of its class.
    pub weight: Weight,
    /// How each takes a 429.
    pub client: Client,
}

/// When a caller asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrival {
    /// Everything at the start.
    Together,
    /// So many a second.
    Steady(f64),
    /// So many, again and again after that time.
    Bursts(NonZeroUsize, Duration),
    /// So many at once, the next when one is answered, as Terraform does.
    Some(NonZeroUsize),
    /// The same without end, and again after that time if refused, whatever the refusal said.
    Greedy(NonZeroUsize, Duration),
}

/// How a client takes a 429: both rules are those of the vendor's provider.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Client {
    /// Tries again for ever.
    Terraform,
    /// Tries again three times, waits no longer than 30 s, gives up an answer after 60 s.
    Sdk,
}

impl Scenario {
    /// How many callers there are.
    pub fn callers(&self) -> usize {
        self.groups.iter().map(|group| group.count.get()).sum()
    }

    /// How many requests there are, without those of the greedy.
    pub fn requests(&self) -> usize {
        let finite = self.groups.iter().filter(|group| !group.is_greedy());
        finite
            .map(|group| group.count.get() * group.requests.get())
            .sum()
    }
}

impl Group {
    /// Whether they never end.
    pub fn is_greedy(&self) -> bool {
        matches!(self.arrival, Arrival::Greedy(..))
    }

    /// Whether each wants more than it gets until it has all.
    pub(super) fn is_backlogged(&self) -> bool {
        match self.arrival {
            // With one request there is nothing more to want.
            Arrival::Together | Arrival::Some(_) => self.requests.get() > 1,
            Arrival::Greedy(..) => true,
            Arrival::Steady(_) | Arrival::Bursts(..) => false,
        }
    }
}

impl Limit {
    /// The limiter as it stands at the start, which is at [`EPOCH`].
    pub(super) fn meter(&self) -> Meter {
        let behaviour = Behaviour {
            limiter: self.window.map_or(Limiter::Gcra, |_| Limiter::FixedWindow),
            period: self.window,
            ..Behaviour::default()
        };
        let mut meter = Meter::new(self.burst, self.refill(), &behaviour);
        for _ in self.start_with..self.burst.get() {
            meter.take(EPOCH);
        }
        meter
    }

    /// Slots that come back in a second, in the long run.
    pub(super) fn refill(&self) -> f64 {
        self.window.map_or(self.refill_per_second, |window| {
            f64::from(self.burst.get()) / window.as_secs_f64()
        })
    }

    /// Slots that there are in all from the start until `time`.
    pub(super) fn slots(&self, time: Duration) -> f64 {
        let start = f64::from(self.start_with);
        self.window.map_or_else(
            || start + self.refill_per_second * time.as_secs_f64(),
            |window| {
                let opened = (time.as_secs_f64() / window.as_secs_f64()).floor();
                start + opened * f64::from(self.burst.get())
            },
        )
    }
}

/// When the simulation begins, as time since 1970: not at a whole second.
pub(super) const EPOCH: Duration = Duration::from_millis(1_700_000_000_370);
