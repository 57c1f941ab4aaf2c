//! Reads an answer's body whole, unless it is longer than what is kept.

use std::time::Duration;

use bytes::Bytes;
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::error::{Error, Kind};
use crate::exchange::Body;
use crate::upstream::resumed;

/// A body, as far as it was read.
pub(super) enum Read {
    /// All of it.
    Whole(Bytes),
    /// Longer than what is kept; goes on as it arrives.
    Longer(Body),
}

/// Reads a body up to `limit` bytes, each part within `pause`.
///
/// # Errors
///
/// Fails with `UpstreamTimeout`, or `Unreachable` if it ends before it is whole.
pub(super) async fn read(mut body: Body, limit: usize, pause: Duration) -> Result<Read, Error> {
    let expected = body
        .size_hint()
        .exact()
        .and_then(|length| usize::try_from(length).ok());
    if expected.is_some_and(|length| length > limit) {
        return Ok(Read::Longer(resumed(Bytes::new(), body, pause)));
    }
    let mut read = Vec::with_capacity(expected.unwrap_or(0).min(1 << 20));
    loop {
        let frame = timeout(pause, body.frame()).await;
        let frame = frame.map_err(|late| Kind::UpstreamTimeout.because(late))?;
        let Some(frame) = frame else {
            read.shrink_to_fit();
            return Ok(Read::Whole(read.into()));
        };
        let frame = frame.map_err(|error| Kind::Unreachable { sent: true }.because(error))?;
        if let Ok(data) = frame.into_data() {
            read.extend_from_slice(&data);
        }
        if read.len() > limit {
            return Ok(Read::Longer(resumed(read.into(), body, pause)));
        }
    }
}
