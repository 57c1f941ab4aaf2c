//! The text of one line: names and values, as JSON or for people.
//!
//! Written by hand in one go: this is done for every request, and through a value of its own for each
//! field it would cost more than all the rest of a hit.

use std::marker::PhantomData;
use std::time::Duration;

use itoa::Buffer;

use crate::record::Id;

/// How names and values are set; a type, so that each form has code of its own.
pub(super) trait Form {
    /// Whether it is JSON.
    const IS_JSON: bool;
}

/// `,"name":"value"`, as in a JSON object that has begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Json;

impl Form for Json {
    const IS_JSON: bool = true;
}

/// ` name="value"`
#[derive(Clone, Copy, Debug)]
pub(super) struct Human;

impl Form for Human {
    const IS_JSON: bool = false;
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
pub(super) struct Text<F> {
    pub(super) bytes: Vec<u8>,
    form: PhantomData<F>,
}

impl<F: Form> Text<F> {
    /// One in this form, after what is in `bytes`.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            form: PhantomData,
        }
    }

    /// Adds `part` as it is.
    #[inline]
    pub(super) fn raw(&mut self, part: &str) {
        self.bytes.extend_from_slice(part.as_bytes());
    }

    #[inline]
    fn name(&mut self, name: Name) {
        self.raw(if F::IS_JSON { name.json } else { name.human });
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

    /// Milliseconds with three decimals; where they begin.
    #[inline]
    pub(super) fn millis(&mut self, name: Name, time: Duration) -> usize {
        self.name(name);
        let start = self.bytes.len();
        let micros = micros(time);
        self.whole(micros / 1000);
        let [_, a, b, c] = decimals(micros % 1000);
        self.bytes.extend_from_slice(&[b'.', a, b, c]);
        start
    }

    /// The value that was just added, which begins at `start`, under another name too.
    #[inline]
    pub(super) fn again(&mut self, name: Name, start: usize) {
        let end = self.bytes.len();
        self.name(name);
        self.bytes.extend_from_within(start..end);
    }

    /// The end of a sentence: milliseconds with one decimal, and no name.
    pub(super) fn took(&mut self, time: Duration) {
        let tenths = (micros(time) + 50) / 100;
        self.whole(tenths / 10);
        let [.., tenth] = decimals(tenths);
        self.bytes.extend_from_slice(&[b'.', tenth]);
        self.raw(if F::IS_JSON { " ms\"" } else { " ms" });
    }

    /// A number without fraction; most times are below ten.
    #[inline]
    fn whole(&mut self, value: u64) {
        match u8::try_from(value) {
            Ok(digit @ 0..10) => self.bytes.push(b'0' + digit),
            _ => self.raw(Buffer::new().format(value)),
        }
    }
}

/// The last four digits of a number, with zeros before it.
#[inline]
pub(super) fn decimals(value: u64) -> [u8; 4] {
    let value = u32::try_from(value % 10_000).unwrap_or_default();
    [value / 1000, value / 100, value / 10, value].map(|value| match (value % 10).to_le_bytes() {
        [digit, ..] => b'0' + digit,
    })
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

    fn text<F: Form>(write: impl FnOnce(&mut Text<F>)) -> String {
        let mut text = Text::new(Vec::new());
        write(&mut text);
        String::from_utf8(text.bytes).unwrap()
    }

    #[test]
    fn values_are_set_as_json_and_for_people() {
        fn write<F: Form>(text: &mut Text<F>) {
            text.word(name!("path"), "/a\"\\\n");
            text.number(name!("bytes"), 7);
            let took = text.millis(name!("took"), Duration::from_micros(1_005));
            text.again(name!("own"), took);
        }

        let json = text(write::<Json>);
        assert_eq!(
            json,
            r#","path":"/a\"\\\n","bytes":7,"took":1.005,"own":1.005"#
        );
        let human = text(write::<Human>);
        assert_eq!(human, r#" path="/a\"\\\n" bytes=7 took=1.005 own=1.005"#);
    }

    #[test]
    fn times_are_rounded_to_what_is_shown() {
        let of = |nanos| {
            text::<Json>(|text| {
                text.millis(name!("t"), Duration::from_nanos(nanos));
                text.raw(" ");
                text.took(Duration::from_nanos(nanos));
            })
        };

        assert_eq!(of(0), r#","t":0.000 0.0 ms""#);
        assert_eq!(of(499), r#","t":0.000 0.0 ms""#);
        assert_eq!(of(999_999_500), r#","t":1000.000 1000.0 ms""#);
        assert_eq!(of(12_345_678), r#","t":12.346 12.3 ms""#);
    }
}
