//! Which path belongs to which origin, and what it is called there.

use std::sync::Arc;

use http::{HeaderValue, Uri};

use crate::error::{Error, Kind};
use crate::upstream::{self, Upstream};

/// A prefix of paths that belongs to an origin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// Starts and ends with `/`.
    pub prefix: String,
    /// Where the origin is.
    pub upstream: upstream::Config,
    /// What the origin has in place of the prefix; starts and ends with `/`.
    pub path: String,
    /// Who may ask.
    pub callers: Callers,
    /// Whether a lifetime is guessed where an answer states none (RFC 9111 §4.2.2).
    pub heuristic_freshness: bool,
}

/// Who may ask for what belongs to an origin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Callers {
    /// Callers of the gateway; their credential ends here.
    Known,
    /// Everybody; a credential is the origin's.
    Anyone,
}

/// One mapping at work.
#[derive(Debug)]
pub struct Mapping {
    /// Its place in the configuration.
    pub(super) index: usize,
    /// The place of the first mapping to the same server: what is written through one is written for
    /// all.
    pub(super) site: usize,
    pub(super) config: Config,
    pub(super) upstream: Upstream,
}

impl Mapping {
    /// Whether the gateway asks who asks.
    pub(crate) fn asks_who(&self) -> bool {
        self.config.callers == Callers::Known
    }

    /// What `uri` is called at the origin.
    ///
    /// # Errors
    ///
    /// Fails with [`Kind::MalformedPath`] on a path with a `.` or `..` segment, in any spelling: it would
    /// name something else there than here.
    pub(super) fn target(&self, uri: &Uri) -> Result<Arc<str>, Error> {
        let has_dots = uri.path().split(['/', '\\']).any(is_dots);
        let rest = uri.path().strip_prefix(self.config.prefix.as_str());
        let rest = rest.filter(|_| !has_dots).ok_or(Kind::MalformedPath)?;
        let mut target = format!("{}{rest}", self.config.path);
        if let Some(query) = uri.query() {
            target.push('?');
            target.push_str(query);
        }
        Ok(target.into())
    }

    /// The paths at the origin that a reference in an answer to `target` may name, if it leads to the
    /// same origin (RFC 9111 §4.4): as the origin sees it, and as the caller does, who asked `host`.
    pub(super) fn paths(
        &self,
        target: &str,
        reference: &HeaderValue,
        host: Option<&str>,
    ) -> Vec<String> {
        let Ok(reference) = reference.to_str() else {
            return Vec::new();
        };
        let ours = |path: &str| {
            let rest = path.strip_prefix(self.config.prefix.as_str())?;
            Some(canonical(&format!("{}{rest}", self.config.path)))
        };
        let Some((scheme, authority, path)) = divided(reference) else {
            let path = resolved(target, reference);
            return ours(&path).into_iter().chain([path]).collect();
        };
        let origin = self.upstream.origin();
        let is_same = scheme.is_none_or(|scheme| Some(scheme) == origin.scheme_str())
            && same_authority(authority, origin);
        let path = resolved(target, path);
        if is_same {
            vec![path]
        } else if host.is_some_and(|host| host.eq_ignore_ascii_case(authority)) {
            ours(&path).into_iter().collect()
        } else {
            Vec::new()
        }
    }
}

/// The number of the origin that a mapping leads to: the same for all that lead to the same.
pub(super) fn site_of(configs: &[Config], config: &Config) -> usize {
    let is_same = |other: &Config| other.upstream.url == config.upstream.url;
    configs.iter().position(is_same).unwrap_or_default()
}

/// The mapping with the longest prefix of `path`.
pub(super) fn find<'a>(mappings: &'a [Arc<Mapping>], path: &str) -> Option<&'a Arc<Mapping>> {
    mappings
        .iter()
        .filter(|mapping| path.starts_with(mapping.config.prefix.as_str()))
        .max_by_key(|mapping| mapping.config.prefix.len())
}

/// Scheme, authority and the rest of a reference that names a host.
fn divided(reference: &str) -> Option<(Option<&str>, &str, &str)> {
    let (scheme, rest) = match reference.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['/', '?', '#']) => (Some(scheme), rest),
        _ => (None, reference.strip_prefix("//")?),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    Some((scheme, authority, if path.is_empty() { "/" } else { path }))
}

fn same_authority(authority: &str, origin: &Uri) -> bool {
    let usual = if origin.scheme_str() == Some("https") {
        ":443"
    } else {
        ":80"
    };
    let own = origin
        .authority()
        .map(http::uri::Authority::as_str)
        .unwrap_or_default();
    let without = |text: &str| {
        text.strip_suffix(usual)
            .unwrap_or(text)
            .to_ascii_lowercase()
    };
    without(authority) == without(own)
}

/// The path that a reference without host leads to from `target` (RFC 3986 §5.2), in its one spelling.
fn resolved(target: &str, reference: &str) -> String {
    let base = target.split('?').next().unwrap_or_default();
    let path = reference.split(['?', '#']).next().unwrap_or_default();
    let joined = if path.is_empty() {
        base.to_owned()
    } else if path.starts_with('/') {
        path.to_owned()
    } else {
        let above = base
            .rfind('/')
            .and_then(|at| base.get(..=at))
            .unwrap_or("/");
        format!("{above}{path}")
    };
    let mut segments: Vec<&str> = Vec::new();
    let mut rest = joined.split('/').skip(1).peekable();
    while let Some(segment) = rest.next() {
        match segment {
            "." | ".." => {
                if segment == ".." {
                    segments.pop();
                }
                if rest.peek().is_none() {
                    segments.push("");
                }
            }
            _ => segments.push(segment),
        }
    }
    canonical(&format!("/{}", segments.join("/")))
}

/// One spelling of all that name the same path: without query, and nothing encoded that need not be
/// (RFC 3986 §6.2.2).
pub(super) fn canonical(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let mut parts = path.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part
            .get(..2)
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        match (code, part.get(2..)) {
            (Some(byte), Some(rest)) if is_unreserved(byte) => {
                plain.push(char::from(byte));
                plain.push_str(rest);
            }
            (Some(byte), Some(rest)) => plain.push_str(&format!("%{byte:02X}{rest}")),
            _ => {
                plain.push('%');
                plain.push_str(part);
            }
        }
    }
    plain
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Whether a segment is `.` or `..`, in any spelling.
fn is_dots(segment: &str) -> bool {
    matches!(canonical(segment).as_str(), "." | "..")
}

#[cfg(test)]
mod tests;
