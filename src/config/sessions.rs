//! Reads `[sessions]` and `[keys]`: the tokens that the gateway gives out.

use crate::config::callers::sha256;
use crate::config::mistake::Mistake;
use crate::config::section::Section;
use crate::config::value::{Scalar, Wrong, positive, some_time, wrong};
use crate::keys::{self, SHORTEST_TTL};
use crate::sessions;

/// `[sessions]`.
pub(super) fn sessions(section: &mut Section<'_>) -> sessions::Config {
    let mut config = sessions::Config::default();
    let limits = &mut config.limits;
    let usual = section.set("default_ttl", &mut limits.default_ttl, some_time);
    let longest = section.set("max_ttl", &mut limits.max_ttl, some_time);
    if limits.default_ttl > limits.max_ttl {
        let mistake = Mistake::error("tokens would last longer by default than they may");
        let help = "make `sessions.max_ttl` at least as long as `sessions.default_ttl`";
        let at = usual.as_ref().or(longest.as_ref());
        let beside = usual.as_ref().and(longest.as_ref());
        let mistake = mistake.at(at, "against the other");
        let mistake = mistake.beside(beside, "the longest");
        section.notes.add(mistake.help(help));
    }
    section.set("most", &mut config.most, |scalar| {
        positive(scalar).map(std::num::NonZeroUsize::get)
    });
    // Somebody may have put the token itself here.
    section.hide("root_token_sha256");
    section.set("root_token_sha256", &mut config.root_token_sha256, |s| {
        sha256(s).map(Some)
    });
    config
}

/// `[keys]`.
pub(super) fn keys(section: &mut Section<'_>) -> keys::Config {
    let mut config = keys::Config::default();
    section.set("ttl", &mut config.ttl, key_time);
    config
}

fn key_time(scalar: &Scalar) -> Result<std::time::Duration, Wrong> {
    let time = some_time(scalar)?;
    if time < SHORTEST_TTL {
        let help = "write \"1h\" or more; OPA's own clients count on it";
        return Err(wrong("must be at least one hour", "too short", help));
    }
    Ok(time)
}
