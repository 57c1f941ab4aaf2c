//! Which requests take from the same slots.

use std::fmt::Write;

use uuid::Uuid;

use super::super::ask::Ask;

/// The name of a bucket.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(in crate::emulator) enum Bucket {
    /// That of all.
    Team,
    /// That of one service user.
    User(Uuid),
    /// That of one service user and one endpoint.
    Endpoint(Uuid, Box<str>),
    /// That of those for which there was no room.
    Rest,
}

impl Bucket {
    /// The bucket of `user` for the endpoint that is asked.
    ///
    /// In OPA's paths every other segment is a name or an id, which makes no endpoint of its own. What
    /// is longer than any of them is told apart by its start alone: who asks makes it up.
    pub(super) fn endpoint(user: Uuid, ask: &Ask) -> Self {
        let mut endpoint = ask.method.to_string();
        for (at, segment) in ask.segments.iter().skip(3).take(SEGMENTS).enumerate() {
            let segment = if at % 2 == 0 { segment } else { "{}" };
            let _ = write!(endpoint, "/{segment:.LETTERS$}");
        }
        Self::Endpoint(user, endpoint.into())
    }
}

/// Segments below the team that make an endpoint.
const SEGMENTS: usize = 16;

/// Letters of a segment that do.
const LETTERS: usize = 64;
