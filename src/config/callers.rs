//! Reads the callers: who may ask, what, in whose name and how much.

use crate::auth;
use crate::caller::{Priority, Weight};
use crate::config::mistake::{Mistake, Place};
use crate::config::nearest::nearest;
use crate::config::policies::{self, Written};
use crate::config::section::{Placed, Section};
use crate::config::teams::Roster;
use crate::config::unique::Unique;
use crate::config::value::{Scalar, Wrong, name, one_of, positive, text, wrong};
use crate::quota;

/// A caller, and where it stands, for what is only known once the listeners are.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its name.
    pub(super) name: Placed<String>,
    /// Whether it was given a token, right or wrong.
    pub(super) has_token: bool,
    /// The principals that it may use, as `team/name`.
    pub(super) principals: Vec<String>,
    config: auth::Config,
}

impl Entry {
    /// What the rest of the gateway knows of it.
    pub(super) fn into_config(self) -> auth::Config {
        self.config
    }
}

/// All `[[caller]]` that have a name.
pub(super) fn callers(top: &mut Section<'_>, teams: &[Roster], policies: &[Written]) -> Vec<Entry> {
    let mut names = Unique::new("caller");
    let mut tokens = Unique::new("token");
    let entries = top.each("caller", |section| {
        let entry = caller(section, teams, policies, &mut tokens)?;
        names.add(section.notes, &entry.name.value, &entry.name.place);
        Some(entry)
    });
    entries.into_iter().flatten().collect()
}

/// The first principal of each team, as `team/name`.
pub(super) fn first_of_each(teams: &[Roster]) -> Vec<String> {
    let first = |t: &Roster| t.principals.first().map(|p| format!("{}/{p}", t.team));
    teams.iter().filter_map(first).collect()
}

fn caller(
    section: &mut Section<'_>,
    teams: &[Roster],
    policies: &[Written],
    tokens: &mut Unique,
) -> Option<Entry> {
    let name = section.required("name", name);
    let token = token(section, tokens);
    let has_token = section.raw("token_sha256").is_some();
    let granted = policies::of_caller(section, policies);
    let mut priority = granted.priority.unwrap_or(Priority::Interactive);
    section.set("priority", &mut priority, one_of(PRIORITY));
    let mut weight = Weight::ONE;
    section.set("weight", &mut weight, self::weight);
    let principals = match section.texts("principals") {
        Some(named) => principals(section, &named, teams),
        None => first_of_each(teams),
    };
    let mut quota = quota::Config {
        per_second: granted.quota,
        ..quota::Config::default()
    };
    section.set("requests_per_second", &mut quota.per_second, |s| {
        positive(s).map(Some)
    });
    section.set("burst", &mut quota.burst, positive);

    let name = name?;
    let config = auth::Config {
        name: name.value.clone(),
        token_sha256: token,
        policies: granted.policies,
        priority,
        weight,
        principals: principals.clone(),
        quota,
    };
    Some(Entry {
        name,
        has_token,
        principals,
        config,
    })
}

fn token(section: &mut Section<'_>, tokens: &mut Unique) -> Option<[u8; 32]> {
    // Somebody may have put the token itself here.
    section.hide("token_sha256");
    let hash = section.optional("token_sha256", sha256)?;
    tokens.add(section.notes, &hex::encode(hash.value), &hash.place);
    Some(hash.value)
}

/// A hash in hexadecimal digits.
pub(super) fn sha256(scalar: &Scalar) -> Result<[u8; 32], Wrong> {
    let mut hash = [0; 32];
    let help = "write the hash, not the token: `printf %s \"$TOKEN\" | sha256sum`";
    match hex::decode_to_slice(text(scalar)?, &mut hash) {
        Ok(()) => Ok(hash),
        Err(_) => Err(wrong(
            "must be 64 hexadecimal digits",
            "not a SHA-256",
            help,
        )),
    }
}

/// How many turns a caller has.
pub(super) fn weight(scalar: &Scalar) -> Result<Weight, Wrong> {
    let help = format!("write a whole number from 1 to {}", Weight::MOST);
    let too_large = || wrong("is too large", "too large", help.as_str());
    Weight::new(positive(scalar)?).ok_or_else(too_large)
}

/// Checks that each is known and that no team is named twice.
fn principals(section: &Section<'_>, named: &[Placed<String>], teams: &[Roster]) -> Vec<String> {
    let mut found: Vec<(String, String, &Place)> = Vec::new();
    for Placed { value, place } in named {
        let Some((team, name)) = find(value, teams) else {
            section.notes.add(unknown(value, place, teams));
            continue;
        };
        match found.iter().find(|(other, ..)| *other == team) {
            None => found.push((team, name, place)),
            Some((_, _, first)) => {
                let mistake = Mistake::error(format!("two principals of team `{team}`"))
                    .at(place, "the second")
                    .beside(*first, "the first");
                let help = "name one principal for each team; a second one needs a second caller";
                section.notes.add(mistake.help(help));
            }
        }
    }
    found
        .into_iter()
        .map(|(team, name, _)| format!("{team}/{name}"))
        .collect()
}

fn find(named: &str, teams: &[Roster]) -> Option<(String, String)> {
    let (team, name) = named.split_once('/')?;
    let team = teams.iter().find(|t| t.team.eq_ignore_ascii_case(team))?;
    let name = team.principals.iter().find(|p| *p == name)?;
    Some((team.team.clone(), name.clone()))
}

fn unknown(named: &str, place: &Place, teams: &[Roster]) -> Mistake {
    let of = |t: &Roster| {
        let names = t.principals.iter().map(|p| format!("{}/{p}", t.team));
        names.collect::<Vec<_>>()
    };
    let known: Vec<String> = teams.iter().flat_map(of).collect();
    let help = match nearest(named, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "name one that is configured, as \"team/name\"".to_owned(),
    };
    let mistake = Mistake::error("a caller may only use principals that are configured");
    let mistake = mistake.at(place, "not a `[[team.principal]]`").help(help);
    mistake.note(
        "known",
        if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        },
    )
}

/// The words of `caller.priority`.
const PRIORITY: &[(&str, Priority)] = &[
    ("interactive", Priority::Interactive),
    ("batch", Priority::Batch),
    ("background", Priority::Background),
];
