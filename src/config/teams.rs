//! Reads the teams: where each is, and the service users whose keys the gateway holds.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::app::{Service, Team};
use crate::config::mistake::{Mistake, Place};
use crate::config::section::{Placed, Section};
use crate::config::unique::Unique;
use crate::config::value::{Scalar, Wrong, name, origin, path, proxy, text, wrong};
use crate::secret::{Secret, Source};
use crate::token::Key;
use crate::upstream;

/// The names of a team and of its principals, also where something else about them is wrong.
#[derive(Debug)]
pub(super) struct Roster {
    /// The team, lower case.
    pub(super) team: String,
    /// Its principals.
    pub(super) principals: Vec<String>,
}

/// All `[[team]]`; those that cannot be taken are left out, and said to be wrong.
pub(super) fn teams(top: &mut Section<'_>, limits: upstream::Limits) -> (Vec<Team>, Vec<Roster>) {
    let mut names = Unique::new("team");
    let mut rosters = Vec::new();
    let teams = top.each("team", |section| {
        let (name, principals) = (team_name(section, &mut names), principals(section));
        rosters.extend(name.clone().map(|team| {
            Roster {
                team,
                principals: principals
                    .iter()
                    .flat_map(|(name, _)| name.clone())
                    .collect(),
            }
        }));
        let principals = principals.into_iter().filter_map(|(_, service)| service);
        team(section, limits, name, principals.collect())
    });
    if top.is_absent("team") {
        let mistake = Mistake::warning("no team is configured, so every request gets 404");
        let help = "add `[[team]]` with `name` and `url`; `opagate check --init` shows how";
        top.notes.add(mistake.help(help));
    }
    (teams.into_iter().flatten().collect(), rosters)
}

fn team_name(section: &mut Section<'_>, names: &mut Unique) -> Option<String> {
    // The upstream takes a team in any case, and so does the gateway.
    let name = section.required("name", |s| name(s).map(|n| n.to_ascii_lowercase()))?;
    names.add(section.notes, &name.value, &name.place);
    Some(name.value)
}

fn team(
    section: &mut Section<'_>,
    limits: upstream::Limits,
    name: Option<String>,
    principals: Vec<Service>,
) -> Option<Team> {
    let url = section.required("url", origin);
    let ca_file = section.optional("ca_file", |s| readable(path(s)?));
    let proxy = section.optional("proxy", proxy);
    Some(Team {
        name: name?,
        upstream: upstream::Config {
            url: url?.value,
            ca_file: ca_file.map(|c| c.value),
            proxy: proxy.map(|p| p.value),
            limits,
        },
        principals,
    })
}

/// The principals of a team: the name of each, and the rest where it can be taken.
fn principals(section: &mut Section<'_>) -> Vec<(Option<String>, Option<Service>)> {
    let mut names = Unique::new("principal");
    let principals = section.each("principal", |inner| {
        let name = inner.required("name", name);
        if let Some(name) = &name {
            names.add(inner.notes, &name.value, &name.place);
        }
        let name = name.map(|n| n.value);
        let keys = keys(inner);
        let service = name.clone().map(|name| Service { name, keys });
        (name, service)
    });
    if section.is_absent("principal") {
        let mistake = Mistake::error("a team needs a principal in whose name it is asked");
        let help = "add `[[team.principal]]` with `name` and a `[[team.principal.key]]` below";
        section
            .notes
            .add(mistake.at(section.header(), "has no principal").help(help));
    }
    principals
}

fn keys(section: &mut Section<'_>) -> Vec<Key> {
    let mut ids = Unique::new("key");
    let mut headers = Vec::new();
    let keys = section.each("key", |inner| {
        headers.extend(inner.header().cloned());
        key(inner, &mut ids)
    });
    if section.is_absent("key") {
        let mistake = Mistake::error("a principal needs a key to get tokens with");
        let help = "add `[[team.principal.key]]` with `id` and `secret`";
        section
            .notes
            .add(mistake.at(section.header(), "has no key").help(help));
    }
    if let Some(third) = headers.get(2) {
        let mistake = Mistake::error("a principal has at most two keys");
        let help = "keep the new one and the one that it replaces";
        section
            .notes
            .add(mistake.at(third, "one too many").help(help));
    }
    keys.into_iter().flatten().collect()
}

fn key(section: &mut Section<'_>, ids: &mut Unique) -> Option<Key> {
    let id = section.required("id", key_id);
    section.hide("secret");
    match &id {
        Some(id) => ids.add(section.notes, &id.value, &id.place),
        // It may be the secret, if the two were mixed up.
        None => section.hide("id"),
    }
    let secret = secret(section, "secret");
    Some(Key {
        id: id?.value,
        secret: secret?,
    })
}

fn key_id(scalar: &Scalar) -> Result<String, Wrong> {
    let id = text(scalar)?;
    let help = "copy the key's id, like \"7b6a2c1e-…\", from the service user's page";
    match Uuid::try_parse(&id) {
        Ok(_) => Ok(id),
        Err(_) => Err(wrong("must be a UUID", "not a UUID", help)),
    }
}

/// A secret under `key`: a file that is named in whole, or a text.
pub(super) fn secret(section: &mut Section<'_>, key: &'static str) -> Option<Source> {
    let value = section.raw(key);
    let place = value.map(|v| Place::of(v.span()));
    let named = value.and_then(|v| v.get_ref().as_str()).and_then(file_of);
    if let (Some(file), Some(place)) = (named, place) {
        return secret_file(section, key, Placed { value: file, place });
    }
    let secret = section.required(key, text)?;
    Some(Source::Value(Secret::new(secret.value)))
}

/// The path in a text that is exactly `${file:path}`.
fn file_of(text: &str) -> Option<PathBuf> {
    let path = text.strip_prefix("${file:")?.strip_suffix('}')?;
    Some(PathBuf::from(path))
}

fn secret_file(
    section: &mut Section<'_>,
    key: &'static str,
    file: Placed<PathBuf>,
) -> Option<Source> {
    let Placed { value: path, place } = file;
    match fs::read(&path) {
        Ok(content) if content.trim_ascii().is_empty() => {
            let rule = "is read from a file that is empty";
            let help = format!("put the secret into {}", path.display());
            section.refuse(key, &place, &wrong(rule, "of this file", help));
            return None;
        }
        Ok(_) => {}
        Err(error) => {
            let rule = format!("is in a file that cannot be read: {error}");
            let help = format!("see that {} is there and may be read", path.display());
            section.refuse(key, &place, &wrong(rule, "of this file", help));
            return None;
        }
    }
    if is_open_to_others(&path) {
        let title = format!("everybody on this machine may read {}", path.display());
        let mistake = Mistake::warning(title).at(&place, "a secret");
        section
            .notes
            .add(mistake.help(format!("run `chmod o= {}`", path.display())));
    }
    Some(Source::File(path))
}

fn is_open_to_others(path: &Path) -> bool {
    let readable_by_others = 0o004;
    fs::metadata(path).is_ok_and(|m| m.permissions().mode() & readable_by_others != 0)
}

pub(super) fn readable(path: PathBuf) -> Result<PathBuf, Wrong> {
    match fs::File::open(&path) {
        Ok(_) => Ok(path),
        Err(error) => {
            let help = format!("see that {} is there and may be read", path.display());
            let rule = format!("is a file that cannot be read: {error}");
            Err(wrong(rule, "this file", help))
        }
    }
}
