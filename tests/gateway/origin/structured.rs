//! Lists of items with parameters (RFC 9651 §4.2), strictly: what is not well formed is an error.

use std::iter::Peekable;
use std::str::Chars;

/// One member of a list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) value: Bare,
    pub(super) parameters: Vec<(String, Bare)>,
}

/// A value without parameters. Byte sequences and dates are not among the types looked for here.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bare {
    Boolean(bool),
    Decimal(f64),
    Integer(i64),
    String(String),
    Token(String),
}

impl Item {
    /// Whether a parameter is `text`: `name` for true, `name=value` for everything else.
    pub(super) fn has(&self, text: &str) -> bool {
        let (name, value) = text.split_once('=').unwrap_or((text, "?1"));
        self.parameter(name).is_some_and(|found| match found {
            Bare::Boolean(found) => value == if *found { "?1" } else { "?0" },
            Bare::Decimal(found) => value == found.to_string(),
            Bare::Integer(found) => value == found.to_string(),
            Bare::String(found) | Bare::Token(found) => value == found,
        })
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&Bare> {
        let mut all = self.parameters.iter();
        all.find(|(found, _)| found == name).map(|(_, value)| value)
    }
}

/// Parses the value of a field, its lines joined.
pub(super) fn list(text: &str) -> Result<Vec<Item>, String> {
    let mut rest = text.trim_matches(' ').chars().peekable();
    let mut items = Vec::new();
    while rest.peek().is_some() {
        items.push(item(&mut rest)?);
        skip(&mut rest, &[' ', '\t']);
        match rest.next() {
            None => return Ok(items),
            Some(',') => skip(&mut rest, &[' ', '\t']),
            Some(other) => return Err(format!("`{other}` after a member")),
        }
        if rest.peek().is_none() {
            return Err("a comma at the end".to_owned());
        }
    }
    Ok(items)
}

type Rest<'a> = Peekable<Chars<'a>>;

fn item(rest: &mut Rest<'_>) -> Result<Item, String> {
    let value = bare(rest)?;
    let mut parameters: Vec<(String, Bare)> = Vec::new();
    while rest.next_if_eq(&';').is_some() {
        skip(rest, &[' ']);
        let name = key(rest)?;
        let value = match rest.next_if_eq(&'=') {
            Some(_) => bare(rest)?,
            None => Bare::Boolean(true),
        };
        parameters.retain(|(found, _)| *found != name);
        parameters.push((name, value));
    }
    Ok(Item { value, parameters })
}

fn bare(rest: &mut Rest<'_>) -> Result<Bare, String> {
    match rest.peek() {
        Some('-' | '0'..='9') => number(rest),
        Some('"') => string(rest),
        Some('*' | 'a'..='z' | 'A'..='Z') => {
            let is_token = |c: &char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(*c);
            Ok(Bare::Token(run(rest, is_token)))
        }
        Some('?') => {
            rest.next();
            match rest.next() {
                Some('1') => Ok(Bare::Boolean(true)),
                Some('0') => Ok(Bare::Boolean(false)),
                other => Err(format!("no boolean: {other:?}")),
            }
        }
        other => Err(format!("no value begins with {other:?}")),
    }
}

fn number(rest: &mut Rest<'_>) -> Result<Bare, String> {
    let sign = if rest.next_if_eq(&'-').is_some() {
        "-"
    } else {
        ""
    };
    let whole = run(rest, char::is_ascii_digit);
    let wrong = || format!("no number: {sign}{whole}");
    if rest.next_if_eq(&'.').is_none() {
        let fits = (1..=15).contains(&whole.len());
        let parsed = format!("{sign}{whole}").parse();
        return parsed
            .ok()
            .filter(|_| fits)
            .map(Bare::Integer)
            .ok_or_else(wrong);
    }
    let fraction = run(rest, char::is_ascii_digit);
    let fits = (1..=12).contains(&whole.len()) && (1..=3).contains(&fraction.len());
    let parsed = format!("{sign}{whole}.{fraction}").parse();
    parsed
        .ok()
        .filter(|_| fits)
        .map(Bare::Decimal)
        .ok_or_else(wrong)
}

fn string(rest: &mut Rest<'_>) -> Result<Bare, String> {
    let mut text = String::new();
    rest.next();
    loop {
        match rest.next() {
            Some('"') => return Ok(Bare::String(text)),
            Some('\\') => match rest.next() {
                Some(escaped @ ('"' | '\\')) => text.push(escaped),
                other => return Err(format!("`\\` before {other:?}")),
            },
            Some(plain @ ' '..='~') => text.push(plain),
            other => return Err(format!("{other:?} in a string")),
        }
    }
}

fn key(rest: &mut Rest<'_>) -> Result<String, String> {
    match rest.peek() {
        Some('*' | 'a'..='z') => Ok(run(rest, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.*".contains(*c)
        })),
        other => Err(format!("no name begins with {other:?}")),
    }
}

fn run(rest: &mut Rest<'_>, is_part: impl Fn(&char) -> bool) -> String {
    std::iter::from_fn(|| rest.next_if(&is_part)).collect()
}

fn skip(rest: &mut Rest<'_>, what: &[char]) {
    while rest.next_if(|c| what.contains(c)).is_some() {}
}

#[test]
fn list_is_taken_apart() {
    let found = list("a;hit;ttl=-3 , \"b \\\" c\";x=?0;y=1.5;z=tok/en, \"\"").unwrap();

    assert_eq!(found.len(), 3);
    assert_eq!(found[0].value, Bare::Token("a".to_owned()));
    assert!(found[0].has("hit") && found[0].has("ttl=-3") && !found[0].has("ttl"));
    assert_eq!(found[1].value, Bare::String("b \" c".to_owned()));
    assert!(found[1].has("x=?0") && found[1].has("y=1.5") && found[1].has("z=tok/en"));
}

#[test]
fn what_is_no_list_is_refused() {
    for wrong in [
        "a,",
        "a,,b",
        "a b",
        "a;Hit",
        "a;ttl=",
        "a;ttl=1.",
        "a;ttl=1234567890123456",
        "a; =1",
        "\"open",
        "a;x=\"\u{e9}\"",
        "a;x=?2",
        "(a)",
        "@",
    ] {
        assert!(list(wrong).is_err(), "{wrong}");
    }
}
