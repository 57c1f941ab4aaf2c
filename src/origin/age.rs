//! How old an answer is when it arrives (RFC 9111 §4.2.3), by its own words and by the clock here;
//! after that the monotonic clock counts on.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use http::header::{AGE, DATE, HeaderMap};
use httpdate::{HttpDate, parse_http_date};

use super::directives::delta_seconds;

/// When an answer says that it was made, if it says so readably.
pub(super) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    time(headers.get(DATE)?)
}

/// A time as HTTP writes it, in any of its three forms.
pub(super) fn time(value: &HeaderValue) -> Option<SystemTime> {
    parse_http_date(value.to_str().ok()?).ok()
}

/// A time as a header, if it can be written as one.
pub(super) fn header(time: SystemTime) -> Option<HeaderValue> {
    // Years that HTTP cannot write would panic there.
    let is_writable = time > SystemTime::UNIX_EPOCH && time < SystemTime::UNIX_EPOCH + CENTURIES;
    let text = is_writable.then(|| HttpDate::from(time).to_string())?;
    HeaderValue::from_str(&text).ok()
}

/// Sees to it that an answer says when it was made (RFC 9110 §6.6.1): what is kept without that could
/// not tell its age to others.
pub(super) fn complete(headers: &mut HeaderMap, received: SystemTime) {
    if date(headers).is_none()
        && let Some(now) = header(received)
    {
        headers.insert(DATE, now);
    }
}

/// The age of an answer that was received at `received`, `delay` after it was asked for.
pub(super) fn on_arrival(headers: &HeaderMap, received: SystemTime, delay: Duration) -> Duration {
    let made = date(headers).unwrap_or(received);
    // `Date` has whole seconds, so nothing finer can be told from it.
    let apparent = received.duration_since(made).unwrap_or_default().as_secs();
    Duration::from_secs(apparent).max(said(headers) + delay)
}

/// What `Age` says: the first member of its first line, nothing if that is no number (§5.1).
fn said(headers: &HeaderMap) -> Duration {
    let value = headers.get(AGE).and_then(|age| age.to_str().ok());
    let first = value.and_then(|age| age.split(',').next());
    first
        .and_then(|age| delta_seconds(age.trim()))
        .unwrap_or_default()
}

const CENTURIES: Duration = Duration::from_secs(200_000_000_000);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "Tue, 15 Nov 1994 08:12:31 GMT";

    fn arrival(lines: &[(&'static str, &'static str)], delay: u64) -> u64 {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let now = parse_http_date(NOW).unwrap();
        on_arrival(&headers, now, Duration::from_secs(delay)).as_secs()
    }

    #[test]
    fn age_is_the_greater_of_what_is_said_and_what_the_clock_says() {
        assert_eq!(arrival(&[("date", NOW)], 0), 0);
        assert_eq!(arrival(&[("date", "Tue, 15 Nov 1994 08:12:21 GMT")], 0), 10);
        assert_eq!(
            arrival(
                &[("date", "Tue, 15 Nov 1994 08:12:21 GMT"), ("age", "20")],
                3
            ),
            23
        );
        assert_eq!(
            arrival(
                &[("date", "Tue, 15 Nov 1994 08:13:31 GMT"), ("age", "5")],
                2
            ),
            7
        );
    }

    #[test]
    fn age_that_cannot_be_read_is_ignored_and_of_a_list_the_first_counts() {
        for (age, expected) in [
            ("x", 0),
            ("-3", 0),
            ("1.5", 0),
            ("", 0),
            ("7, 9", 7),
            ("4", 4),
        ] {
            assert_eq!(
                arrival(&[("date", NOW), ("age", age)], 0),
                expected,
                "{age}"
            );
        }
        assert_eq!(arrival(&[("age", "7"), ("age", "9")], 0), 7);
        assert_eq!(arrival(&[("age", "99999999999999999999")], 0), 1 << 31);
    }

    #[test]
    fn dates_are_read_in_their_three_forms_and_made_up_where_there_is_none() {
        for text in [
            NOW,
            "Tuesday, 15-Nov-94 08:12:31 GMT",
            "Tue Nov 15 08:12:31 1994",
        ] {
            assert!(
                time(&HeaderValue::from_str(text).unwrap()).is_some(),
                "{text}"
            );
        }
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static("yesterday"));

        complete(&mut headers, parse_http_date(NOW).unwrap());

        assert_eq!(headers[DATE], NOW);
    }
}
