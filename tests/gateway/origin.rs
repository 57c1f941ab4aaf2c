//! RFC 9111 and its neighbours, as a table: one row for each requirement on class `origin`.
//!
//! The origin is a script over real sockets, and so are the callers. Most rows need no time: an
//! answer says itself how old it is. Where time must pass, the clock is put forward.

mod build;
mod check;
mod row;
mod run;
mod script;
mod structured;
mod time;
mod turned;
mod wire;

mod age;
mod authorization;
mod cache_status;
mod conditional;
mod directives;
mod fields;
mod freshness;
mod heads;
mod invalidation;
mod passing;
mod ranges;
mod requests;
mod stale;
mod statuses;
mod storing;
mod targeted;
mod validation;
mod vary;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use self::row::Row;
use self::run::Bench;

/// All rows, by the file that they stand in.
const TABLE: &[(&str, &[Row])] = &[
    ("storing", storing::ROWS),
    ("statuses", statuses::ROWS),
    ("heads", heads::ROWS),
    ("authorization", authorization::ROWS),
    ("vary", vary::ROWS),
    ("freshness", freshness::ROWS),
    ("age", age::ROWS),
    ("stale", stale::ROWS),
    ("validation", validation::ROWS),
    ("conditional", conditional::ROWS),
    ("invalidation", invalidation::ROWS),
    ("requests", requests::ROWS),
    ("directives", directives::ROWS),
    ("targeted", targeted::ROWS),
    ("ranges", ranges::ROWS),
    ("fields", fields::ROWS),
    ("passing", passing::ROWS),
    ("cache-status", cache_status::ROWS),
];

#[tokio::test]
async fn every_requirement_of_the_table_holds() {
    let bench = Bench::start().await;
    let mut failures = Vec::new();

    for (file, rows) in TABLE {
        for (number, row) in rows.iter().enumerate() {
            failures.extend(bench.run(row, &format!("{file}-{number}")).await);
        }
    }

    bench.finish().await;
    let count = failures.len();
    assert!(
        failures.is_empty(),
        "{count} rows fail:\n{}",
        failures.join("\n")
    );
}

#[test]
fn table_is_long_and_says_nothing_twice_and_names_every_directive() {
    let rows: Vec<&Row> = TABLE.iter().flat_map(|(_, rows)| *rows).collect();

    let said: HashSet<_> = rows.iter().map(|row| row.says).collect();
    let text = rows.iter().map(|row| text(row)).collect::<String>();

    assert!(rows.len() >= 150, "{} rows", rows.len());
    assert_eq!(said.len(), rows.len(), "a requirement stands twice");
    for name in NAMES {
        assert!(text.contains(name), "no row names {name}");
    }
    fs::write(markdown_file(), markdown()).unwrap();
}

/// All that the gateway promises to understand.
const NAMES: &[&str] = &[
    "max-age=",
    "s-maxage=",
    "max-stale",
    "min-fresh=",
    "no-cache",
    "no-cache=\"",
    "no-store",
    "no-transform",
    "only-if-cached",
    "private",
    "private=\"",
    "public",
    "must-revalidate",
    "proxy-revalidate",
    "must-understand",
    "stale-while-revalidate=",
    "stale-if-error=",
    "Expires: ",
    "Age: ",
    "Date: ",
    "Pragma: ",
    "CDN-Cache-Control: ",
    "Authorization: ",
    "Vary: ",
    "ETag: \"",
    "ETag: W/\"",
    "Last-Modified: ",
    "If-None-Match: ",
    "If-Modified-Since: ",
    "If-Range: ",
    "Range: ",
    "Location: ",
    "Content-Location: ",
    "Connection: ",
];

/// What a row's steps send and expect.
fn text(row: &Row) -> String {
    let mut text = String::new();
    for step in row.steps {
        let answers = step.answer.iter().chain(&step.again);
        let fields = answers.flat_map(|answer| answer.fields);
        for line in step.fields.iter().chain(step.sent).chain(fields) {
            writeln!(text, "{line}").unwrap();
        }
    }
    text
}

/// The table as a reader of the issue wants it.
fn markdown() -> String {
    let mut text = "| RFC | § | requirement |\n|---|---|---|\n".to_owned();
    for row in TABLE.iter().flat_map(|(_, rows)| *rows) {
        let (rfc, section) = row.section.split_once('-').unwrap();
        writeln!(text, "| {rfc} | {section} | {} |", row.says).unwrap();
    }
    text
}

fn markdown_file() -> std::path::PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    target.unwrap().join("rfc9111.md")
}
