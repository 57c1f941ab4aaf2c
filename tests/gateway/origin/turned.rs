//! Turns each expectation of a step round, to see that the step would notice.

use std::io;

use super::check::Expected;
use super::script::Seen;
use super::wire::Reply;

/// The expectations that could be turned round without anything being noticed.
pub(super) fn unnoticed(
    expected: &Expected,
    replies: &[io::Result<Reply>],
    seen: &[Seen],
) -> Vec<String> {
    let turned = turned(expected).into_iter();
    let passes = turned.filter(|(_, turned)| turned.check(replies, seen).is_empty());
    passes
        .map(|(name, _)| format!("`{name}` turned round is not noticed"))
        .collect()
}

/// All that a step expects, each turned round once.
fn turned(expected: &Expected) -> Vec<(String, Expected)> {
    let mut all = Vec::new();
    let mut turn = |name: &str, change: &dyn Fn(&mut Expected)| {
        let mut turned = expected.clone();
        change(&mut turned);
        all.push((name.to_owned(), turned));
    };
    if expected.step.asked.is_some() {
        turn("asked", &|turned| {
            turned.step.asked = turned.step.asked.map(|asked| asked + 1);
        });
    }
    if let Some(status) = expected.step.status {
        turn("status", &|turned| turned.step.status = Some(status + 1));
    } else if expected.answer.is_some() {
        turn("answer", &|turned| {
            turned.answer.as_mut().unwrap().0.status += 1;
        });
    }
    if expected.is_compared() {
        turn("body", &|turned| {
            turned.answer.as_mut().unwrap().1.push('x');
        });
    }
    if expected.step.text.is_some() {
        turn("text", &|turned| turned.step.text = Some("another"));
    }
    for (index, field) in expected.shows.iter().enumerate() {
        turn(field, &|turned| turned.shows[index] = round(field));
    }
    for (index, field) in expected.sent.iter().enumerate() {
        turn(field, &|turned| turned.sent[index] = round(field));
    }
    for (index, member) in expected.tells.iter().enumerate() {
        turn(member, &|turned| turned.tells[index] = round(member));
    }
    all
}

/// What is there must be absent, and the other way round.
fn round(text: &str) -> String {
    match text.strip_prefix('!') {
        Some(name) => name.to_owned(),
        None => format!("!{}", text.split([':', '=']).next().unwrap_or_default()),
    }
}
