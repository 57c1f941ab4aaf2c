//! The reference file says what the code says.

use std::collections::BTreeSet;

use toml::Value;

use super::*;

const REFERENCE: &str = include_str!("../../../config/opagate.toml");

/// The limits of the upstream are only seen in a team.
const TEAM: &str = "\n[[team]]\nname = 'a'\nurl = 'https://a.example'\n[[team.principal]]\n\
                    name = 'p'\n[[team.principal.key]]\n\
                    id = '00000000-0000-4000-8000-000000000000'\nsecret = 's'\n";

/// The reference with everything in it that is commented out.
fn uncommented() -> String {
    let is_setting = |c: char| c.is_ascii_lowercase() || "[ }'".contains(c);
    // A comment has a blank and a letter; what is set in is part of a text of several lines.
    let line = |line: &'static str| match line.strip_prefix('#') {
        Some(rest)
            if rest.starts_with("  ") || !rest.starts_with(' ') && rest.starts_with(is_setting) =>
        {
            rest
        }
        _ => line,
    };
    REFERENCE.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn keys(path: &str, value: &Value, found: &mut BTreeSet<String>) {
    found.insert(path.to_owned());
    let list = value.as_array().into_iter().flatten();
    let tables = list.filter_map(Value::as_table).chain(value.as_table());
    for (key, inner) in tables.flatten() {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        keys(&path, inner, found);
    }
}

#[test]
fn reference_holds_the_defaults() {
    let reference = accepted(&format!("{REFERENCE}{TEAM}"), &[]);

    let empty = accepted(TEAM, &[]);
    assert_eq!(format!("{reference:#?}"), format!("{empty:#?}"));
}

#[test]
fn reference_holds_every_key() {
    let text = uncommented();
    let document = DeTable::parse(&text).unwrap();
    let notes = Notes::new("", []);
    let mut top = Section::top(&notes, document.get_ref());
    compose(&mut top);
    top.finish();
    let mut written = BTreeSet::new();
    keys(
        "",
        &text.parse::<toml::Table>().unwrap().into(),
        &mut written,
    );
    written.remove("");

    let asked = notes.asked.take();

    assert_eq!(asked, written);
}

#[test]
fn examples_of_the_reference_are_right_but_for_files_that_are_not_there() {
    let shown = refused(&uncommented(), &[]);

    let errors: Vec<_> = shown.lines().filter(|l| l.starts_with("error")).collect();
    assert_eq!(errors.len(), 8, "{shown}");
    assert!(
        errors.iter().all(|e| e.contains("cannot be read")),
        "{shown}"
    );
}

#[test]
fn each_setting_of_the_reference_is_explained() {
    let lines: Vec<_> = REFERENCE.lines().collect();

    let alone = lines.windows(2).filter(|pair| {
        let is_setting = !pair[1].starts_with("# ") && pair[1].contains(" = ");
        is_setting && !pair[0].starts_with('#')
    });

    assert_eq!(alone.collect::<Vec<_>>(), Vec::<&[&str]>::new());
}
