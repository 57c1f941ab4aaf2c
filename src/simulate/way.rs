//! The ways to the upstream that are compared.

mod ours;
mod serial;
mod spaced;

use std::sync::Arc;
use std::time::Duration;

use crate::caller::Caller;
use crate::exchange::Response;
use crate::simulate::client::retry_at;
use crate::simulate::scenario::Scenario;
use crate::simulate::upstream::Upstream;

pub(super) use self::ours::principal;

use self::ours::Ours;
use self::serial::Serial;
use self::spaced::Spaced;

/// What stands between callers and upstream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// This gateway: learns the limit, waits in a fair queue, tries again after a 429.
    Ours,
    /// Nothing: each client alone, with its own rules for a 429.
    Naive,
    /// A proxy that keeps a fixed time between requests, set by hand, and passes 429s on; what its
    /// callers gave up is sent all the same.
    Spaced,
    /// A proxy that sends one request after the other, and none from `Remaining: 0` or a 429, which
    /// it passes on, until `Reset`.
    Serial,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ours, Self::Naive, Self::Spaced, Self::Serial];

    /// The word on the command line and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Naive => "naive",
            Self::Spaced => "spaced",
            Self::Serial => "serial",
        }
    }
}

/// What a client is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reply {
    /// Its answer.
    Answer,
    /// 429, and when to come back, in seconds since 1970.
    Limited(Option<u64>),
    /// Something else, which no client tries again.
    Failed,
}

impl Reply {
    fn of(response: &Response) -> Self {
        match response.status() {
            http::StatusCode::OK => Self::Answer,
            http::StatusCode::TOO_MANY_REQUESTS => Self::Limited(retry_at(response)),
            _ => Self::Failed,
        }
    }
}

/// One way at work.
#[derive(Clone, Debug)]
pub(super) enum Road {
    Ours(Ours),
    Naive(Arc<Upstream>),
    Spaced(Arc<Spaced>),
    Serial(Arc<Serial>),
}

impl Road {
    /// `way` to `upstream`, as `scenario` has it set.
    pub(super) fn new(way: Way, scenario: &Scenario, upstream: &Arc<Upstream>) -> Self {
        let upstream = Arc::clone(upstream);
        match way {
            Way::Ours => Self::Ours(Ours::new(scenario, upstream)),
            Way::Naive => Self::Naive(upstream),
            Way::Spaced => {
                let slot = Duration::try_from_secs_f64(scenario.limit.refill().recip());
                let gap = scenario
                    .spacing
                    .gap
                    .or_else(|| slot.ok())
                    .unwrap_or_default();
                Self::Spaced(Arc::new(Spaced::new(scenario.spacing, gap, upstream)))
            }
            Way::Serial => Self::Serial(Arc::new(Serial::new(upstream))),
        }
    }

    /// Asks once for `caller`.
    pub(super) async fn ask(&self, caller: &Arc<Caller>) -> Reply {
        match self {
            Self::Ours(ours) => ours.ask(caller).await,
            Self::Naive(upstream) => Reply::of(&upstream.ask().await),
            Self::Spaced(spaced) => spaced.ask().await,
            Self::Serial(serial) => serial.ask().await,
        }
    }
}
