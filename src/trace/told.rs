//! What a request's line says that is the same each time the same is answered again.

use std::borrow::Cow;

use http::StatusCode;
use tracing::Level;

use super::format::level_word;
use super::text::{Form, Text, name};
use crate::record::{Outcome, Record, Told};

/// Longest path in a line, in bytes.
const LONGEST_PATH: usize = 512;

/// Writes it in the form of `F`; `instance` is the name of the machine or pod.
pub(super) fn lasting<F: Form>(record: &Record, instance: &str) -> Told {
    let outcome = record.outcome();
    let mut text = Text::<F>::new(Vec::new());
    if F::IS_JSON {
        text.raw(r#"","level":""#);
        text.raw(level_word(level(outcome)));
        // No part of it needs an escape.
        text.raw(r#"","message":""#);
    }
    sentence(&mut text, record, outcome);
    let sentence = text.bytes.len();
    if F::IS_JSON {
        text.raw(r#","instance":"#);
        text.raw(instance);
    }
    fields(&mut text, record, outcome);
    Told::new(text.bytes, sentence)
}

/// A warning if it failed, for information otherwise.
pub(super) fn level(outcome: Outcome) -> Level {
    if outcome == Outcome::Failed {
        Level::WARN
    } else {
        Level::INFO
    }
}

/// The line in short, all but the time: method, operation, status and outcome.
fn sentence(text: &mut Text<impl Form>, record: &Record, outcome: Outcome) {
    for part in [
        record.method.as_str(),
        record.operation_name(),
        record.status.as_ref().map_or("-", StatusCode::as_str),
        outcome.as_str(),
    ] {
        text.raw(part);
        text.raw(" ");
    }
}

/// All that became known; what did not is left out.
fn fields(text: &mut Text<impl Form>, record: &Record, outcome: Outcome) {
    text.plain(name!("event"), "request");
    if let Some(caller) = &record.caller {
        text.word(name!("caller.name"), &caller.name);
        text.plain(name!("caller.kind"), caller.kind.as_str());
    }
    text.plain(name!("http.method"), record.method.as_str());
    text.word(name!("http.path"), &legible(&record.path));
    if let Some(status) = record.status {
        text.number(name!("http.status"), status.as_u16().into());
    }
    text.plain(name!("operation"), record.operation_name());
    if let Some(team) = team(record) {
        text.word(name!("team"), team);
    }
    if let Some(principal) = &record.principal {
        text.word(name!("principal"), &principal.name);
    }
    text.plain(name!("outcome"), outcome.as_str());
    if let Some(error) = &record.error {
        text.plain(name!("error.type"), error.kind().code());
        text.word(name!("error.chain"), &error.chain());
    }
    text.plain(name!("cache.status"), record.cache.as_str());
    if let Some(reason) = record.cache.reason() {
        text.plain(name!("cache.reason"), reason);
    }
    text.number(name!("bytes_out"), record.bytes_out);
}

fn team(record: &Record) -> Option<&str> {
    let of_principal = record.principal.as_ref().map(|principal| &*principal.team);
    let of_path = || record.operation.as_ref()?.path.team();
    of_principal.or_else(of_path)
}

/// A path as it may stand in a line: not too long, and without control characters.
pub(super) fn legible(path: &str) -> Cow<'_, str> {
    if path.len() <= LONGEST_PATH && path.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return Cow::Borrowed(path);
    }
    let mut end = path.len().min(LONGEST_PATH);
    while !path.is_char_boundary(end) {
        end -= 1;
    }
    let path = path.get(..end).unwrap_or_default();
    if !path.contains(char::is_control) {
        return Cow::Borrowed(path);
    }
    let escape = |text: &mut String, c: char| {
        if c.is_control() {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    };
    let mut text = String::with_capacity(path.len() + 8);
    path.chars().for_each(|c| escape(&mut text, c));
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_cut_between_characters_and_shows_no_control_character() {
        let long = format!("/{}", "é".repeat(400));

        assert_eq!(legible("/plain"), "/plain");
        assert_eq!(legible("/a\n\u{1b}[2Jb"), "/a\\n\\u{1b}[2Jb");
        assert_eq!(legible(&long).len(), 511);
    }
}
