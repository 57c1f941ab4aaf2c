//! The one line of each request.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use opentelemetry::trace::TraceContextExt;
use tracing::{Level, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::record::{Cache, Outcome, Record};

const TARGET: &str = "opagate::request";
/// Longest path in a line, in bytes.
const LONGEST_PATH: usize = 512;

/// Writes the line of a request that has ended: a warning if it failed, for information otherwise.
///
/// Called inside of the request's span, it names the trace.
pub fn line(record: &Record) {
    // Fields of an event are looked up by its place in the source, which knows one level only.
    macro_rules! write_line {
        ($level:expr, $outcome:expr) => {{
            let of = Fields::new(record);
            let trail = record.trail.as_deref();
            tracing::event!(
                target: TARGET,
                $level,
                event = "request",
                "request.id" = record.id.as_str(),
                "trace.id" = of.trace_id,
                "span.id" = of.span_id,
                "caller.name" = record.caller.as_ref().map(|caller| &*caller.name),
                "caller.kind" = record.caller.as_ref().map(|caller| caller.kind.as_str()),
                "http.method" = record.method.as_str(),
                "http.path" = &*of.path,
                "http.status" = record.status.map(|status| status.as_u16()),
                operation = record.operation_name(),
                team = of.team,
                principal = record.principal.as_ref().map(|principal| &*principal.name),
                outcome = $outcome.as_str(),
                "error.type" = record.error.as_ref().map(|error| error.kind().code()),
                "error.chain" = record.error.as_ref().map(|error| error.chain()),
                "cache.status" = record.cache.as_str(),
                "cache.reason" = record.cache.reason(),
                "cache.age_ms" = age(record.cache).map(to_ms),
                duration_ms = to_ms(record.took),
                own_ms = to_ms(record.own_time()),
                queue_ms = trail.map(|trail| to_ms(trail.queue_time())),
                upstream_ms = trail.map(|trail| to_ms(trail.upstream_time())),
                attempts = trail.map(|trail| trail.attempts()).filter(|attempts| *attempts != 1),
                pages = trail.map(|trail| trail.pages()).filter(|pages| *pages > 0),
                bytes_out = record.bytes_out,
                "upstream.status" = trail.and_then(|trail| trail.upstream_status()),
                message = sentence(record, $outcome),
            );
        }};
    }

    let outcome = record.outcome();
    if outcome == Outcome::Failed {
        if tracing::enabled!(target: TARGET, Level::WARN) {
            write_line!(Level::WARN, outcome);
        }
    } else if tracing::enabled!(target: TARGET, Level::INFO) {
        write_line!(Level::INFO, outcome);
    }
}

/// The line in short: method, operation, status, outcome and time.
///
/// Joined by hand: this is written of every request, and a format string costs several times as much.
fn sentence(record: &Record, outcome: Outcome) -> String {
    let mut text = String::with_capacity(96);
    for part in [
        record.method.as_str(),
        record.operation_name(),
        record.status.as_ref().map_or("-", StatusCode::as_str),
        outcome.as_str(),
    ] {
        text.push_str(part);
        text.push(' ');
    }
    let tenths = (record.took.as_micros() + 50) / 100;
    let mut number = itoa::Buffer::new();
    text.push_str(number.format(tenths / 10));
    text.push('.');
    text.push_str(number.format(tenths % 10));
    text.push_str(" ms");
    text
}

/// Fields that need more than a look at the record.
struct Fields<'a> {
    path: Cow<'a, str>,
    team: Option<&'a str>,
    trace_id: Option<String>,
    span_id: Option<String>,
}

impl<'a> Fields<'a> {
    fn new(record: &'a Record) -> Self {
        let of_principal = record.principal.as_ref().map(|principal| &*principal.team);
        let of_path = || record.operation.as_ref()?.path.team();
        let (trace_id, span_id) = ids();
        Self {
            path: legible(&record.path),
            team: of_principal.or_else(of_path),
            trace_id,
            span_id,
        }
    }
}

/// The ids of the present span, if there is one.
fn ids() -> (Option<String>, Option<String>) {
    let span = Span::current();
    if span.is_none() {
        return (None, None);
    }
    let context = span.context();
    let context = context.span().span_context().clone();
    if !context.is_valid() {
        return (None, None);
    }
    let (trace, span) = (context.trace_id(), context.span_id());
    (Some(trace.to_string()), Some(span.to_string()))
}

fn age(cache: Cache) -> Option<Duration> {
    match cache {
        Cache::Hit { age, .. } | Cache::Stale { age, .. } => Some(age),
        Cache::None | Cache::Miss(_) | Cache::Bypass(_) => None,
    }
}

/// Milliseconds with three decimals.
fn to_ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
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
