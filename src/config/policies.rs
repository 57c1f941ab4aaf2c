//! Reads the policies, and which of them a caller has.

use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use toml::de::DeValue;

use crate::caller::{Access, Priority};
use crate::config::mistake::{Mistake, Other, Place};
use crate::config::nearest::nearest;
use crate::config::section::{Placed, Section};
use crate::config::teams::Roster;
use crate::config::unique::Unique;
use crate::config::value::{Scalar, Wrong, name, one_of, path, text, wrong};
use crate::policy::{Fault, Policy, of_access};

/// A policy of the configuration, also one that cannot be read.
#[derive(Debug)]
pub(super) struct Written {
    name: String,
    policy: Option<Arc<Policy>>,
}

/// All `[[policy]]` that have a name.
pub(super) fn policies(top: &mut Section<'_>, teams: &[Roster]) -> Vec<Written> {
    let mut names = Unique::new("policy");
    let policies = top.each("policy", |section| {
        let name = section.required("name", policy_name);
        let source = source(section);
        let name = name?;
        names.add(section.notes, &name.value, &name.place);
        let policy = source.and_then(|source| read(section, &name.value, &source, teams));
        Some(Written {
            name: name.value,
            policy: policy.map(Arc::new),
        })
    });
    policies.into_iter().flatten().collect()
}

/// Those that can be used.
pub(super) fn usable(written: &[Written]) -> Vec<Arc<Policy>> {
    written.iter().filter_map(|w| w.policy.clone()).collect()
}

/// What a caller may do, and what its policies say of how much.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) policies: Vec<Arc<Policy>>,
    pub(super) priority: Option<Priority>,
    pub(super) quota: Option<NonZeroU32>,
}

/// Reads `access` or `policies` of a caller.
pub(super) fn of_caller(section: &mut Section<'_>, known: &[Written]) -> Granted {
    let mut access = Access::Read;
    let short = section.set("access", &mut access, one_of(ACCESS));
    let Some(named) = section.texts("policies") else {
        return Granted {
            policies: vec![of_access(access)],
            priority: None,
            quota: None,
        };
    };
    let here = section.raw("policies").map(|value| Place::of(value.span()));
    if named.is_empty() {
        let warning = Mistake::warning("a caller without policies may do nothing");
        let warning = warning.at(here.as_ref(), "none");
        let help = "name a `[[policy]]`, or write `access = \"read\"` in place of it";
        section.notes.add(warning.help(help));
    }
    for (key, place) in [
        ("access", short),
        (
            "principals",
            section.raw("principals").map(|v| Place::of(v.span())),
        ),
    ] {
        if let Some(place) = place {
            let mistake = Mistake::error(format!("a caller has `policies` or `{key}`, not both"));
            let mistake = mistake.at(&place, "would be without effect");
            let help = match key {
                "access" => "remove it: the policies say what may be done",
                _ => "remove it: name `principal` in a path block of a policy",
            };
            section
                .notes
                .add(mistake.beside(here.as_ref(), "because").help(help));
        }
    }
    let policies: Vec<_> = named
        .iter()
        .filter_map(|named| find(section, named, known))
        .collect();
    Granted {
        priority: policies.iter().filter_map(|p| p.priority).min(),
        quota: policies.iter().filter_map(|p| p.quota).max(),
        policies,
    }
}

fn find(section: &Section<'_>, named: &Placed<String>, known: &[Written]) -> Option<Arc<Policy>> {
    let name = named.value.to_ascii_lowercase();
    if let Some(written) = known.iter().find(|written| written.name == name) {
        return written.policy.clone();
    }
    let names: Vec<&str> = known.iter().map(|written| written.name.as_str()).collect();
    let mistake = Mistake::error("a caller may only have policies that are configured");
    let mistake = mistake.at(&named.place, "not a `[[policy]]`");
    let short = ACCESS.iter().find(|(word, _)| *word == name);
    let mistake = match (nearest(&name, names.iter().copied()), short) {
        (Some(near), _) => mistake.help(format!("did you mean \"{near}\"?")),
        (None, Some((word, _))) => mistake.help(format!(
            "write `access = \"{word}\"` in place of `policies`"
        )),
        (None, None) => mistake.help("add a `[[policy]]` of this name, with `rules` or `file`"),
    };
    let known = if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    };
    section.notes.add(mistake.note("known", known));
    None
}

/// A policy's text, and where it stands.
struct Source {
    text: String,
    place: Place,
    origin: Origin,
}

enum Origin {
    /// In the configuration, from this byte on.
    Here(usize),
    /// In the configuration, but not as it is written there.
    Completed,
    /// In a file of its own.
    File(Arc<Other>),
}

fn source(section: &mut Section<'_>) -> Option<Source> {
    let rules = section.optional("rules", text);
    let file = section.optional("file", path);
    let both = (section.raw("rules"), section.raw("file"));
    match both {
        (Some(rules), Some(file)) => {
            let mistake = Mistake::error("a policy has `rules` or a `file`, not both");
            let mistake = mistake.at(&Place::of(file.span()), "one too many");
            let beside = Place::of(rules.span());
            section.notes.add(
                mistake
                    .beside(&beside, "the other")
                    .help("remove one of them"),
            );
            None
        }
        (None, None) => {
            let mistake = Mistake::error("a policy needs its rules");
            let mistake = mistake.at(section.header(), "has neither `rules` nor `file`");
            let help = "add `rules = '''…'''`, or `file = \"NAME.hcl\"`";
            section.notes.add(mistake.help(help));
            None
        }
        _ => match (rules, file) {
            (Some(rules), _) => Some(of_rules(section, rules)),
            (None, Some(file)) => of_file(section, &file.value, file.place),
            (None, None) => None,
        },
    }
}

fn of_rules(section: &mut Section<'_>, rules: Placed<String>) -> Source {
    let raw = section
        .raw("rules")
        .map(|value| (value.span(), value.get_ref()));
    let origin = match raw {
        Some((span, DeValue::String(raw))) if **raw == *rules.value => {
            match section.notes.start_of(&span, &rules.value) {
                Some(start) => Origin::Here(start),
                None => Origin::Completed,
            }
        }
        _ => Origin::Completed,
    };
    Source {
        text: rules.value,
        place: rules.place,
        origin,
    }
}

fn of_file(section: &mut Section<'_>, path: &Path, place: Place) -> Option<Source> {
    match fs::read_to_string(path) {
        Ok(text) => Some(Source {
            origin: Origin::File(Arc::new(Other {
                name: path.display().to_string(),
                text: text.clone(),
            })),
            text,
            place,
        }),
        Err(error) => {
            let rule = format!("is a file that cannot be read: {error}");
            let help = format!("see that {} is there and may be read", path.display());
            section.refuse("file", &place, &wrong(rule, "this file", help));
            None
        }
    }
}

fn read(section: &Section<'_>, name: &str, source: &Source, teams: &[Roster]) -> Option<Policy> {
    let note = |fault: Fault| section.notes.add(mistake(&fault, source));
    match Policy::parse(name, &source.text) {
        Ok(policy) => {
            let unknown = unknown_principals(&policy, teams);
            unknown.into_iter().for_each(note);
            for surprise in policy.surprises() {
                section.notes.add(mistake(&surprise, source).mild());
            }
            Some(policy)
        }
        Err(faults) => {
            faults.into_iter().for_each(note);
            None
        }
    }
}

/// A fault as the configuration shows it.
fn mistake(fault: &Fault, source: &Source) -> Mistake {
    match &source.origin {
        Origin::Here(start) => {
            let place = Place::File(start + fault.at.start, start + fault.at.end);
            Mistake::error(fault.title.as_str())
                .at(&place, fault.label)
                .help(fault.help.as_str())
        }
        Origin::Completed => Mistake::error(fault.in_a_line(&source.text))
            .at(&source.place, "in this policy")
            .help(fault.help.as_str()),
        Origin::File(file) => {
            let place = Place::File(fault.at.start, fault.at.end);
            Mistake::error(fault.title.as_str())
                .at(&place, fault.label)
                .within(file, &source.place)
                .help(fault.help.as_str())
        }
    }
}

fn unknown_principals(policy: &Policy, teams: &[Roster]) -> Vec<Fault> {
    let is_known = |team: &str, name: &str| {
        let mut teams = teams.iter().filter(|roster| roster.team == team);
        teams.any(|roster| roster.principals.iter().any(|known| known == name))
    };
    let known = teams.iter().flat_map(|roster| {
        let names = roster.principals.iter();
        names.map(|name| format!("{}/{name}", roster.team))
    });
    let known = known.collect::<Vec<_>>();
    let named = policy
        .rules
        .iter()
        .filter_map(|rule| rule.principal.as_ref());
    let unknown = named.filter(|named| !is_known(&named.team, &named.name));
    let fault = |named: &crate::policy::Named| {
        let word = format!("{}/{}", named.team, named.name);
        let help = match nearest(&word, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None if known.is_empty() => "add a `[[team.principal]]` first".to_owned(),
            None => format!("name one of these: {}", known.join(", ")),
        };
        Fault {
            title: "a rule may only name principals that are configured".to_owned(),
            label: "not a `[[team.principal]]`",
            help,
            at: named.at.clone(),
        }
    };
    unknown.map(fault).collect()
}

/// A name as Vault keeps it: lower case, and not the one that may do everything.
fn policy_name(scalar: &Scalar) -> Result<String, Wrong> {
    let name = name(scalar)?.to_ascii_lowercase();
    if name == "root" {
        let help = "choose another name, and say in `rules` what it may do";
        return Err(wrong("must not be `root`", "kept for Vault's own", help));
    }
    Ok(name)
}

/// The words of `caller.access`.
const ACCESS: &[(&str, Access)] = &[("read", Access::Read), ("write", Access::Write)];
