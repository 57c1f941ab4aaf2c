//! How the vendor's clients take a 429.

use std::time::Duration;

use fastrand::Rng;
use http::header::DATE;
use http::{HeaderMap, Response};

use crate::simulate::scenario::{Client, EPOCH};
use crate::simulate::upstream::RETRY_AT;

impl Client {
    /// How often it tries again.
    pub(super) fn retries(self) -> u32 {
        match self {
            Self::Terraform => u32::MAX,
            Self::Sdk => 3,
        }
    }

    /// How long it waits for an answer, if not for ever.
    pub(super) fn patience(self) -> Duration {
        match self {
            Self::Terraform => DAY,
            Self::Sdk => Duration::from_secs(60),
        }
    }

    /// How long it waits after a 429 that names `retry_at`, at a time `now` since the start.
    ///
    /// A time that is past makes it wait as long as it ever does: that is how it is written.
    pub(super) fn pause(self, retry_at: Option<u64>, now: Duration, rng: &mut Rng) -> Duration {
        let longest = match self {
            Self::Terraform => DAY,
            Self::Sdk => Duration::from_secs(30),
        };
        let Some(at) = retry_at else {
            return Duration::from_secs_f64(between(5.0, 10.0, rng)).min(longest);
        };
        let jitter = Duration::from_secs_f64(between(0.1, 3.0, rng));
        let pause = (Duration::from_secs(at) + jitter).checked_sub(EPOCH + now);
        pause.map_or(longest, |pause| pause.min(longest))
    }
}

/// The time that a 429 names, in seconds since 1970.
pub(super) fn retry_at<B>(response: &Response<B>) -> Option<u64> {
    number(response.headers(), RETRY_AT)
}

/// How far ahead a header's time is of the answer's own `Date`.
pub(super) fn ahead(headers: &HeaderMap, name: &str) -> Duration {
    let date = headers.get(DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let date = date.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
    let time = number(headers, name).map(Duration::from_secs);
    let ahead = time.zip(date).map(|(time, date)| time.saturating_sub(date));
    ahead.unwrap_or_default()
}

/// A header that is a number.
pub(super) fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

fn between(from: f64, to: f64, rng: &mut Rng) -> f64 {
    from + (to - from) * rng.f64()
}

const DAY: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(client: Client, ahead: i64) -> Duration {
        let at = EPOCH.as_secs().saturating_add_signed(ahead);
        client.pause(Some(at), Duration::ZERO, &mut Rng::with_seed(1))
    }

    #[test]
    fn client_comes_back_soon_after_the_time_that_was_named() {
        for client in [Client::Sdk, Client::Terraform] {
            let pause = pause(client, 10).as_secs_f64();
            assert!((9.7..13.0).contains(&pause), "{pause}");
        }
    }

    #[test]
    fn time_that_is_past_makes_it_wait_longest() {
        assert_eq!(pause(Client::Sdk, -60), Duration::from_secs(30));
        assert_eq!(pause(Client::Terraform, -60), DAY);
    }

    #[test]
    fn sdk_waits_no_longer_than_half_a_minute() {
        assert_eq!(pause(Client::Sdk, 600), Duration::from_secs(30));
        assert!(pause(Client::Terraform, 600) > Duration::from_secs(600));
    }

    #[test]
    fn without_a_time_it_waits_some_seconds() {
        let pause = Client::Sdk.pause(None, Duration::ZERO, &mut Rng::with_seed(1));

        assert!((5.0..10.0).contains(&pause.as_secs_f64()), "{pause:?}");
    }
}
