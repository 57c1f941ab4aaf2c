//! What one record says.

use std::sync::Arc;

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Serialize;

use crate::caller::{Caller, Principal};
use crate::operation::Operation;
use crate::record::{Id, Record};

/// When a record is taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// Before anything is done.
    Intent,
    /// Afterwards.
    Outcome,
}

/// What is kept of a request until the writer comes to it.
///
/// It shares what the record shares, so that taking one costs no more than some reference counts.
#[derive(Debug)]
pub(super) struct Entry {
    time: Timestamp,
    phase: Phase,
    id: Id,
    caller: Option<Arc<Caller>>,
    principal: Option<Arc<Principal>>,
    rule: Option<Arc<str>>,
    method: Method,
    target: Target,
    outcome: &'static str,
    status: Option<StatusCode>,
    error: Option<&'static str>,
}

#[derive(Debug)]
enum Target {
    Known(Arc<Operation>),
    /// The path of a request that belongs to no operation, and what it is called instead.
    Unknown(Arc<str>, &'static str),
}

impl Entry {
    pub(super) fn new(phase: Phase, record: &Record) -> Self {
        let target = match &record.operation {
            Some(operation) => Target::Known(Arc::clone(operation)),
            None => Target::Unknown(Arc::clone(&record.path), record.operation_name()),
        };
        Self {
            time: Timestamp::now(),
            phase,
            id: record.id.clone(),
            caller: record.caller.clone(),
            principal: record.principal.clone(),
            rule: record.rule.clone(),
            method: record.method.clone(),
            target,
            outcome: record.outcome().as_str(),
            status: record.status,
            error: record.error.as_ref().map(|error| error.kind().code()),
        }
    }

    /// The line, without its end, that follows a line with the hash `previous`.
    pub(super) fn line(&self, previous: &str) -> serde_json::Result<String> {
        let (path, operation) = match &self.target {
            Target::Known(operation) => (operation.path.canonical(), operation.endpoint.name),
            Target::Unknown(path, name) => (&**path, *name),
        };
        let is_outcome = self.phase == Phase::Outcome;
        serde_json::to_string(&Line {
            time: format!("{:.3}", self.time),
            kind: if is_outcome { "outcome" } else { "intent" },
            request_id: self.id.as_str(),
            caller: self.caller.as_ref().map(|caller| &*caller.name),
            caller_kind: self.caller.as_ref().map(|caller| caller.kind.as_str()),
            principal: self.principal.as_ref().map(ToString::to_string),
            rule: self.rule.as_deref(),
            method: self.method.as_str(),
            path,
            operation,
            outcome: is_outcome.then_some(self.outcome),
            status: self.status.map(|status| status.as_u16()),
            error: self.error,
            prev: previous,
        })
    }
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    kind: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller_kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    method: &'a str,
    path: &'a str,
    operation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(rename = "error_type", skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    prev: &'a str,
}

/// The line that says that `lost` records are missing before it.
pub(super) fn gap(lost: u64, previous: &str) -> String {
    let time = Timestamp::now();
    format!(r#"{{"time":"{time:.3}","kind":"gap","lost":{lost},"prev":"{previous}"}}"#)
}
