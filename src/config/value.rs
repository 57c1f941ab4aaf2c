//! Reads single values: what a setting may be, and what is said if it is something else.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use tracing_subscriber::filter::Targets;

use crate::config::nearest::nearest;

/// A value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    /// A string.
    Text(String),
    /// Text of the environment, which is a number or a truth value where one is wanted.
    Untyped(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// A truth value.
    Boolean(bool),
    /// What no setting takes.
    Other,
}

impl Scalar {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Untyped(text) => Some(text),
            Self::Integer(_) | Self::Float(_) | Self::Boolean(_) | Self::Other => None,
        }
    }

    fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Untyped(text) => text.trim().parse().ok(),
            Self::Text(_) | Self::Float(_) | Self::Boolean(_) | Self::Other => None,
        }
    }
}

/// Why a value cannot be taken: `key` *rule*, as in "`cache.flights` must be a whole number".
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Wrong {
    /// What the value must be.
    pub(super) rule: String,
    /// What it is instead; stands under it.
    pub(super) label: &'static str,
    /// What to write.
    pub(super) help: String,
}

/// Makes a [`Wrong`].
pub(super) fn wrong(
    rule: impl Into<String>,
    label: &'static str,
    help: impl Into<String>,
) -> Wrong {
    Wrong {
        rule: rule.into(),
        label,
        help: help.into(),
    }
}

/// A text that is not empty.
pub(super) fn text(scalar: &Scalar) -> Result<String, Wrong> {
    let text = scalar
        .text()
        .ok_or_else(|| wrong("must be a string", "not a string", "put it in quotes"))?;
    if text.is_empty() {
        let help = "give it a value, or leave the key out if it has a default";
        return Err(wrong("must not be empty", "empty", help));
    }
    Ok(text.to_owned())
}

/// A name that can stand in a log, a metric and a path without being encoded.
pub(super) fn name(scalar: &Scalar) -> Result<String, Wrong> {
    let name = text(scalar)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    if name.len() > 100 || !name.chars().all(is_plain) || name == "." || name == ".." {
        let rule = "must be a plain name";
        let help = "use up to 100 of: letters, digits, `-`, `.`, `_`, `~`";
        return Err(wrong(rule, "would need to be encoded", help));
    }
    Ok(name)
}

/// `true` or `false`.
pub(super) fn boolean(scalar: &Scalar) -> Result<bool, Wrong> {
    let value = match scalar {
        Scalar::Boolean(value) => Some(*value),
        Scalar::Untyped(text) => text.trim().parse().ok(),
        Scalar::Text(_) | Scalar::Integer(_) | Scalar::Float(_) | Scalar::Other => None,
    };
    let help = "write `true` or `false`, without quotes";
    value.ok_or_else(|| wrong("must be true or false", "neither", help))
}

/// A whole number from zero up.
pub(super) fn whole<T: TryFrom<u64>>(scalar: &Scalar) -> Result<T, Wrong> {
    let help = "write digits without quotes, as in `1000`";
    let number = scalar
        .integer()
        .ok_or_else(|| wrong("must be a whole number", "not a whole number", help))?;
    let number = u64::try_from(number)
        .map_err(|_| wrong("must not be negative", "below zero", "write zero or more"))?;
    let most = "write a smaller number";
    T::try_from(number).map_err(|_| wrong("is too large", "too large", most))
}

/// A whole number above zero.
pub(super) fn positive<T: TryFrom<NonZeroU64>>(scalar: &Scalar) -> Result<T, Wrong> {
    let number = NonZeroU64::new(whole(scalar)?);
    let help = "write one or more";
    let number = number.ok_or_else(|| wrong("must be greater than zero", "zero", help))?;
    let most = "write a smaller number";
    T::try_from(number).map_err(|_| wrong("is too large", "too large", most))
}

/// A share in percent, from `least` to `most`.
pub(super) fn percent(least: u32, most: u32) -> impl Fn(&Scalar) -> Result<u32, Wrong> {
    move |scalar| {
        let help = format!("write a whole number from {least} to {most}");
        let number = whole::<u32>(scalar).map_err(|e| wrong(e.rule, e.label, help.as_str()))?;
        if (least..=most).contains(&number) {
            return Ok(number);
        }
        let rule = format!("must be a percentage from {least} to {most}");
        Err(wrong(rule, "out of range", help))
    }
}

/// A share from 0 to 1.
pub(super) fn ratio(scalar: &Scalar) -> Result<f64, Wrong> {
    let number = match scalar {
        Scalar::Float(number) => Some(*number),
        Scalar::Integer(0) => Some(0.0),
        Scalar::Integer(1) => Some(1.0),
        Scalar::Untyped(text) => text.trim().parse().ok(),
        Scalar::Text(_) | Scalar::Integer(_) | Scalar::Boolean(_) | Scalar::Other => None,
    };
    let help = "write a number like `0.01` for one in a hundred";
    number
        .filter(|n| (0.0..=1.0).contains(n))
        .ok_or_else(|| wrong("must be a share from 0 to 1", "not a share", help))
}

/// A time, as in `"30s"`; may be zero.
pub(super) fn duration(scalar: &Scalar) -> Result<Duration, Wrong> {
    let time = scalar
        .text()
        .and_then(|t| humantime::parse_duration(t).ok());
    let help = "write a number with its unit in quotes, as in \"200ms\", \"30s\" or \"5m\"";
    let time = time.ok_or_else(|| wrong("must be a duration", "not a duration", help))?;
    // Sums of instants and times must not overflow anywhere later.
    if time > LONGEST {
        let help = "write a shorter time";
        return Err(wrong("must be at most one year", "too long", help));
    }
    Ok(time)
}

/// A time above zero.
pub(super) fn some_time(scalar: &Scalar) -> Result<Duration, Wrong> {
    let time = duration(scalar)?;
    if time.is_zero() {
        let help = "write a longer time; nothing can be done within none";
        return Err(wrong("must be longer than zero", "no time at all", help));
    }
    Ok(time)
}

/// One of a few words.
pub(super) fn one_of<T: Copy>(
    words: &'static [(&'static str, T)],
) -> impl Fn(&Scalar) -> Result<T, Wrong> {
    move |scalar| {
        let text = scalar.text().unwrap_or_default();
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(*value);
        }
        let known: Vec<_> = words
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect();
        let known = known.join(", ");
        let help = match nearest(text, words.iter().map(|(word, _)| *word)) {
            Some(near) => format!("did you mean \"{near}\"? the choice is {known}"),
            None => format!("the choice is {known}"),
        };
        Err(wrong("must be one of a few words", "none of them", help))
    }
}

/// The path of a file.
pub(super) fn path(scalar: &Scalar) -> Result<PathBuf, Wrong> {
    text(scalar).map(PathBuf::from)
}

/// An address and a port.
pub(super) fn address(scalar: &Scalar) -> Result<SocketAddr, Wrong> {
    let address = scalar.text().and_then(|t| t.parse().ok());
    let help = "write both, as in \"127.0.0.1:8080\" or \"[::1]:8080\"; names are not looked up";
    address.ok_or_else(|| wrong("must be an IP address and a port", "not both", help))
}

/// Levels of the log by module.
pub(super) fn levels(scalar: &Scalar) -> Result<String, Wrong> {
    let levels = text(scalar)?;
    let help = "write levels as in \"info\" or \"info,opagate=debug\"";
    levels
        .parse::<Targets>()
        .map(|_| levels)
        .map_err(|_| wrong("must be levels of the log", "not understood", help))
}

/// Scheme and authority of an HTTP server, and nothing else.
pub(super) fn origin(scalar: &Scalar) -> Result<Uri, Wrong> {
    let uri = url(scalar)?;
    if uri.path() != "/" || uri.query().is_some() {
        let help = "leave out everything after the host and the port";
        return Err(wrong(
            "must be a URL without a path",
            "has a path or a query",
            help,
        ));
    }
    server(scalar)
}

/// An HTTP server that may be sent what is secret, perhaps with a path on it.
pub(super) fn server(scalar: &Scalar) -> Result<Uri, Wrong> {
    let uri = url(scalar)?;
    if uri.query().is_some() {
        let help = "leave out the `?` and everything after it";
        return Err(wrong("must be a URL without a query", "has a query", help));
    }
    if uri.scheme_str() == Some("http") && !is_loopback(&uri) {
        let help = "write `https://`; plain `http://` is for this machine only";
        let rule = "would send keys and tokens in plain text";
        return Err(wrong(rule, "not encrypted, and leaves this machine", help));
    }
    Ok(uri)
}

/// The URL of an HTTP proxy.
pub(super) fn proxy(scalar: &Scalar) -> Result<Uri, Wrong> {
    let uri = url(scalar)?;
    if uri.scheme_str() != Some("http") || uri.path() != "/" || uri.query().is_some() {
        let help =
            "write it as in \"http://proxy.example:3128\"; what goes through stays encrypted";
        return Err(wrong("must be the URL of an HTTP proxy", "not one", help));
    }
    Ok(uri)
}

/// An `http` or `https` URL without credentials.
pub(super) fn url(scalar: &Scalar) -> Result<Uri, Wrong> {
    let help = "write it as in \"https://acme.pam.okta.com\"";
    let refuse = |label| wrong("must be an http or https URL", label, help);
    let uri: Uri = scalar
        .text()
        .and_then(|t| t.parse().ok())
        .ok_or_else(|| refuse("not a URL"))?;
    let authority = uri.authority().ok_or_else(|| refuse("has no host"))?;
    if authority.as_str().contains('@') {
        let help = "leave out everything before the host";
        return Err(wrong(
            "must not hold a user or password",
            "credentials in a URL",
            help,
        ));
    }
    if authority.host().is_empty() {
        return Err(refuse("has no host"));
    }
    match uri.scheme_str() {
        Some("http" | "https") => Ok(uri),
        _ => Err(refuse("neither http nor https")),
    }
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(|a: IpAddr| a.is_loopback())
}

const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
