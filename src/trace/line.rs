//! The one line of each request.
//!
//! As JSON it goes past `tracing` to where all lines go: an event with thirty fields costs more than
//! a hit. For people, and wherever nothing else was set up, it is an event.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::StatusCode;
use opentelemetry::trace::TraceContextExt;
use tracing::{Level, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::filter::Targets;

use super::format::{level_word, push_time};
use super::sink::Sink;
use super::text::{Form, Text, name};
use crate::exchange::Trail;
use crate::record::{Cache, Outcome, Record};

const TARGET: &str = "opagate::request";
/// Longest path in a line, in bytes.
const LONGEST_PATH: usize = 512;

thread_local! {
    /// Where this thread wrote its last line, empty: to get as much again costs as much as to fill it.
    static LAST: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The largest that is kept for the next line, in bytes; usual ones have about 600.
const LARGEST: usize = 4096;

/// Where lines go as JSON, once that is set up.
static LINES: OnceLock<Lines> = OnceLock::new();

/// Writes the line of a request that has ended: a warning if it failed, for information otherwise.
///
/// It names the trace that `span` belongs to.
pub fn line(record: &Record, span: Option<&Span>) {
    match LINES.get() {
        Some(lines) => lines.write(record, span),
        None => tell(record, span),
    }
}

/// Writes lines as JSON.
#[derive(Debug)]
pub(super) struct Lines {
    sink: Sink,
    /// The name of the machine or pod, as JSON.
    instance: String,
    /// Whether the filter takes what is for information, and warnings.
    takes: (bool, bool),
}

impl Lines {
    pub(super) fn new(sink: Sink, instance: String, filter: &Targets) -> Self {
        let takes = |level| filter.would_enable(TARGET, &level);
        Self {
            sink,
            instance,
            takes: (takes(Level::INFO), takes(Level::WARN)),
        }
    }

    /// Has the lines of all requests from now on; the first that is told so.
    pub(super) fn take_all(self) {
        drop(LINES.set(self));
    }

    pub(super) fn write(&self, record: &Record, span: Option<&Span>) {
        let outcome = record.outcome();
        let level = level(outcome);
        let is_warning = level == Level::WARN;
        if !(if is_warning {
            self.takes.1
        } else {
            self.takes.0
        }) {
            return;
        }
        let mut text = Text::new(Form::Json, LAST.take());
        text.raw(r#"{"time":""#);
        push_time(&mut text.bytes);
        text.raw(r#"","level":""#);
        text.raw(level_word(level));
        // No part of it needs an escape.
        text.raw(r#"","message":""#);
        sentence(&mut text, record, outcome);
        text.raw(r#"","instance":"#);
        text.raw(&self.instance);
        fields(&mut text, record, span, outcome);
        text.raw(r#","target":"opagate::request"}"#);
        text.raw("\n");
        self.sink.add(&text.bytes, is_warning);
        if text.bytes.capacity() <= LARGEST {
            text.bytes.clear();
            LAST.set(text.bytes);
        }
    }
}

/// The same as an event.
fn tell(record: &Record, span: Option<&Span>) {
    let outcome = record.outcome();
    // An event is looked up by its place in the source, which knows one level only.
    macro_rules! tell {
        ($level:expr) => {
            if tracing::enabled!(target: TARGET, $level) {
                let mut text = Text::new(Form::Human, Vec::new());
                sentence(&mut text, record, outcome);
                fields(&mut text, record, span, outcome);
                let text = String::from_utf8_lossy(&text.bytes);
                tracing::event!(target: TARGET, $level, "{text}");
            }
        };
    }
    if level(outcome) == Level::WARN {
        tell!(Level::WARN);
    } else {
        tell!(Level::INFO);
    }
}

fn level(outcome: Outcome) -> Level {
    if outcome == Outcome::Failed {
        Level::WARN
    } else {
        Level::INFO
    }
}

/// The line in short: method, operation, status, outcome and time.
fn sentence(text: &mut Text, record: &Record, outcome: Outcome) {
    for part in [
        record.method.as_str(),
        record.operation_name(),
        record.status.as_ref().map_or("-", StatusCode::as_str),
        outcome.as_str(),
    ] {
        text.raw(part);
        text.raw(" ");
    }
    text.tenths(record.took);
}

/// All that became known; what did not is left out.
fn fields(text: &mut Text, record: &Record, span: Option<&Span>, outcome: Outcome) {
    text.plain(name!("event"), "request");
    text.id(name!("request.id"), &record.id);
    if let Some((trace, span)) = span.and_then(ids) {
        text.plain(name!("trace.id"), &trace);
        text.plain(name!("span.id"), &span);
    }
    match &record.told {
        Some(told) => text.bytes.extend_from_slice(told),
        None => lasting(text, record, outcome),
    }
    if let Some(age) = age(record.cache) {
        text.millis(name!("cache.age_ms"), age);
    }
    text.millis(name!("duration_ms"), record.took);
    text.millis(name!("own_ms"), record.own_time());
    if let Some(trail) = &record.trail {
        below(text, trail);
    }
}

/// What the line of `record` says that is the same each time the same is answered again; `None` where
/// lines are not JSON, and nobody minds what they cost.
pub fn told(record: &Record) -> Option<Arc<[u8]>> {
    LINES.get()?;
    let mut text = Text::new(Form::Json, Vec::new());
    lasting(&mut text, record, record.outcome());
    Some(text.bytes.into())
}

fn lasting(text: &mut Text, record: &Record, outcome: Outcome) {
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

/// What became known below the cache.
fn below(text: &mut Text, trail: &Trail) {
    text.millis(name!("queue_ms"), trail.queue_time());
    text.millis(name!("upstream_ms"), trail.upstream_time());
    if trail.attempts() != 1 {
        text.number(name!("attempts"), trail.attempts().into());
    }
    if trail.pages() > 0 {
        text.number(name!("pages"), trail.pages().into());
    }
    if let Some(status) = trail.upstream_status() {
        text.number(name!("upstream.status"), status.into());
    }
}

fn team(record: &Record) -> Option<&str> {
    let of_principal = record.principal.as_ref().map(|principal| &*principal.team);
    let of_path = || record.operation.as_ref()?.path.team();
    of_principal.or_else(of_path)
}

/// The ids of `span`, if it is exported.
fn ids(span: &Span) -> Option<(String, String)> {
    let context = span.context();
    let context = context.span().span_context().clone();
    let (trace, span) = (context.trace_id(), context.span_id());
    (context.is_valid()).then(|| (trace.to_string(), span.to_string()))
}

fn age(cache: Cache) -> Option<Duration> {
    match cache {
        Cache::Hit { age, .. } | Cache::Stale { age, .. } => Some(age),
        Cache::None | Cache::Miss(_) | Cache::Bypass(_) => None,
    }
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
