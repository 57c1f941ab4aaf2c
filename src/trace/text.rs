//! The text of one line: names and values, as JSON or for people.
//!
//! Written by hand in one go: this is done for every request, and through a value of its own for each
//! field it would cost more than all the rest of a hit.

use std::time::Duration;

use itoa::Buffer;

use crate::record::Id;

/// How names and values are set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// `,"name":"value"`, as in a JSON object that has begun.
    Json,
    /// ` name="value"`
    Human,
}

/// The name of a field, with what stands around it in each form.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) json: &'static str,
    pub(super) human: &'static str,
}

/// The name of a field. Names are written in our own source, and need no escape.
macro_rules! name {
    ($name:literal) => {
        $crate::trace::text::Name {
            json: concat!(",\"", $name, "\":"),
            human: concat!(" ", $name, "="),
        }
    };
}
pub(super) use name;

/// A line that grows.
pub(super) struct Text {
    pub(super) bytes: Vec<u8>,
    form: Form,
}

impl Text {
    /// One in this form, after what is in `bytes`.
    pub(super) fn new(form: Form, bytes: Vec<u8>) -> Self {
        Self { bytes, form }
    }

    /// Adds `part` as it is.
    #[inline]
    pub(super) fn raw(&mut self, part: &str) {
        self.bytes.extend_from_slice(part.as_bytes());
    }

    #[inline]
    fn name(&mut self, name: Name) {
        self.raw(match self.form {
            Form::Json => name.json,
            Form::Human => name.human,
        });
    }

    /// A value that may be anything.
    #[inline]
    pub(super) fn word(&mut self, name: Name, value: &str) {
        self.name(name);
        push_string(&mut self.bytes, value);
    }

    /// A value that needs no escape: our own words, tokens of HTTP, ids.
    #[inline]
    pub(super) fn plain(&mut self, name: Name, value: &str) {
        self.name(name);
        self.bytes.push(b'"');
        self.raw(value);
        self.bytes.push(b'"');
    }

    /// An id, which needs none either.
    #[inline]
    pub(super) fn id(&mut self, name: Name, value: &Id) {
        self.name(name);
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(value.as_bytes());
        self.bytes.push(b'"');
    }

    #[inline]
    pub(super) fn number(&mut self, name: Name, value: u64) {
        self.name(name);
        self.raw(Buffer::new().format(value));
    }

    /// Milliseconds with three decimals.
    pub(super) fn millis(&mut self, name: Name, time: Duration) {
        self.name(name);
        self.fraction::<3>(micros(time));
    }

    /// The time in short: milliseconds with one decimal, and no name.
    pub(super) fn tenths(&mut self, time: Duration) {
        self.fraction::<1>((micros(time) + 50) / 100);
        self.raw(" ms");
    }

    /// `value` with a point before its last digits.
    #[inline]
    fn fraction<const DIGITS: u32>(&mut self, value: u64) {
        let mut buffer = Buffer::new();
        let text = if value < 10_u64.pow(DIGITS) {
            // A digit that is cut off again makes room for zeros.
            let room = 10_u64.pow(DIGITS + 1);
            buffer.format(room + value).get(1..).unwrap_or_default()
        } else {
            buffer.format(value)
        };
        if let Some((whole, rest)) =
            text.split_at_checked(text.len().saturating_sub(DIGITS as usize))
        {
            self.raw(whole);
            self.raw(".");
            self.raw(rest);
        }
    }
}

/// Whole microseconds, to the nearest.
fn micros(time: Duration) -> u64 {
    let seconds = time.as_secs().saturating_mul(1_000_000);
    seconds.saturating_add(u64::from((time.subsec_nanos() + 500) / 1000))
}

/// Writes `value` as a JSON string.
pub(super) fn push_string(to: &mut Vec<u8>, value: &str) {
    // Without a way out of the loop, which would then take one byte at a time.
    if value.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        to.push(b'"');
        to.extend_from_slice(value.as_bytes());
        to.push(b'"');
    } else {
        let written = serde_json::to_writer(to, value);
        debug_assert!(written.is_ok(), "a buffer takes everything");
    }
}

/// Whether a byte stands in a JSON string as it is.
fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(form: Form, write: impl FnOnce(&mut Text)) -> String {
        let mut text = Text::new(form, Vec::new());
        write(&mut text);
        String::from_utf8(text.bytes).unwrap()
    }

    #[test]
    fn values_are_set_as_json_and_for_people() {
        let write = |text: &mut Text| {
            text.word(name!("path"), "/a\"\\\n");
            text.number(name!("bytes"), 7);
            text.millis(name!("took"), Duration::from_micros(1_005));
        };

        let json = text(Form::Json, write);
        assert_eq!(json, r#","path":"/a\"\\\n","bytes":7,"took":1.005"#);
        let human = text(Form::Human, write);
        assert_eq!(human, r#" path="/a\"\\\n" bytes=7 took=1.005"#);
    }

    #[test]
    fn times_are_rounded_to_what_is_shown() {
        let of = |nanos| {
            text(Form::Json, |text| {
                text.millis(name!("t"), Duration::from_nanos(nanos));
                text.raw(" ");
                text.tenths(Duration::from_nanos(nanos));
            })
        };

        assert_eq!(of(0), r#","t":0.000 0.0 ms"#);
        assert_eq!(of(499), r#","t":0.000 0.0 ms"#);
        assert_eq!(of(999_999_500), r#","t":1000.000 1000.0 ms"#);
        assert_eq!(of(12_345_678), r#","t":12.346 12.3 ms"#);
    }
}
