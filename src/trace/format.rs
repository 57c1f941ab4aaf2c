//! The JSON form of a line: `time`, `level`, `message`, `instance`, then the fields of the event.

use std::fmt::{self, Write};
use std::fs;

use jiff::Timestamp;
use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::registry::LookupSpan;

/// RFC 3339 in UTC, to the millisecond.
pub(super) struct Clock;

impl FormatTime for Clock {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{:.3}", Timestamp::now())
    }
}

/// Writes events as JSON objects.
pub(super) struct Json {
    /// The name of the machine or pod, as JSON.
    instance: String,
}

impl Json {
    pub(super) fn new() -> Self {
        let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Self {
            instance: json(name.trim()),
        }
    }
}

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        writeln!(
            writer,
            r#"{{"time":"{:.3}","level":"{}","message":{},"instance":{}{},"target":{}}}"#,
            Timestamp::now(),
            level(*metadata.level()),
            fields.message.as_deref().unwrap_or("\"\""),
            self.instance,
            fields.others,
            json(metadata.target()),
        )
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

fn json(value: impl Serialize) -> String {
    serde_json::to_string(&value).unwrap_or_else(|_| "null".to_owned())
}

/// Fields as JSON.
#[derive(Default)]
struct Fields {
    message: Option<String>,
    others: String,
}

impl Fields {
    fn add(&mut self, field: &Field, value: impl Serialize) {
        let value = json(value);
        if field.name() == "message" {
            self.message = Some(value);
            return;
        }
        // Names are written in our own source and in libraries', and need no escape.
        let written = write!(self.others, ",\"{}\":{value}", field.name());
        debug_assert!(written.is_ok(), "a string takes everything");
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}"));
    }
}
