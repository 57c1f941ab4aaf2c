//! The recorded run, and which of its requests must wait for which others.

use std::time::Duration;

use http::Method;

/// One request of the run.
#[derive(Debug)]
pub(super) struct Row {
    /// Since the start.
    pub(super) at: Duration,
    /// How many commands were done before.
    pub(super) command: u32,
    /// Which of the run's tokens it showed; zero: none.
    pub(super) token: usize,
    pub(super) method: Method,
    /// Below the team, without query.
    pub(super) path: String,
    /// With its question mark, or empty.
    pub(super) query: String,
    pub(super) status: u16,
    /// What it made, as the record calls it.
    pub(super) made: Option<String>,
    /// The requests that must be answered before this one can be sent.
    pub(super) after: Vec<usize>,
}

/// When apply, plan, update, plan and destroy began, after a first plan, in milliseconds.
const COMMANDS: [u64; 5] = [441, 1_392, 2_037, 3_054, 3_694];

/// All of them, in their order.
pub(super) fn rows() -> Vec<Row> {
    let lines = include_str!("cycle.tsv").lines();
    let mut rows: Vec<Row> = lines
        .filter(|line| !line.starts_with('#'))
        .map(row)
        .collect();
    name_what_was_made(&mut rows);
    for number in 0..rows.len() {
        rows[number].after = after(&rows, number);
    }
    rows
}

fn row(line: &str) -> Row {
    let columns: Vec<&str> = line.split('\t').collect();
    let [at, token, method, target, status] = columns[..] else {
        panic!("not a row: {line}")
    };
    let below = target.strip_prefix("/v1/teams/acme/").unwrap();
    let (path, query) = below.split_at(below.find('?').unwrap_or(below.len()));
    let at = at.parse().unwrap();
    Row {
        at: Duration::from_millis(at),
        command: COMMANDS.map(|start| u32::from(start <= at)).iter().sum(),
        token: token.parse().unwrap(),
        method: method.parse().unwrap(),
        path: path.to_owned(),
        query: query.to_owned(),
        status: status.parse().unwrap(),
        made: None,
        after: Vec::new(),
    }
}

impl Row {
    pub(super) fn is_read(&self) -> bool {
        self.method == Method::GET
    }

    pub(super) fn is_login(&self) -> bool {
        self.path == "service_token"
    }
}

/// The record has no bodies: the first thing that was made in a collection is the one that was first
/// asked for there, and so on.
fn name_what_was_made(rows: &mut [Row]) {
    for number in 0..rows.len() {
        let Row { method, path, .. } = &rows[number];
        if *method != Method::POST || rows[number].is_login() {
            continue;
        }
        let earlier = rows[..number].iter();
        let nth = earlier
            .filter(|row| row.method == Method::POST && row.path == *path)
            .count();
        rows[number].made = children(rows, path).get(nth).cloned();
    }
}

/// What stands in a collection, in the order in which it is first asked for.
fn children(rows: &[Row], collection: &str) -> Vec<String> {
    let mut children: Vec<String> = Vec::new();
    for row in rows {
        let below = row.path.strip_prefix(collection);
        let below = below.and_then(|below| below.strip_prefix('/'));
        let child = below.and_then(|below| below.split('/').next());
        if let Some(child) = child.filter(|child| !children.iter().any(|known| known == child)) {
            children.push(child.to_owned());
        }
    }
    children
}

/// The makers of what a request names, and the last write to its path.
fn after(rows: &[Row], number: usize) -> Vec<usize> {
    let own = &rows[number].path;
    let names: Vec<&str> = own.split('/').collect();
    let is_needed = |row: &Row| {
        let is_maker = row
            .made
            .as_deref()
            .is_some_and(|made| names.contains(&made));
        is_maker || (!row.is_read() && row.path == *own && row.method != Method::POST)
    };
    let earlier = rows[..number].iter().enumerate();
    let needed = earlier.filter(|(_, row)| is_needed(row));
    needed.map(|(number, _)| number).collect()
}

/// A path of the team.
pub(super) fn path(below: &str) -> String {
    format!("/v1/teams/demo/{below}")
}
