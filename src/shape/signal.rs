//! What one answer of the upstream says about its limit.
//!
//! A header that is missing, doubled, or anything but a plain number is as good as absent: what is
//! not understood teaches nothing. Nothing here judges whether the numbers are true.

use std::time::UNIX_EPOCH;

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

const LIMIT: &str = "x-ratelimit-limit";
const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";
const RETRY_AT: &str = "x-ratelimit-retry-at";

/// The limit as one answer tells it; times are seconds since 1970 on the upstream's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Signal {
    /// How many slots there are, and how many were left.
    pub(super) slots: Option<Slots>,
    /// When all slots are there again, rounded up.
    pub(super) reset: Option<f64>,
    /// When one more slot is there, rounded up.
    pub(super) retry_at: Option<f64>,
    /// How many seconds to stay away.
    pub(super) retry_after: Option<f64>,
    /// When the answer was made, rounded down.
    pub(super) date: Option<f64>,
    /// Whether the answer is a 429.
    pub(super) is_limited: bool,
}

/// The two numbers that only mean something together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Slots {
    /// All of them; never zero.
    pub(super) limit: u32,
    /// Those left, rounded down; never more than `limit`.
    pub(super) remaining: u32,
}

impl Signal {
    /// Reads an answer's status and headers.
    pub(super) fn read(status: StatusCode, headers: &HeaderMap) -> Self {
        let mut signal = Self {
            slots: slots(headers),
            reset: number(headers, RESET).map(f64::from),
            retry_at: number(headers, RETRY_AT).map(f64::from),
            retry_after: number(headers, RETRY_AFTER.as_str()).map(f64::from),
            date: time(headers, DATE.as_str()),
            is_limited: status == StatusCode::TOO_MANY_REQUESTS,
        };
        if let Some(time) = time(headers, RETRY_AFTER.as_str()) {
            signal.retry_at = Some(signal.retry_at.map_or(time, |other| other.max(time)));
        }
        signal
    }
}

fn slots(headers: &HeaderMap) -> Option<Slots> {
    let limit = number(headers, LIMIT).filter(|limit| *limit > 0)?;
    let remaining = number(headers, REMAINING).filter(|remaining| *remaining <= limit)?;
    Some(Slots { limit, remaining })
}

/// A plain number. 32 bits hold seconds until 2106 and no time in milliseconds.
fn number(headers: &HeaderMap, name: &str) -> Option<u32> {
    let text = only(headers, name)?;
    // `parse` alone would take a sign.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

fn time(headers: &HeaderMap, name: &str) -> Option<f64> {
    let time = httpdate::parse_http_date(only(headers, name)?).ok()?;
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    Some(since.as_secs_f64())
}

fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(pairs: &[(&'static str, &str)]) -> Signal {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        Signal::read(StatusCode::OK, &headers)
    }

    #[test]
    fn four_headers_and_the_date_are_read() {
        let signal = read(&[
            (LIMIT, "100"),
            (REMAINING, "7"),
            (RESET, "1700000005"),
            (RETRY_AT, "1700000001"),
            ("date", "Tue, 14 Nov 2023 22:13:20 GMT"),
        ]);

        let slots = Slots {
            limit: 100,
            remaining: 7,
        };
        assert_eq!(signal.slots, Some(slots));
        assert_eq!(signal.reset, Some(1_700_000_005.0));
        assert_eq!(signal.retry_at, Some(1_700_000_001.0));
        assert_eq!(signal.date, Some(1_700_000_000.0));
    }

    #[test]
    fn what_is_no_plain_number_is_absent() {
        for value in [
            "",
            "-5",
            "+5",
            "1e3",
            "0x10",
            "5.0",
            "NaN",
            "1700000005000",
            "５",
        ] {
            let signal = read(&[(LIMIT, "100"), (REMAINING, value), (RESET, value)]);

            assert_eq!(signal, Signal::default(), "{value:?}");
        }
    }

    #[test]
    fn numbers_that_cannot_be_true_together_are_absent() {
        assert_eq!(read(&[(LIMIT, "0"), (REMAINING, "0")]).slots, None);
        assert_eq!(read(&[(LIMIT, "10"), (REMAINING, "11")]).slots, None);
        assert_eq!(
            read(&[(LIMIT, "10"), (LIMIT, "10"), (REMAINING, "1")]).slots,
            None
        );
    }

    #[test]
    fn later_of_two_times_to_retry_counts() {
        let date = "Tue, 14 Nov 2023 22:13:20 GMT";
        let signal = read(&[(RETRY_AT, "1700000009"), ("retry-after", date)]);

        assert_eq!(signal.retry_at, Some(1_700_000_009.0));
        assert_eq!(read(&[("retry-after", "3")]).retry_after, Some(3.0));
    }
}
