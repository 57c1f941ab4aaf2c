//! Time that passes, and dates.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

/// Lets time pass for everybody, at once.
///
/// The clock is stopped only while it is put forward: a stopped clock jumps to the next timer
/// whenever nothing but sockets is waited for.
pub(super) async fn passes(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

/// The date so many seconds from `now`, as HTTP writes it.
pub(super) fn date(now: SystemTime, seconds: i64) -> String {
    httpdate::fmt_http_date(moved(now, seconds))
}

/// Puts the values of `{path}`, `{port}`, `{-60}`, `{rfc850:60}` and `{asctime:60}` into a text.
pub(super) fn filled(text: &str, path: &str, port: u16, now: SystemTime) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').expect("what is opened is closed");
        filled.push_str(before);
        filled.push_str(&value(name, path, port, now));
        rest = after;
    }
    filled + rest
}

fn value(name: &str, path: &str, port: u16, now: SystemTime) -> String {
    let obsolete = |form: &str, seconds: &str| {
        let then = Timestamp::try_from(moved(now, seconds.parse().unwrap())).unwrap();
        then.strftime(form).to_string()
    };
    match name.split_once(':') {
        Some(("rfc850", seconds)) => obsolete("%A, %d-%b-%y %H:%M:%S GMT", seconds),
        Some(("asctime", seconds)) => obsolete("%a %b %e %H:%M:%S %Y", seconds),
        _ if name == "path" => path.to_owned(),
        _ if name == "port" => port.to_string(),
        _ => date(now, name.parse().expect("a number of seconds")),
    }
}

fn moved(now: SystemTime, seconds: i64) -> SystemTime {
    let by = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { now - by } else { now + by }
}
