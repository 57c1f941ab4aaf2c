//! How the parts of faults and behaviours are written in JSON.

use std::time::Duration;

/// A method, or none, as text.
pub(in crate::emulator) mod method {
    use http::Method;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::emulator) fn serialize<S: Serializer>(
        method: &Option<Method>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        method.as_ref().map(Method::as_str).serialize(to)
    }

    pub(in crate::emulator) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Method>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(D::Error::custom))
            .transpose()
    }
}

/// A time as text with units.
pub(in crate::emulator) mod span {
    use std::time::Duration;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::emulator) fn serialize<S: Serializer>(
        span: &Duration,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_duration(*span))
    }

    pub(in crate::emulator) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        super::time(&text).map_err(D::Error::custom)
    }
}

/// A time as text with units, or none; not none at all.
pub(in crate::emulator) mod optional_span {
    use std::time::Duration;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::emulator) fn serialize<S: Serializer>(
        span: &Option<Duration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let text = span.map(|span| humantime::format_duration(span).to_string());
        text.serialize(to)
    }

    pub(in crate::emulator) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Duration>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else {
            return Ok(None);
        };
        let span = super::time(&text).map_err(D::Error::custom)?;
        if span.is_zero() {
            return Err(D::Error::custom("not a time above 0; null turns it off"));
        }
        Ok(Some(span))
    }
}

/// A share of all, from 0 to 1, or none.
pub(in crate::emulator) mod share {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer};

    pub(in crate::emulator) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<f64>, D::Error> {
        let share = Option::<f64>::deserialize(from)?;
        if share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err(D::Error::custom("not a probability from 0 to 1"));
        }
        Ok(share)
    }
}

/// A status as a number; only one that ends a request.
pub(in crate::emulator) mod status {
    use http::StatusCode;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub(in crate::emulator) fn serialize<S: Serializer>(
        status: &StatusCode,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_u16(status.as_u16())
    }

    pub(in crate::emulator) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<StatusCode, D::Error> {
        let status = u16::deserialize(from)?;
        let status = StatusCode::from_u16(status).ok();
        let status = status.filter(|status| !status.is_informational());
        status.ok_or_else(|| D::Error::custom("status: not a final HTTP status"))
    }
}

fn time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text);
    time.map_err(|error| format!("not a time as in `1s 500ms`: {error}"))
}
