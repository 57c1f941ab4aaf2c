//! Weakly typed fields of a request, as Vault takes them.
//!
//! Clients send numbers as texts, texts as numbers, lists as texts with commas, and JSON as whatever
//! `curl -d` calls it. What cannot be taken is told by its field; of fields that may hold a secret the
//! value is not told.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::answer::Said;
use crate::secret::Secret;

/// What the body of a request says.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body, whatever its type is said to be; an empty one says nothing.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Said> {
        if body.trim_ascii().is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            // What the parser says quotes the body.
            Ok(_) | Err(_) => Err(Said::bad("error parsing JSON")),
        }
    }

    /// The fields of an object that stands in a field.
    pub(super) fn inner(&self, name: &str) -> Result<Self, Said> {
        match self.value(name) {
            None => Ok(Self(Map::new())),
            Some(Value::Object(map)) => Ok(Self(map.clone())),
            Some(other) => Err(wrong(name, other, "an object")),
        }
    }

    /// A text; numbers and booleans are written out.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Said> {
        let read = |value| text(value).ok_or_else(|| wrong(name, value, "a string"));
        self.value(name).map(read).transpose()
    }

    /// The same for what nobody may see.
    pub(super) fn secret(&self, name: &str) -> Result<Option<Secret>, Said> {
        Ok(self.text(name)?.map(Secret::new))
    }

    /// A list, or a text with commas; what stands in it is trimmed, and nothing is left out but what is
    /// empty.
    pub(super) fn list(&self, name: &str) -> Result<Option<Vec<String>>, Said> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let items = match value {
            Value::String(text) => Some(text.split(',').map(str::to_owned).collect()),
            Value::Array(items) => items.iter().map(text).collect::<Option<Vec<String>>>(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        };
        let items = items.ok_or_else(|| wrong(name, value, "a list of strings"))?;
        let items = items.iter().map(|item| item.trim().to_owned());
        Ok(Some(items.filter(|item| !item.is_empty()).collect()))
    }

    /// True or false, in any of the ways in which Go writes it.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Said> {
        let read = |value: &Value| {
            let flag = match value {
                Value::Bool(flag) => Some(*flag),
                Value::Number(number) => number.as_f64().map(|number| number != 0.0),
                Value::String(text) => match text.as_str() {
                    "" | "0" | "f" | "F" | "false" | "False" | "FALSE" => Some(false),
                    "1" | "t" | "T" | "true" | "True" | "TRUE" => Some(true),
                    _ => None,
                },
                Value::Null | Value::Array(_) | Value::Object(_) => None,
            };
            flag.ok_or_else(|| wrong(name, value, "a boolean"))
        };
        self.value(name).map(read).transpose()
    }

    /// A whole number that is not negative.
    pub(super) fn count(&self, name: &str) -> Result<Option<u64>, Said> {
        let read = |value: &Value| {
            let count = match value {
                Value::Number(number) => number.as_u64(),
                Value::String(text) if text.is_empty() => Some(0),
                Value::String(text) => digits(text),
                Value::Bool(flag) => Some((*flag).into()),
                Value::Null | Value::Array(_) | Value::Object(_) => None,
            };
            count.ok_or_else(|| wrong(name, value, "a whole number that is not negative"))
        };
        self.value(name).map(read).transpose()
    }

    /// A time: seconds, or a text with units as `1h30m`, of no more than a hundred years.
    pub(super) fn duration(&self, name: &str) -> Result<Option<Duration>, Said> {
        let read = |value: &Value| {
            let time = match value {
                Value::Number(number) => number.as_u64().map(Duration::from_secs),
                Value::String(text) => duration(text.trim()),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
            };
            let time = time.filter(|time| *time <= LONGEST);
            time.ok_or_else(|| wrong(name, value, "a duration"))
        };
        self.value(name).map(read).transpose()
    }

    /// An object of texts.
    pub(super) fn map(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, Said> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let map = value.as_object().and_then(|map| {
            map.iter()
                .map(|(key, value)| Some((key.clone(), text(value)?)))
                .collect()
        });
        let map: Option<BTreeMap<_, _>> = map;
        map.map(Some)
            .ok_or_else(|| wrong(name, value, "an object of strings"))
    }

    /// What stands in a field; null stands for nothing.
    fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        // As Go's weak decoding has it.
        Value::Bool(flag) => Some(u8::from(*flag).to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn digits(text: &str) -> Option<u64> {
    let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_plain.then(|| text.parse().ok())?
}

/// A time as Go writes it, in seconds if there is no unit; days besides.
fn duration(text: &str) -> Option<Duration> {
    if text.is_empty() {
        return Some(Duration::ZERO);
    }
    if let Some(seconds) = digits(text) {
        return Some(Duration::from_secs(seconds));
    }
    let mut whole = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
        whole = whole.checked_add(times(number, *unit)?)?;
        rest = after;
    }
    Some(whole)
}

/// So many of a unit; the number may have a fraction.
fn times(number: &str, unit: u64) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { digits(whole)? };
    let mut nanos = whole.checked_mul(unit)?;
    let mut part = unit;
    for digit in fraction.chars() {
        part /= 10;
        nanos = nanos.checked_add(part * u64::from(digit.to_digit(10)?))?;
    }
    Some(Duration::from_nanos(nanos))
}

/// In nanoseconds.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("h", 3_600 * 1_000_000_000),
    ("d", 24 * 3_600 * 1_000_000_000),
];

/// Nothing here lasts longer, and sums of such times are still times.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

fn wrong(name: &str, value: &Value, expected: &str) -> Said {
    let shown = if is_secret(name) {
        "(not shown)".to_owned()
    } else {
        shown(value)
    };
    Said::bad(format!(
        "error converting input {shown} for field {name:?}: expected {expected}"
    ))
}

fn is_secret(name: &str) -> bool {
    ["password", "token", "totp", "secret", "nonce"]
        .iter()
        .any(|part| name.contains(part))
        // Those of a mount's tokens: how long they last, and the like.
        && !name.starts_with("token_")
}

/// A value as Go prints it, and no more of it than is needed to find it.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items = items.iter().take(8).map(shown).collect::<Vec<_>>();
            format!("[{}]", items.join(" "))
        }
        Value::Object(_) => "map[…]".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(64).collect()
}

#[cfg(test)]
mod tests;
