//! Parts of a whole answer (RFC 9110 §14). One range is given; several are answered by the whole,
//! which every client must take.

use std::ops::Range;

use http::HeaderValue;
use http::header::{HeaderMap, RANGE};

/// What a request asks of a body of `length` bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// These bytes.
    Bytes(Range<usize>),
    /// Bytes that there are not.
    Nothing,
}

/// Reads `Range`; what cannot be read, or is not about bytes, asks for the whole (§14.2).
pub(super) fn part(headers: &HeaderMap, length: usize) -> Part {
    let mut lines = headers.get_all(RANGE).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return Part::Whole;
    };
    line.to_str()
        .ok()
        .and_then(|line| one(line, length))
        .unwrap_or(Part::Whole)
}

fn one(line: &str, length: usize) -> Option<Part> {
    let (unit, range) = line.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") || range.contains(',') {
        return None;
    }
    let (first, last) = (number(first)?, number(last)?);
    let (start, end) = match (first, last) {
        (None, None) => return None,
        (None, Some(suffix)) => (length.saturating_sub(suffix), length),
        (Some(first), None) => (first, length),
        (Some(first), Some(last)) if first <= last => (first, last.saturating_add(1).min(length)),
        (Some(_), Some(_)) => return None,
    };
    let is_there = start < end && start < length;
    Some(if is_there {
        Part::Bytes(start..end)
    } else {
        Part::Nothing
    })
}

/// A number or nothing; `None` if it is neither.
#[expect(
    clippy::option_option,
    reason = "nothing is not the same as something unreadable"
)]
fn number(text: &str) -> Option<Option<usize>> {
    if text.is_empty() {
        return Some(None);
    }
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| Some(text.parse().unwrap_or(usize::MAX)))
}

/// `Content-Range` of these bytes of `length`.
pub(super) fn content_range(bytes: &Range<usize>, length: usize) -> Option<HeaderValue> {
    let last = bytes.end.checked_sub(1)?;
    HeaderValue::from_str(&format!("bytes {}-{last}/{length}", bytes.start)).ok()
}

/// `Content-Range` of what there is not.
pub(super) fn unsatisfied(length: usize) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("bytes */{length}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_ten(range: &'static str) -> Part {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_static(range));
        part(&headers, 10)
    }

    #[test]
    fn one_range_is_cut_out_and_cut_off_at_the_end() {
        for (range, expected) in [
            ("bytes=0-0", 0..1),
            ("Bytes=2-4", 2..5),
            ("bytes=8-99999999999999999999999", 8..10),
            ("bytes=7-", 7..10),
            ("bytes=-3", 7..10),
            ("bytes=-99", 0..10),
        ] {
            assert_eq!(of_ten(range), Part::Bytes(expected), "{range}");
        }
    }

    #[test]
    fn what_is_not_there_cannot_be_given() {
        for range in [
            "bytes=10-",
            "bytes=10-12",
            "bytes=-0",
            "bytes=99999999999999999999999-",
        ] {
            assert_eq!(of_ten(range), Part::Nothing, "{range}");
        }
    }

    #[test]
    fn what_cannot_be_read_and_several_ranges_are_the_whole() {
        for range in [
            "bytes=0-1,3-4",
            "bytes=4-2",
            "bytes=-",
            "bytes=a-b",
            "lines=0-1",
            "bytes 0-1",
            "bytes=+1-2",
        ] {
            assert_eq!(of_ten(range), Part::Whole, "{range}");
        }
    }

    #[test]
    fn content_range_names_first_and_last() {
        assert_eq!(content_range(&(2..5), 10).unwrap(), "bytes 2-4/10");
        assert_eq!(unsatisfied(10).unwrap(), "bytes */10");
    }
}
