//! Weakly typed fields of a request, read as Vault reads them.
//!
//! A number is taken for a text, a text for a number or a truth value, one text for a list with commas.
//! What cannot be meant is refused with the name of the field, never with its value, which may be a
//! secret.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::answer::Said;

/// The fields of one request.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body, whatever it says that it is; none has no fields.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Said> {
        if body.trim_ascii().is_empty() {
            return Ok(Self(Map::new()));
        }
        let fields = serde_json::from_slice(body).map(Self);
        fields.map_err(|_| Said::bad("error parsing JSON"))
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Said> {
        self.read(name, scalar)
    }

    /// Texts.
    pub(super) fn list(&self, name: &str) -> Result<Option<Vec<String>>, Said> {
        self.read(name, |value| match value.as_array() {
            Some(all) => all.iter().map(scalar).collect(),
            None => {
                let parts = scalar(value)?;
                let parts = parts.split(',').map(|part| part.trim().to_owned());
                Some(parts.filter(|part| !part.is_empty()).collect())
            }
        })
    }

    /// A truth value.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Said> {
        self.read(name, |value| match &*scalar(value)? {
            "1" | "t" | "T" | "true" | "True" | "TRUE" => Some(true),
            "" | "0" | "f" | "F" | "false" | "False" | "FALSE" => Some(false),
            _ => None,
        })
    }

    /// A number from zero up.
    pub(super) fn count(&self, name: &str) -> Result<Option<u64>, Said> {
        self.read(name, |value| match scalar(value)?.trim() {
            "" => Some(0),
            text => text.parse().ok(),
        })
    }

    /// A time: seconds, or numbers with units.
    pub(super) fn duration(&self, name: &str) -> Result<Option<Duration>, Said> {
        self.read(name, |value| {
            let text = scalar(value)?;
            let text = text.trim();
            let time = match text.parse() {
                _ if text.is_empty() => Duration::ZERO,
                Ok(seconds) => Duration::from_secs(seconds),
                Err(_) => humantime::parse_duration(text).ok()?,
            };
            // Sums of times must not overflow anywhere later.
            (time <= LONGEST).then_some(time)
        })
    }

    /// Texts by name.
    pub(super) fn map(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, Said> {
        self.read(name, |value| {
            let map = value.as_object()?.iter();
            map.map(|(name, value)| Some((name.clone(), scalar(value)?)))
                .collect()
        })
    }

    fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, Said> {
        let value = self.0.get(name).filter(|value| !value.is_null());
        let wrong = || Said::bad(format!("error converting input for field {name:?}"));
        value.map(|value| read(value).ok_or_else(wrong)).transpose()
    }
}

/// A single value as a text.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A hundred years.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
