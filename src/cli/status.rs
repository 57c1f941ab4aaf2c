//! Shows how a running gateway does: what stands on the dashboard, as text.

use std::io::{self, Write};
use std::time::Duration;

use http::Uri;
use serde_json::Value;
use tokio::runtime;
use tokio::time::sleep;

use super::End;
use super::admin::call;
use super::arguments::Status;
use super::table::{Color, Table};
use crate::admin::seconds;

/// Shows it once, or again and again.
pub(super) fn status(wanted: &Status, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<End> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    loop {
        let end = match told(&wanted.at.url, "/api/state") {
            Ok(state) => show(&state, wanted, out)?,
            Err(why) => {
                writeln!(err, "{}: {why}", wanted.at.url)?;
                End::Unavailable
            }
        };
        out.flush()?;
        let Some(pause) = wanted.watch else {
            return Ok(end);
        };
        let pause = Duration::from_secs(pause.get().into());
        // Made inside of the runtime, whose clock it needs.
        runtime.block_on(async { sleep(pause).await });
    }
}

/// What `path` of the admin listener says; the error says why it says nothing.
pub(super) fn told(admin: &Uri, path: &str) -> Result<Value, String> {
    match call(admin, "GET", path, &Value::Null)? {
        (200, told) => Ok(told),
        (status, told) => Err(format!("{status} {}", text(&told, "/message"))),
    }
}

fn show(state: &Value, wanted: &Status, out: &mut dyn Write) -> io::Result<End> {
    let conditions = list(state, "/conditions");
    let end = if conditions.is_empty() {
        End::Done
    } else {
        End::Degraded
    };
    if wanted.at.json {
        writeln!(out, "{state}")?;
        return Ok(end);
    }
    if wanted.watch.is_some() {
        // Home, and nothing below; taken off where it is no terminal.
        write!(out, "\x1b[H\x1b[J")?;
    }
    head(state, out)?;
    for condition in conditions {
        let (mark, color) = match text(condition, "/level") {
            "bad" => ("×", Color::Bad),
            _ => ("‼", Color::Warn),
        };
        let line = format!("{mark} {}", text(condition, "/text"));
        writeln!(out, "{}", color.paint(&line))?;
    }
    traffic(state, out)?;
    buckets(state).write(out)?;
    waiting(state).write(out)?;
    tokens(state).write(out)?;
    operations(state).write(out)?;
    Ok(end)
}

fn head(state: &Value, out: &mut dyn Write) -> io::Result<()> {
    let word = text(state, "/state");
    let color = if word == "ready" {
        Color::Good
    } else {
        Color::Warn
    };
    let up = seconds(number(state, "/uptime_seconds"));
    let version = text(state, "/version");
    writeln!(out, "opagate {version}  {}  up {up}", color.paint(word))
}

fn traffic(state: &Value, out: &mut dyn Write) -> io::Result<()> {
    let of = |name: &str| format!("/traffic/{name}");
    let rate = |name| format!("{:.1}/s", number(state, &of(name)));
    let share = |name| share(state.pointer(&of(name)));
    let time = |name| state.pointer(&of(name)).and_then(Value::as_f64);
    let time = |name| time(name).map_or_else(nothing, |ms| seconds_of(ms / 1_000.0));
    let limited: f64 = list(state, "/buckets")
        .iter()
        .map(|of| number(of, "/limited"))
        .sum();
    writeln!(
        out,
        "requests {:>9}  from memory {:>5}  errors {:>5}  p50 {:>7}  p99 {:>7}",
        rate("requests_per_second"),
        share("hit_ratio"),
        share("error_ratio"),
        time("p50_ms"),
        time("p99_ms"),
    )?;
    writeln!(
        out,
        "upstream {:>9}  saved       {:>5}  429s {limited:>7}",
        rate("upstream_per_second"),
        share("saved_ratio"),
    )
}

fn buckets(state: &Value) -> Table {
    let head = [
        "LIMIT", "SLOTS", "LEFT", "", "BACK", "GOES", "WAITING", "EMPTY IN",
    ];
    let mut table = Table::new(&head, &[1, 3, 4, 5, 6]);
    for bucket in list(state, "/buckets") {
        let limit = number(bucket, "/limit");
        let left = if limit > 0.0 {
            number(bucket, "/remaining") / limit
        } else {
            0.0
        };
        let empty = bucket
            .pointer("/exhausted_in_seconds")
            .and_then(Value::as_f64);
        let color = match empty {
            Some(_) => Color::Warn,
            None => Color::None,
        };
        let plain = |text: String| (text, Color::None);
        table.row([
            plain(name(bucket)),
            plain(format!("{limit:.0}")),
            (gauge(left), color),
            plain(format!("{:.0} %", left * 100.0)),
            plain(format!("{:.1}/s", number(bucket, "/refill_per_second"))),
            plain(format!("{:.1}/s", number(bucket, "/spent_per_second"))),
            plain(format!("{:.0}", number(bucket, "/waiting"))),
            (empty.map_or_else(|| "never".to_owned(), seconds), color),
        ]);
    }
    table
}

fn waiting(state: &Value) -> Table {
    let mut table = Table::new(&["CALLER", "CLASS", "WAITING"], &[2]);
    for line in list(state, "/queue/callers") {
        table.row([
            (text(line, "/caller").to_owned(), Color::None),
            (text(line, "/priority").to_owned(), Color::None),
            (format!("{:.0}", number(line, "/depth")), Color::None),
        ]);
    }
    table
}

fn tokens(state: &Value) -> Table {
    let mut table = Table::new(&["TOKEN", "AGE", "ENDS IN", "LAST ERROR"], &[1, 2]);
    for of in list(state, "/principals") {
        let is_failing = number(of, "/consecutive_failures") > 0.0;
        let is_held = of.pointer("/token_held").and_then(Value::as_bool) == Some(true);
        let color = match (is_failing, is_held) {
            (false, _) => Color::None,
            (true, true) => Color::Warn,
            (true, false) => Color::Bad,
        };
        let time = |path| of.pointer(path).and_then(Value::as_f64);
        let time = |path| time(path).map_or_else(nothing, seconds);
        let error = if is_failing {
            text(of, "/last_error")
        } else {
            "–"
        };
        table.row([
            (name(of), color),
            (time("/token_age_seconds"), Color::None),
            (time("/token_expires_in_seconds"), color),
            (error.to_owned(), color),
        ]);
    }
    table
}

/// The five that fail most or take most time.
fn operations(state: &Value) -> Table {
    let head = ["OPERATION", "RATE", "FAILED", "REFUSED", "MEAN"];
    let mut table = Table::new(&head, &[1, 2, 3, 4]);
    for of in list(state, "/operations").iter().take(5) {
        let failed = number(of, "/failed");
        let color = if failed > 0.0 {
            Color::Bad
        } else {
            Color::None
        };
        table.row([
            (text(of, "/operation").to_owned(), Color::None),
            (
                format!("{:.1}/s", number(of, "/requests_per_second")),
                Color::None,
            ),
            (format!("{failed:.0}"), color),
            (format!("{:.0}", number(of, "/refused")), Color::None),
            (seconds_of(number(of, "/mean_ms") / 1_000.0), Color::None),
        ]);
    }
    table
}

fn name(of: &Value) -> String {
    format!("{}/{}", text(of, "/team"), text(of, "/principal"))
}

/// What is not known.
fn nothing() -> String {
    "–".to_owned()
}

/// Eight places, filled by `share` of one.
fn gauge(share: f64) -> String {
    let filled = (1..=8).filter(|place| share * 8.0 >= f64::from(*place) - 0.5);
    let filled = filled.count();
    "█".repeat(filled) + &"░".repeat(8 - filled)
}

fn share(of: Option<&Value>) -> String {
    let of = of.and_then(Value::as_f64);
    of.map_or_else(nothing, |share| format!("{:.0} %", share * 100.0))
}

/// As [`seconds`], but in milliseconds where it takes that little.
pub(super) fn seconds_of(time: f64) -> String {
    match time * 1_000.0 {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1_000.0 => format!("{ms:.0} ms"),
        _ => seconds(time),
    }
}

/// A number of an answer; zero if it is not there: an older gateway may not tell it.
pub(super) fn number(of: &Value, path: &str) -> f64 {
    of.pointer(path).and_then(Value::as_f64).unwrap_or(0.0)
}

/// A text of an answer; empty if it is not there.
pub(super) fn text<'a>(of: &'a Value, path: &str) -> &'a str {
    of.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(of: &'a Value, path: &str) -> &'a [Value] {
    let found = of.pointer(path).and_then(Value::as_array);
    found.map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests;
