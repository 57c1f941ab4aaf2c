//! Question: until when is an answer worth anything?

use std::time::Duration;

use http::{HeaderMap, HeaderName};
use tokio::time::Instant;

/// How long a request may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// From the arrival of its head to the answer; `Prefer: wait=N` may shorten it.
    pub deadline: Duration,
}

impl Default for Config {
    fn default() -> Self {
        // Below the 55 s within which the vendor's SDK needs an answer.
        Self {
            deadline: Duration::from_secs(50),
        }
    }
}

/// Sets each request's deadline; see the [module](self).
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    config: Config,
}

impl Deadline {
    /// Deadlines as `config` says.
    pub fn new(config: Config) -> Self {
        Self { config }
    }

    /// The deadline of what nobody waits for.
    pub(crate) fn of_none(&self, started: Instant) -> Instant {
        started + self.config.deadline
    }

    /// The deadline of a request that arrived at `started`.
    ///
    /// `Prefer: wait=N` (RFC 7240 §4.3) may shorten it; what cannot be read is ignored, as a
    /// preference is (§2).
    pub fn ask(&self, headers: &HeaderMap, started: Instant) -> Instant {
        let wait = headers
            .get_all(PREFER)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .filter_map(|preference| preference.trim().strip_prefix("wait="))
            .find_map(|seconds| seconds.trim().parse().ok())
            .map(Duration::from_secs);
        started + wait.map_or(self.config.deadline, |wait| wait.min(self.config.deadline))
    }
}

const PREFER: HeaderName = HeaderName::from_static("prefer");

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn granted(prefer: &'static str) -> Duration {
        let mut headers = HeaderMap::new();
        headers.insert(PREFER, HeaderValue::from_static(prefer));
        let now = Instant::now();
        Deadline::new(Config::default()).ask(&headers, now) - now
    }

    #[test]
    fn caller_may_shorten_it_but_not_lengthen_it() {
        assert_eq!(granted("respond-async, wait=5"), Duration::from_secs(5));
        assert_eq!(granted("wait=500"), Duration::from_secs(50));
        assert_eq!(granted("wait=soon"), Duration::from_secs(50));
    }
}
