//! The JSON form of a line: `time`, `level`, `message`, `instance`, then the fields of the event.

use std::fmt;
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
        let mut fields = Fields {
            message: Vec::new(),
            // One line of a request has about 600.
            others: Vec::with_capacity(1024),
        };
        event.record(&mut fields);
        let metadata = event.metadata();
        let message = match &*fields.message {
            b"" => "\"\"",
            message => str::from_utf8(message).map_err(|_| fmt::Error)?,
        };
        writeln!(
            writer,
            r#"{{"time":"{:.3}","level":"{}","message":{},"instance":{}{},"target":{}}}"#,
            Timestamp::now(),
            level(*metadata.level()),
            message,
            self.instance,
            str::from_utf8(&fields.others).map_err(|_| fmt::Error)?,
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

/// Fields as JSON, written in place: a line has some thirty.
struct Fields {
    message: Vec<u8>,
    others: Vec<u8>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: impl Serialize) {
        let to = if field.name() == "message" {
            self.message.clear();
            &mut self.message
        } else {
            // Names are written in our own source and in libraries', and need no escape.
            self.others.extend_from_slice(b",\"");
            self.others.extend_from_slice(field.name().as_bytes());
            self.others.extend_from_slice(b"\":");
            &mut self.others
        };
        let written = serde_json::to_writer(to, &value);
        debug_assert!(written.is_ok(), "a buffer takes everything");
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
