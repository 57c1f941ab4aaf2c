//! How times are read in a configuration: as text with units.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A time.
pub(super) fn some<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    humantime::parse_duration(&text).map_err(D::Error::custom)
}

/// A time, or null.
pub(super) fn any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    let span = text.map(|text| humantime::parse_duration(&text));
    span.transpose().map_err(D::Error::custom)
}
