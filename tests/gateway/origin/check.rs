//! Compares what came with what a step says; nothing stops at the first difference.

use std::io;

use super::row::{Answer, Framing, Step, Whose};
use super::script::Seen;
use super::structured::{self, Bare, Item};
use super::wire::Reply;

/// What a step must come to; texts are filled in.
#[derive(Clone)]
pub(super) struct Expected {
    pub(super) step: Step,
    /// Whose status and body the caller gets, and the body.
    pub(super) answer: Option<(Answer, String)>,
    pub(super) shows: Vec<String>,
    pub(super) sent: Vec<String>,
    pub(super) tells: Vec<String>,
}

impl Expected {
    /// What is wrong with all that a step came to.
    pub(super) fn check(&self, replies: &[io::Result<Reply>], seen: &[Seen]) -> Vec<String> {
        let mut wrong = self.asked(seen);
        for reply in replies {
            match reply {
                Ok(reply) => wrong.extend(self.differences(reply)),
                Err(error) if self.step.from != Whose::Any => {
                    wrong.push(format!("no answer: {error}"));
                }
                Err(_) => {}
            }
        }
        wrong
    }

    /// What is wrong with one of the step's answers.
    fn differences(&self, reply: &Reply) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut expect = |what: String, seen: String| {
            if what != seen {
                wrong.push(format!("expected {what}, saw {seen}"));
            }
        };
        let answer = self.answer.as_ref().map(|(answer, _)| answer);
        let of_answer = || answer.map(|answer| answer.status);
        let status = self.step.status.or_else(of_answer);
        let is_whole = answer.is_none_or(Answer::is_whole);
        if let Some(status) = status {
            expect(
                format!("status {status}"),
                format!("status {}", reply.status),
            );
        }
        if let Some(text) = self.text() {
            let seen = String::from_utf8_lossy(&reply.body);
            expect(format!("body `{text}`"), format!("body `{seen}`"));
        }
        if self
            .step
            .not_text
            .is_some_and(|text| text.as_bytes() == reply.body)
        {
            expect("another body".to_owned(), "the same".to_owned());
        }
        if self.step.from != Whose::Any {
            expect(
                format!("whole: {is_whole}"),
                format!("whole: {}", reply.is_whole),
            );
        }
        wrong.extend(fields(&self.shows, &reply.fields));
        wrong.extend(self.told(reply));
        wrong
    }

    /// The body that the caller must get, if that is told.
    fn text(&self) -> Option<String> {
        let of_answer = || {
            let (answer, body) = self.answer.as_ref()?;
            let given = self.step.status.unwrap_or(answer.status);
            if self.step.method == "HEAD" || [204, 304].contains(&given) {
                return Some(String::new());
            }
            (given == answer.status && answer.is_whole()).then(|| body.clone())
        };
        self.step.text.map(str::to_owned).or_else(of_answer)
    }

    /// Whether the caller must get the very body of an answer.
    pub(super) fn is_compared(&self) -> bool {
        self.step.text.is_none() && self.text().is_some_and(|text| !text.is_empty())
    }

    /// What is wrong with what the origin was asked.
    fn asked(&self, seen: &[Seen]) -> Vec<String> {
        let mut wrong = Vec::new();
        if let Some(asked) = self.step.asked
            && asked != seen.len()
        {
            let seen = seen.len();
            wrong.push(format!(
                "expected the origin to be asked {asked} times, saw {seen}"
            ));
        }
        let Some(last) = seen.last() else {
            if !self.sent.is_empty() && self.step.asked != Some(0) {
                wrong.push("the origin was not asked".to_owned());
            }
            return wrong;
        };
        let mut all = last.fields.clone();
        all.push(("@method".to_owned(), last.method.clone()));
        all.push(("@target".to_owned(), last.target.clone()));
        all.push(("@body".to_owned(), last.body.clone()));
        wrong.extend(fields(&self.sent, &all).map(|wrong| format!("origin: {wrong}")));
        wrong
    }

    /// What is wrong with `Cache-Status`, and with `Age` beside it.
    fn told(&self, reply: &Reply) -> Vec<String> {
        let text = value(&reply.fields, "cache-status").unwrap_or_default();
        let own = match structured::list(&text) {
            Ok(mut members) => members.pop(),
            Err(why) => return vec![format!("Cache-Status `{text}` is no list: {why}")],
        };
        let own = own.filter(|own| own.value == Bare::Token("opagate".to_owned()));
        let Some(own) = own else {
            let is_due = !self.tells.is_empty()
                || ![Whose::Any, Whose::Gateway].contains(&self.step.from)
                    && ["GET", "HEAD"].contains(&self.step.method);
            return Vec::from_iter(is_due.then(|| format!("Cache-Status `{text}` is not ours")));
        };
        let implied: &[&str] = match (self.step.from, self.step.asked) {
            (Whose::Step(_), Some(0)) => &["hit", "!fwd"],
            (Whose::Now, _) if !self.step.is_shared => &["!hit", "fwd"],
            _ => &[],
        };
        let wanted = self.tells.iter().map(String::as_str);
        let wanted = wanted.chain(implied.iter().copied());
        let differ = wanted.filter(|wanted| !tells(&own, wanted));
        let mut wrong: Vec<_> = differ
            .map(|wanted| format!("expected `{wanted}` in Cache-Status, saw `{text}`"))
            .collect();
        if !text.starts_with(self.step.first_told) {
            let first = self.step.first_told;
            wrong.push(format!(
                "expected `{first}` first in Cache-Status, saw `{text}`"
            ));
        }
        if own.has("hit") && value(&reply.fields, "age").is_none() && reply.status != 304 {
            wrong.push("a kept answer without Age".to_owned());
        }
        wrong
    }
}

/// Whether a member of `Cache-Status` says this.
fn tells(own: &Item, wanted: &str) -> bool {
    if let Some(absent) = wanted.strip_prefix('!') {
        return own.parameter(absent).is_none();
    }
    if let Some((name, number)) = wanted.strip_suffix('~').and_then(|w| w.split_once('=')) {
        let number: i64 = number.parse().unwrap();
        let found = own.parameter(name);
        return matches!(found, Some(Bare::Integer(found)) if (number - 2..=number).contains(found));
    }
    match wanted.split_once('=') {
        Some((name, values)) => {
            let mut values = values.split('|');
            values.any(|value| own.has(&format!("{name}={value}")))
        }
        None => own.parameter(wanted).is_some(),
    }
}

/// What is wrong with fields; lines of one name are joined.
fn fields<'a>(
    wanted: &'a [String],
    found: &'a [(String, String)],
) -> impl Iterator<Item = String> + 'a {
    wanted.iter().filter_map(|wanted| {
        let (name, wanted_value) = match wanted.split_once(':') {
            Some((name, value)) => (name, Some(value.trim())),
            None => (wanted.as_str(), None),
        };
        let seen = value(found, name.trim_start_matches('!'));
        let is_right = match (&seen, wanted_value) {
            (None, _) => name.starts_with('!'),
            (Some(_), None) => !name.starts_with('!'),
            (Some(seen), Some(value)) => equals(seen, value),
        };
        (!is_right).then(|| format!("expected `{wanted}`, saw {seen:?}"))
    })
}

/// Whether a value is this one; `10~` is a little more than 10 too.
fn equals(seen: &str, wanted: &str) -> bool {
    let about = wanted.strip_suffix('~').and_then(|w| w.parse::<u64>().ok());
    match (about, seen.parse::<u64>()) {
        (Some(about), Ok(seen)) => (about..=about + 2).contains(&seen),
        _ => seen == wanted,
    }
}

/// The value of a field, its lines joined.
pub(super) fn value(fields: &[(String, String)], name: &str) -> Option<String> {
    let lines = fields
        .iter()
        .filter(|(found, _)| found.eq_ignore_ascii_case(name));
    let lines: Vec<_> = lines.map(|(_, value)| value.as_str()).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

impl Answer {
    /// Whether all comes that is announced.
    fn is_whole(&self) -> bool {
        ![Framing::TooLong, Framing::CutChunks].contains(&self.framing)
    }
}
