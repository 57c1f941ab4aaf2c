//! Who asks, and in whose name the gateway asks the upstream.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use tokio::time::Instant;

use crate::policy::Set;
use crate::quota::Limit;

/// Who asks the gateway, as later parts may know them: by name, never by credential.
#[derive(Debug)]
pub struct Caller {
    /// Name from the configuration; the label in metrics, logs and the fair queue.
    pub name: Arc<str>,
    /// Place in the configuration's list; the key of the fair queue and of the quota.
    pub index: usize,
    /// How the credential was shown.
    pub kind: CallerKind,
    /// In which class its requests wait.
    pub priority: Priority,
    /// How many turns it has to one of another caller's, where both wait.
    pub weight: Weight,
    /// The principals it may use, at most one for each team; the first also serves paths outside
    /// of any team.
    pub principals: Vec<Arc<Principal>>,
    /// What lets it do things.
    pub grant: Grant,
}

/// What lets a caller do things, and for how long.
///
/// The policies are known here by their handle, though `policy` stands further down: what may be done
/// must not outlive who may do it, nor be found by a number that another could have by then.
#[derive(Debug, Default)]
pub struct Grant {
    /// Its policies.
    pub set: Arc<Set>,
    /// When its session ends; `None` if it does not end by itself.
    pub until: Option<Instant>,
    /// The session that its credential stands for, if it is one that the gateway gave out.
    pub session: Option<SessionId>,
    /// What a session is called where its token must not be seen.
    pub accessor: Option<Arc<str>>,
    /// Whether each request with the credential counts, so that none may be let in without counting.
    pub is_counted: bool,
    /// How much it may ask, where that is not in the configuration.
    pub limit: Option<Arc<Limit>>,
}

/// Which session: the keyed hash of its token.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SessionId(pub [u8; 32]);

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId")
    }
}

/// How a caller proved who it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallerKind {
    /// A static token, known by its hash.
    Token,
    /// It came in through a trusted loopback listener.
    Trusted,
    /// A token that the gateway gave out: after a login, or for another one.
    Session,
    /// A token that the gateway gave out for a virtual key.
    VirtualKey,
}

impl CallerKind {
    /// The word in logs and audit records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Trusted => "trusted",
            Self::Session => "session",
            Self::VirtualKey => "virtual_key",
        }
    }
}

/// What a caller may do, in short: each stands for a policy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Reads that show no secret.
    Read,
    /// All reads and all writes.
    Write,
}

impl Access {
    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// How many turns a caller has, from 1 to [`MOST`](Self::MOST).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Weight(NonZeroU32);

impl Weight {
    /// One turn for one of anybody else's.
    pub const ONE: Self = Self(NonZeroU32::MIN);
    /// The largest; more would only make the others' turns rarer than anybody can mean.
    pub const MOST: u32 = 100;

    /// `None` if it is larger than any may be.
    pub fn new(weight: NonZeroU32) -> Option<Self> {
        (weight.get() <= Self::MOST).then_some(Self(weight))
    }

    /// As a number.
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

/// In which order waiting requests are let go; the first waits least.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Priority {
    /// A person waits.
    Interactive,
    /// A job waits.
    Batch,
    /// Nobody waits.
    Background,
}

impl Priority {
    /// All of them, most urgent first.
    pub const ALL: [Self; 3] = [Self::Interactive, Self::Batch, Self::Background];

    /// The word in the configuration and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Batch => "batch",
            Self::Background => "background",
        }
    }
}

/// The OPA service user in whose name the gateway asks the upstream.
#[derive(Debug, Eq, PartialEq)]
pub struct Principal {
    /// Place in the list of all principals; tokens and buckets are kept in that order.
    pub index: usize,
    /// Place of its team in the list of teams; upstreams are kept in that order.
    pub team_index: usize,
    /// The team, lower case.
    pub team: Arc<str>,
    /// Name from the configuration: the service user's own name.
    pub name: Arc<str>,
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.team, self.name)
    }
}
