//! Reads `[cache]`: what is kept, for how long, and what is kept before anybody asks.

use std::num::NonZeroUsize;
use std::time::Duration;

use http::Method;

use crate::cache;
use crate::config::mistake::Mistake;
use crate::config::section::{Placed, Section};
use crate::config::teams::Roster;
use crate::config::unique::Unique;
use crate::config::value::{
    Scalar, Wrong, boolean, duration, name, percent, positive, ratio, text, whole, wrong,
};
use crate::operation::{Class, Operation, Path};

/// `[cache]`.
pub(super) fn cache(section: &mut Section<'_>, teams: &[Roster]) -> cache::Config {
    let mut config = cache::Config::default();
    let capacity = section.set("capacity_bytes", &mut config.capacity_bytes, whole);
    let entry = section.set("entry_bytes", &mut config.entry_bytes, positive);
    section.set("settle_for", &mut config.settle_for, duration);
    section.set(
        "unknown_settle_for",
        &mut config.unknown_settle_for,
        duration,
    );
    section.set("linger", &mut config.linger, duration);
    section.set("flights", &mut config.flights, |s| {
        positive(s).map(NonZeroUsize::get)
    });
    section.set("entries", &mut config.entries, positive);
    section.set("negative_entries", &mut config.negative_entries, whole);
    section.set("variants", &mut config.variants, positive);
    section.set(
        "principal_percent",
        &mut config.principal_percent,
        percent(1, 100),
    );
    section.set("gzip", &mut config.gzip, boolean);
    section.set("scarce_below", &mut config.scarce_below, ratio);
    section.set("audit_rate", &mut config.audit_rate, ratio);
    section.table("class", |classes| {
        for (class, freshness) in Class::ALL.into_iter().zip(&mut config.freshness) {
            classes.table(class.as_str(), |section| times(section, freshness));
        }
    });
    let mut paths = Unique::new("path");
    let all = section.each("path", |section| path_times(section, &mut paths));
    config.paths = all.into_iter().flatten().collect();
    let all = section.each("warm", |section| warm(section, teams));
    config.warm = all.into_iter().flatten().collect();

    if config.capacity_bytes > 0 && config.entry_bytes.get() > config.capacity_bytes {
        let mistake = Mistake::warning("no entry can be as large as `cache.entry_bytes` allows");
        let help = "make `cache.capacity_bytes` larger or `cache.entry_bytes` smaller";
        let at = entry.as_ref().or(capacity.as_ref());
        let beside = entry.as_ref().and(capacity.as_ref());
        let mistake = mistake
            .at(at, "one entry against the whole")
            .beside(beside, "the whole");
        section.notes.add(mistake.help(help));
    }
    config
}

fn times(section: &mut Section<'_>, freshness: &mut cache::Freshness) {
    section.set("fresh_for", &mut freshness.fresh_for, duration);
    section.set("stale_for", &mut freshness.stale_for, duration);
    section.set("stale_if_error", &mut freshness.stale_if_error, duration);
    section.set("negative_for", &mut freshness.negative_for, duration);
    section.set(
        "override_no_store",
        &mut freshness.override_no_store,
        boolean,
    );
}

/// One `[[cache.path]]`.
fn path_times(section: &mut Section<'_>, paths: &mut Unique) -> Option<cache::PathTimes> {
    let path = section.required("path", canonical);
    let mut time = |key| -> Option<Duration> { Some(section.optional(key, duration)?.value) };
    let (fresh_for, stale_for) = (time("fresh_for"), time("stale_for"));
    let (stale_if_error, negative_for) = (time("stale_if_error"), time("negative_for"));
    let override_no_store = section.optional("override_no_store", boolean);
    let Placed { value, place } = path?;
    paths.add(section.notes, &value, &place);
    Some(cache::PathTimes {
        path: value,
        fresh_for,
        stale_for,
        stale_if_error,
        negative_for,
        override_no_store: override_no_store.map(|given| given.value),
    })
}

/// A path as it is compared: canonical, lower case.
fn canonical(scalar: &Scalar) -> Result<String, Wrong> {
    let text = text(scalar)?;
    let help =
        "write it as it is asked for, as in \"/v1/teams/demo/groups\"; `*` stands for one segment";
    let is_path = text.starts_with('/') && !text.contains(['?', '#']);
    let path = is_path.then(|| Path::parse(text.trim_end_matches('/')).ok());
    match path.flatten() {
        // An asterisk that was encoded again.
        Some(path) => Ok(path.canonical().to_ascii_lowercase().replace("%2a", "*")),
        None => Err(wrong("must be a path", "not a path", help)),
    }
}

/// One `[[cache.warm]]`.
fn warm(section: &mut Section<'_>, teams: &[Roster]) -> Option<cache::Warm> {
    let path = section.required("path", read);
    let principal = section.optional("principal", name);
    let Placed { value, place } = path?;
    let named = value.path.team().unwrap_or_default();
    let Some(team) = teams.iter().find(|team| team.team == named) else {
        let mistake = Mistake::error("what is kept warm belongs to a team that is configured");
        let help = "name a `[[team]]`, as in \"/v1/teams/demo/groups\"";
        section
            .notes
            .add(mistake.at(&place, "no such team").help(help));
        return None;
    };
    let first = team.principals.first();
    let principal = match &principal {
        Some(named) if !team.principals.contains(&named.value) => {
            let mistake = Mistake::error(format!("not a principal of team `{}`", team.team));
            let help = format!("name one of: {}", team.principals.join(", "));
            let mistake = mistake.at(&named.place, "unknown").help(help);
            section.notes.add(mistake);
            return None;
        }
        Some(named) => named.value.clone(),
        None => first?.clone(),
    };
    Some(cache::Warm {
        target: value.target(),
        team: team.team.clone(),
        principal,
    })
}

/// A path and query whose answers are kept.
fn read(scalar: &Scalar) -> Result<Operation, Wrong> {
    let text = text(scalar)?;
    let uri = text.parse().ok().filter(|_| text.starts_with('/'));
    let operation = uri.and_then(|uri| Operation::parse(&Method::GET, &uri).ok());
    match operation {
        Some(operation) if operation.is_shareable() => Ok(operation),
        Some(_) => Err(wrong(
            "must be something that is kept",
            "its answer is never kept",
            "leave it out: answers with secrets are not kept",
        )),
        None => Err(wrong(
            "must be a path",
            "not a path",
            "write it as it is asked for, as in \"/v1/teams/demo/groups\"",
        )),
    }
}
