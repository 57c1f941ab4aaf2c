//! What a path in a policy may look like, and the one spelling of its segments.

use crate::operation::canonical_segment;

/// Why a path cannot stand in a policy, and what to write.
pub(super) type Refusal = (&'static str, &'static str);

/// What can be said of a path before it is taken apart.
pub(super) fn refuse(written: &str) -> Result<(), Refusal> {
    let below = written.trim_start_matches('/');
    let is_ours = ["v1/", "teams/", "auth/", "sys/"]
        .iter()
        .any(|ours| below.starts_with(ours));
    if written.is_empty() {
        return Err(("a path must not be empty", "write `*` for everything"));
    }
    if below.starts_with("v1/") {
        return Err((
            "paths are written without `/v1/`",
            "leave it out, as in `teams/NAME/groups`",
        ));
    }
    if written.starts_with('/') && is_ours {
        return Err((
            "paths are written without a slash at the start",
            "leave it out; only paths of `[[origin]]` have one",
        ));
    }
    if written.contains("+*") {
        return Err(("`+*` is forbidden", "write `+/*`, or `*` alone"));
    }
    if written.contains("{{") {
        return Err((
            "templates are not supported",
            "write out what is meant; `+` stands for any one segment",
        ));
    }
    Ok(())
}

/// A segment in its one spelling.
pub(super) fn literal(segment: &str) -> Result<String, Refusal> {
    let canonical = canonical_segment(segment).map_err(|_| {
        (
            "no request has such a path",
            "no `.` or `..` segments, no control characters, valid percent-encoding",
        )
    })?;
    // What stands for a wildcard in one spelling and for itself in another would be read in two ways.
    if canonical != segment && (canonical == "+" || canonical.contains('*')) {
        return Err((
            "a wildcard cannot be written in percent-encoding",
            "write `+` or `*`; what is named so itself is matched by `+` only",
        ));
    }
    Ok(canonical.into_owned())
}
