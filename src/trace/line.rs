//! The one line of each request.
//!
//! As JSON it goes past `tracing` to where all lines go: an event with thirty fields costs more than
//! a hit. For people, and wherever nothing else was set up, it is an event.

use std::cell::Cell;
use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::trace::TraceContextExt;
use tracing::{Level, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::filter::Targets;

use super::format::push_time;
use super::sink::Sink;
use super::text::{Form, Human, Json, Text, name};
use super::told::{lasting, level};
use crate::exchange::Trail;
use crate::record::{Cache, Record, Told};

const TARGET: &str = "opagate::request";

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

/// What the line of `record` says that is the same each time the same is answered again; `None` where
/// lines are not JSON, and nobody minds what they cost.
pub fn told(record: &Record) -> Option<Told> {
    let lines = LINES.get()?;
    Some(lasting::<Json>(record, &lines.instance))
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
        let is_warning = level(record.outcome()) == Level::WARN;
        let (takes_information, takes_warnings) = self.takes;
        if !(takes_information || is_warning && takes_warnings) {
            return;
        }
        let mut text = Text::<Json>::new(LAST.take());
        text.raw(r#"{"time":""#);
        push_time(&mut text.bytes, record.arrived + record.took);
        let new;
        let told = match &record.told {
            Some(told) => told,
            None => {
                new = lasting::<Json>(record, &self.instance);
                &new
            }
        };
        all(&mut text, told, record, span);
        text.raw(",\"target\":\"opagate::request\"}\n");
        self.sink.add(&text.bytes, is_warning);
        if text.bytes.capacity() <= LARGEST {
            text.bytes.clear();
            LAST.set(text.bytes);
        }
    }
}

/// The same as an event.
fn tell(record: &Record, span: Option<&Span>) {
    // An event is looked up by its place in the source, which knows one level only.
    macro_rules! tell {
        ($level:expr) => {
            if tracing::enabled!(target: TARGET, $level) {
                let mut text = Text::<Human>::new(Vec::new());
                all(&mut text, &lasting::<Human>(record, ""), record, span);
                let text = String::from_utf8_lossy(&text.bytes);
                tracing::event!(target: TARGET, $level, "{text}");
            }
        };
    }
    if level(record.outcome()) == Level::WARN {
        tell!(Level::WARN);
    } else {
        tell!(Level::INFO);
    }
}

/// What lasts, and what only this request says.
fn all(text: &mut Text<impl Form>, told: &Told, record: &Record, span: Option<&Span>) {
    let (sentence, fields) = told.parts();
    text.bytes.extend_from_slice(sentence);
    text.took(record.took);
    text.id(name!("request.id"), &record.id);
    text.bytes.extend_from_slice(fields);
    if let Some(age) = age(record.cache) {
        text.millis(name!("cache.age_ms"), age);
    }
    let took = text.millis(name!("duration_ms"), record.took);
    // Nothing of it was spent on anybody else, mostly.
    match record.own_time() {
        own if own == record.took => text.again(name!("own_ms"), took),
        own => _ = text.millis(name!("own_ms"), own),
    }
    if let Some((trace, span)) = span.and_then(ids) {
        text.plain(name!("trace.id"), &trace);
        text.plain(name!("span.id"), &span);
    }
    if let Some(trail) = &record.trail {
        below(text, trail);
    }
}

/// What became known below the cache.
fn below(text: &mut Text<impl Form>, trail: &Trail) {
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
