//! Question: until when is an answer worth anything, and how urgent is it?

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use sfv::{BareItem, Dictionary, ListEntry, Parser};
use tokio::time::Instant;

use crate::caller::Priority;

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
        let wait = wait(headers).map(Duration::from_secs);
        started + wait.map_or(self.config.deadline, |wait| wait.min(self.config.deadline))
    }

    /// What is said of the caller's preference where it was followed: `Preference-Applied`
    /// (RFC 7240 §3).
    pub(crate) fn applied(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let wait = wait(headers).filter(|wait| *wait <= self.config.deadline.as_secs())?;
        HeaderValue::try_from(format!("wait={wait}")).ok()
    }
}

/// In which class a caller wants this request to wait, by `Priority: u=` (RFC 9218 §4.1): the
/// default and what is more urgent is the first. `None` where it says nothing.
pub(crate) fn urgency(headers: &HeaderMap) -> Option<Priority> {
    let mut lines = headers.get_all(PRIORITY).iter();
    let line = lines.next().filter(|_| lines.next().is_none())?;
    let fields: Dictionary = Parser::new(line.as_bytes()).parse().ok()?;
    let ListEntry::Item(item) = fields.get("u")? else {
        return None;
    };
    let BareItem::Integer(urgency) = item.bare_item else {
        return None;
    };
    match i64::from(urgency) {
        0..=3 => Some(Priority::Interactive),
        4..=5 => Some(Priority::Batch),
        6..=7 => Some(Priority::Background),
        _ => None,
    }
}

/// For how many seconds the caller is willing to wait.
fn wait(headers: &HeaderMap) -> Option<u64> {
    let lines = headers.get_all(PREFER).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|preference| preference.trim().strip_prefix("wait="))
        .find_map(|seconds| seconds.trim().parse().ok())
}

/// Answers a [preference](Deadline::applied).
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

const PRIORITY: HeaderName = HeaderName::from_static("priority");

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

    #[test]
    fn only_a_wait_that_was_granted_as_it_was_asked_is_said_to_be() {
        let applied = |prefer| {
            let headers = HeaderMap::from_iter([(PREFER, HeaderValue::from_static(prefer))]);
            Deadline::new(Config::default()).applied(&headers)
        };

        assert_eq!(applied("respond-async, wait=5").unwrap(), "wait=5");
        assert_eq!(
            (applied("wait=500"), applied("respond-async")),
            (None, None)
        );
    }

    #[test]
    fn urgency_is_read_from_the_field_of_the_standard_alone() {
        let read = |value| {
            let headers = HeaderMap::from_iter([(PRIORITY, HeaderValue::from_static(value))]);
            urgency(&headers)
        };

        assert_eq!(read("u=0, i"), Some(Priority::Interactive));
        assert_eq!(read("i, u=5"), Some(Priority::Batch));
        assert_eq!(read("u=7"), Some(Priority::Background));
        for value in ["u=8", "u=-1", "u=\"7\"", "u=(7)", "i", "", "u="] {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
