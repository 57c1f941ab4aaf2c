//! Reads the origins: which paths belong to something else than OPA, and to what.

use http::Uri;

use crate::config::section::Section;
use crate::config::unique::Unique;
use crate::config::value::{Scalar, Wrong, boolean, one_of, server, text, wrong};
use crate::origin::{Callers, Config};
use crate::upstream;

/// All `[[origin]]` that can be taken.
pub(super) fn origins(top: &mut Section<'_>, limits: upstream::Limits) -> Vec<Config> {
    let mut prefixes = Unique::new("prefix");
    let origins = top.each("origin", |section| {
        let prefix = section.required("prefix", prefix);
        let url = section.required("upstream", server);
        let mut callers = Callers::Known;
        section.set("callers", &mut callers, one_of(CALLERS));
        let mut heuristic_freshness = false;
        section.set("heuristic_freshness", &mut heuristic_freshness, boolean);
        let (prefix, url) = (prefix?, url?);
        prefixes.add(section.notes, &prefix.value, &prefix.place);
        Some(Config {
            prefix: prefix.value,
            path: format!("{}/", url.value.path().trim_end_matches('/')),
            upstream: upstream::Config {
                url: without_path(url.value),
                ca_file: None,
                proxy: None,
                limits,
            },
            callers,
            heuristic_freshness,
        })
    });
    origins.into_iter().flatten().collect()
}

/// Scheme and authority alone.
fn without_path(url: Uri) -> Uri {
    let mut parts = url.into_parts();
    parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
    Uri::from_parts(parts).unwrap_or_default()
}

fn prefix(scalar: &Scalar) -> Result<String, Wrong> {
    let prefix = text(scalar)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    let segments = prefix
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/'));
    let mut segments = segments.unwrap_or_default().split('/');
    if !prefix.chars().all(is_plain) || segments.any(|segment| matches!(segment, "" | "." | "..")) {
        let rule = "must be whole segments of a path, with `/` at both ends";
        let help = "write it as in \"/files/\", of letters, digits, `-`, `.`, `_` and `~`";
        return Err(wrong(rule, "not such a path", help));
    }
    // What holds one of ours, or is held by one.
    let mut ours = OURS.iter();
    if let Some(ours) = ours.find(|ours| prefix.starts_with(**ours) || ours.starts_with(&prefix)) {
        let rule = format!("must leave {ours} to OPA and to the gateway itself");
        return Err(wrong(rule, "not free", "choose another prefix"));
    }
    Ok(prefix)
}

/// Where OPA's API is and where the gateway's own is or will be.
const OURS: [&str; 6] = [
    "/v1/teams/",
    "/v1/auth/",
    "/v1/sys/",
    "/v1/identity/",
    "/v1/resolve/",
    "/ui/",
];

/// The words of `origin.callers`.
pub(super) const CALLERS: &[(&str, Callers)] =
    &[("known", Callers::Known), ("anyone", Callers::Anyone)];
