//! One request of somebody who is known, read as an operation that they may ask for.

use serde_json::Value;
use uuid::Uuid;

use super::answer::{Answer, Problem};
use super::ask::Ask;
use super::clock::Time;
use super::fields::Object;
use super::operation::{Act, Operation};
use super::role::Roles;
use super::store::Store;

/// One authenticated request.
#[derive(Clone, Debug)]
pub(super) struct Visit<'a> {
    pub(super) ask: &'a Ask,
    /// What it asks for.
    pub(super) operation: &'static Operation,
    /// Its body, in the form in which it is kept; empty if the operation takes none.
    pub(super) body: Object,
    /// The service user that asks.
    pub(super) user: Uuid,
    /// The roles that it asks with.
    pub(super) roles: Roles,
    pub(super) now: Time,
    pub(super) pages: Pages,
}

/// How lists come in pages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pages {
    /// The most rows that a page has.
    pub(super) size: usize,
    /// Whether lists come in pages that do not do so today.
    pub(super) everywhere: bool,
}

impl<'a> Visit<'a> {
    /// The value of a parameter of the path.
    pub(super) fn argument(&self, name: &str) -> &'a str {
        let path = self.ask.segments.get(ABOVE..).unwrap_or_default();
        self.operation.argument(path, name).unwrap_or_default()
    }

    /// A text of the body; empty if it is not there.
    pub(super) fn text(&self, field: &str) -> &str {
        let text = self.body.get(field).and_then(Value::as_str);
        text.unwrap_or_default()
    }

    /// Answers from `store`, if that changes nothing.
    pub(super) fn read(&self, store: &Store) -> Result<Answer, Problem> {
        match self.operation.act {
            Act::Read(read) => read(store, self),
            Act::Write(_) | Act::Token => Err(Problem::missing()),
        }
    }

    /// Does in `store` what is asked.
    pub(super) fn carry_out(&self, store: &mut Store) -> Result<Answer, Problem> {
        match self.operation.act {
            Act::Read(read) => read(store, self),
            Act::Write(write) => write(store, self),
            Act::Token => Err(Problem::missing()),
        }
    }
}

/// `v1/teams/{team_name}`, which stands above all operations.
const ABOVE: usize = 3;
