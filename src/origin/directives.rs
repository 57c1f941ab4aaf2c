//! `Cache-Control` of both directions (RFC 9111 §5.2), `Pragma` (§5.4), and `CDN-Cache-Control`, which
//! is meant for caches like this one and wins where it is there (RFC 9213).
//!
//! What cannot be read counts as its careful side: an invalid number is zero seconds of freshness
//! (§4.2.1), a list of fields that is none means the whole answer. Of a directive that is there twice
//! the first counts.

use std::time::Duration;

use http::header::{CACHE_CONTROL, HeaderMap, HeaderName, PRAGMA};
use sfv::{BareItem, Dictionary, ListEntry, Parser};

/// What an answer says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Said {
    pub(super) max_age: Option<Duration>,
    pub(super) s_maxage: Option<Duration>,
    pub(super) no_store: bool,
    pub(super) no_cache: Extent,
    pub(super) private: Extent,
    pub(super) public: bool,
    pub(super) must_revalidate: bool,
    pub(super) proxy_revalidate: bool,
    pub(super) must_understand: bool,
    pub(super) stale_while_revalidate: Duration,
    pub(super) stale_if_error: Duration,
    /// Said by `CDN-Cache-Control`, so that `Expires` does not count either.
    pub(super) is_targeted: bool,
}

/// How much of an answer a directive is about.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) enum Extent {
    /// Nothing: it is not there.
    #[default]
    Nothing,
    /// These fields.
    Fields(Vec<HeaderName>),
    /// All of it.
    Whole,
}

impl Said {
    /// Reads the headers of an answer.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        targeted(headers).unwrap_or_else(|| {
            let mut said = Self::default();
            for Directive { name, argument } in directives(headers, &CACHE_CONTROL) {
                let seconds = seconds(argument.as_deref());
                said.take(&name, argument.as_deref(), seconds);
            }
            said
        })
    }

    fn take(&mut self, name: &str, argument: Option<&str>, seconds: Duration) {
        match name {
            "max-age" => _ = self.max_age.get_or_insert(seconds),
            "s-maxage" => _ = self.s_maxage.get_or_insert(seconds),
            "no-store" => self.no_store = true,
            "no-cache" => self.no_cache.widen(argument),
            "private" => self.private.widen(argument),
            "public" => self.public = true,
            "must-revalidate" => self.must_revalidate = true,
            "proxy-revalidate" => self.proxy_revalidate = true,
            "must-understand" => self.must_understand = true,
            "stale-while-revalidate" => set(&mut self.stale_while_revalidate, seconds),
            "stale-if-error" => set(&mut self.stale_if_error, seconds),
            _ => {}
        }
    }
}

fn set(first: &mut Duration, seconds: Duration) {
    if first.is_zero() {
        *first = seconds;
    }
}

impl Extent {
    /// Adds the fields that `argument` names; without a readable list of names it is about everything.
    fn widen(&mut self, argument: Option<&str>) {
        let names = argument.and_then(names);
        *self = match (std::mem::take(self), names) {
            (Self::Whole, _) | (_, None) => Self::Whole,
            (Self::Nothing, Some(names)) => Self::Fields(names),
            (Self::Fields(mut known), Some(names)) => {
                known.extend(names);
                Self::Fields(known)
            }
        };
    }

    /// The fields that it is about, if it is about some only.
    pub(super) fn fields(&self) -> &[HeaderName] {
        match self {
            Self::Fields(names) => names,
            Self::Nothing | Self::Whole => &[],
        }
    }
}

fn names(list: &str) -> Option<Vec<HeaderName>> {
    let members = list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let names: Result<Vec<HeaderName>, _> = members.map(str::parse).collect();
    names.ok().filter(|names| !names.is_empty())
}

/// What `CDN-Cache-Control` says: a structured field, and nothing if it is empty or malformed
/// (RFC 9213 §2.1).
fn targeted(headers: &HeaderMap) -> Option<Said> {
    let lines: Vec<&[u8]> = headers
        .get_all(CDN_CACHE_CONTROL)
        .iter()
        .map(http::HeaderValue::as_bytes)
        .collect();
    let dictionary: Dictionary = Parser::new(&lines.join(&b", "[..])).parse().ok()?;
    if dictionary.is_empty() {
        return None;
    }
    let mut said = Said {
        is_targeted: true,
        ..Said::default()
    };
    for (name, entry) in &dictionary {
        let ListEntry::Item(item) = entry else {
            continue;
        };
        let seconds = item
            .bare_item
            .as_integer()
            .and_then(|number| u64::try_from(number).ok())
            .map_or(Duration::ZERO, |number| {
                Duration::from_secs(number.min(LONGEST))
            });
        let argument = match &item.bare_item {
            BareItem::Boolean(false) => continue,
            BareItem::Boolean(true) => None,
            BareItem::String(text) => Some(text.as_str()),
            BareItem::Token(text) => Some(text.as_str()),
            // No directive takes these but for numbers, which are read above.
            BareItem::Integer(_)
            | BareItem::Decimal(_)
            | BareItem::ByteSequence(_)
            | BareItem::Date(_)
            | BareItem::DisplayString(_) => Some(""),
        };
        said.take(name.as_str(), argument, seconds);
    }
    Some(said)
}

/// What a request wants.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Wanted {
    pub(super) no_cache: bool,
    pub(super) no_store: bool,
    pub(super) only_if_cached: bool,
    pub(super) max_age: Option<Duration>,
    pub(super) min_fresh: Option<Duration>,
    /// Without a number [`Duration::MAX`].
    pub(super) max_stale: Option<Duration>,
    pub(super) stale_if_error: Option<Duration>,
}

impl Wanted {
    /// Reads the headers of a request.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let mut wanted = Self::default();
        if !headers.contains_key(CACHE_CONTROL) {
            let mut pragma = directives(headers, &PRAGMA).into_iter();
            wanted.no_cache = pragma.any(|directive| directive.name == "no-cache");
            return wanted;
        }
        for Directive { name, argument } in directives(headers, &CACHE_CONTROL) {
            let argument = argument.as_deref();
            let seconds = || seconds(argument);
            match name.as_str() {
                "no-cache" => wanted.no_cache = true,
                "no-store" => wanted.no_store = true,
                "only-if-cached" => wanted.only_if_cached = true,
                "max-age" => _ = wanted.max_age.get_or_insert_with(seconds),
                // One that cannot be read cannot be met.
                "min-fresh" => {
                    let limit = || number(argument).unwrap_or(Duration::MAX);
                    wanted.min_fresh.get_or_insert_with(limit);
                }
                "max-stale" => {
                    let limit = argument.map_or(Duration::MAX, |_| seconds());
                    wanted.max_stale.get_or_insert(limit);
                }
                "stale-if-error" => _ = wanted.stale_if_error.get_or_insert_with(seconds),
                _ => {}
            }
        }
        wanted
    }
}

/// One directive: its name in lower case, and its argument without quotes.
#[derive(Debug)]
struct Directive {
    name: String,
    argument: Option<String>,
}

/// All directives of a field, over all its lines. Commas in quotes divide nothing.
fn directives(headers: &HeaderMap, field: &HeaderName) -> Vec<Directive> {
    let mut all = Vec::new();
    for line in headers.get_all(field) {
        let line = String::from_utf8_lossy(line.as_bytes());
        all.extend(members(&line).filter_map(directive));
    }
    all
}

/// The members of a list (RFC 9110 §5.6.1), as they stand.
pub(super) fn members(line: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    line.split(move |c| {
        let divides = c == ',' && !is_quoted;
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => {}
        }
        divides
    })
    .map(str::trim)
    .filter(|member| !member.is_empty())
}

fn directive(member: &str) -> Option<Directive> {
    let (name, argument) = match member.split_once('=') {
        Some((name, argument)) => (name, Some(unquoted(argument))),
        None => (member, None),
    };
    let name = name.trim().to_ascii_lowercase();
    (!name.is_empty()).then_some(Directive { name, argument })
}

/// The text of a token or of a quoted string.
fn unquoted(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"') else {
        return text.to_owned();
    };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain
}

/// Seconds (§1.2.2); too many are as many as there can be, and what is no number is none.
fn seconds(argument: Option<&str>) -> Duration {
    number(argument).unwrap_or_default()
}

fn number(argument: Option<&str>) -> Option<Duration> {
    delta_seconds(argument?)
}

/// Digits and nothing else.
pub(super) fn delta_seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(LONGEST).min(LONGEST)))
}

/// What counts as "for ever" (§1.2.2).
const LONGEST: u64 = 1 << 31;

const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

#[cfg(test)]
mod tests;
