//! The JSON form of a line: `time`, `level`, `message`, `instance`, then the fields of the event.

use std::cell::RefCell;
use std::fmt;
use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::registry::LookupSpan;

use super::text::{decimals, push_string};

/// RFC 3339 in UTC, to the millisecond.
pub(super) struct Clock;

impl FormatTime for Clock {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let mut time = Vec::with_capacity(24);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        push_time(&mut time, now.unwrap_or_default());
        writer.write_str(str::from_utf8(&time).map_err(|_| fmt::Error)?)
    }
}

/// Writes a time since 1970; the text of a second is made once, for lines come in thousands.
pub(super) fn push_time(to: &mut Vec<u8>, time: Duration) {
    LAST_TIME.with_borrow_mut(|last| {
        if last.second != time.as_secs() || last.text.is_empty() {
            *last = Stamp::new(time.as_secs());
        }
        if last.millis != time.subsec_millis() {
            last.set_millis(time.subsec_millis());
        }
        to.extend_from_slice(&last.text);
    });
}

thread_local! {
    static LAST_TIME: RefCell<Stamp> = const { RefCell::new(Stamp::NONE) };
}

/// The time that a thread wrote last, and its text.
struct Stamp {
    second: u64,
    millis: u32,
    text: Vec<u8>,
}

impl Stamp {
    const NONE: Self = Self {
        second: 0,
        millis: 0,
        text: Vec::new(),
    };

    /// The beginning of a second.
    fn new(second: u64) -> Self {
        let time = i64::try_from(second).ok();
        let time = time.and_then(|seconds| Timestamp::from_second(seconds).ok());
        Self {
            second,
            millis: 0,
            text: format!("{:.3}", time.unwrap_or_default()).into(),
        }
    }

    fn set_millis(&mut self, millis: u32) {
        if let [.., a, b, c, b'Z'] = &mut *self.text {
            [_, *a, *b, *c] = decimals(millis.into());
            self.millis = millis;
        }
    }
}

/// Writes events as JSON objects.
pub(super) struct Json {
    /// The name of the machine or pod, as JSON.
    instance: String,
}

impl Json {
    pub(super) fn new(instance: String) -> Self {
        Self { instance }
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
            message: Vec::with_capacity(128),
            // One line of a request has about 600; what is larger than this takes longer to get.
            others: Vec::with_capacity(1000),
        };
        event.record(&mut fields);
        let metadata = event.metadata();
        let message = match &*fields.message {
            b"" => "\"\"",
            message => str::from_utf8(message).map_err(|_| fmt::Error)?,
        };
        writer.write_str(r#"{"time":""#)?;
        Clock.format_time(&mut writer)?;
        for part in [
            r#"","level":""#,
            level_word(*metadata.level()),
            r#"","message":"#,
            message,
            r#","instance":"#,
            &self.instance,
            str::from_utf8(&fields.others).map_err(|_| fmt::Error)?,
            // Written in our own source and in libraries', as names of fields are.
            r#","target":""#,
            metadata.target(),
            "\"}\n",
        ] {
            writer.write_str(part)?;
        }
        Ok(())
    }
}

/// The level as it stands in a line.
pub(super) fn level_word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// The name of the machine or pod, as JSON.
pub(super) fn instance() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    serde_json::to_string(name.trim()).unwrap_or_else(|_| "null".to_owned())
}

/// Fields as JSON, written in place: a line has some thirty.
struct Fields {
    message: Vec<u8>,
    others: Vec<u8>,
}

impl Fields {
    /// Where the value of `field` is to be written.
    fn place(&mut self, field: &Field) -> &mut Vec<u8> {
        if field.name() == "message" {
            self.message.clear();
            return &mut self.message;
        }
        // Names are written in our own source and in libraries', and need no escape.
        self.others.extend_from_slice(b",\"");
        self.others.extend_from_slice(field.name().as_bytes());
        self.others.extend_from_slice(b"\":");
        &mut self.others
    }

    fn add(&mut self, field: &Field, value: impl Serialize) {
        let written = serde_json::to_writer(self.place(field), &value);
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
        push_string(self.place(field), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, Shown(value));
    }
}

/// What `Debug` shows, as a JSON string written in place.
struct Shown<'a>(&'a dyn fmt::Debug);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:?}", self.0))
    }
}
