//! A proxy that sends one request after the other.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::simulate::client::{ahead, number};
use crate::simulate::upstream::Upstream;
use crate::simulate::way::Reply;

/// The proxy.
#[derive(Debug)]
pub(in crate::simulate) struct Serial {
    /// Until when nothing is sent; held by the one that is under way.
    shut_until: Mutex<Instant>,
    upstream: Arc<Upstream>,
}

impl Serial {
    pub(super) fn new(upstream: Arc<Upstream>) -> Self {
        Self {
            shut_until: Mutex::new(Instant::now()),
            upstream,
        }
    }

    /// Times are taken as the answer's own `Date` has them, so no clock can be wrong.
    pub(super) async fn ask(&self) -> Reply {
        let mut shut_until = self.shut_until.lock().await;
        sleep_until(*shut_until).await;
        let response = self.upstream.ask().await;
        let reply = Reply::of(&response);
        let is_spent = number(response.headers(), "x-ratelimit-remaining") == Some(0);
        if is_spent || reply != Reply::Answer {
            let pause = ahead(response.headers(), "x-ratelimit-reset").min(LONGEST);
            *shut_until = Instant::now() + pause;
        }
        reply
    }
}

/// Nothing is shut for longer.
const LONGEST: Duration = Duration::from_secs(86_400);
