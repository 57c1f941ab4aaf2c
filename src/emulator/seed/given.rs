//! What is given in the form of requests: carried out one by one, as if somebody who may do
//! everything had sent them.

use std::collections::HashSet;

use bytes::Bytes;
use http::Method;
use serde_json::Value;
use uuid::Uuid;

use super::read::{Fields, Item, within, wrong};
use super::{BEGINNING, form, uuid};
use crate::emulator::answer::Problem;
use crate::emulator::ask::Ask;
use crate::emulator::fields::Object;
use crate::emulator::operation::Operation;
use crate::emulator::resource::{Kind, Resource};
use crate::emulator::role::{Role, Roles};
use crate::emulator::store::Store;
use crate::emulator::visit::{Pages, Visit};
use crate::emulator::{catalog, policies, schema};

/// One who adds what is given.
pub(super) struct Maker<'a> {
    pub(super) store: &'a mut Store,
    user: Uuid,
    ids: HashSet<Uuid>,
}

impl<'a> Maker<'a> {
    /// One who adds to `store` in the name of a user.
    pub(super) fn new(store: &'a mut Store, user: &str) -> Self {
        let user = store.users.by_name(user).map(|user| user.id);
        Self {
            store,
            user: user.unwrap_or_default(),
            ids: HashSet::new(),
        }
    }

    /// Adds sudo command bundles.
    pub(super) fn bundles(&mut self, items: &[Item]) -> Result<(), String> {
        for item in items {
            let fields = item.clone().object()?;
            self.post(Kind::SudoCommandBundle, "sudo_command_bundles", fields)?;
        }
        Ok(())
    }

    /// Adds resource groups with all that is in them.
    pub(super) fn resource_groups(&mut self, items: &[Item]) -> Result<(), String> {
        for item in items {
            let mut fields = item.clone().object()?;
            let projects = fields.list("projects")?.unwrap_or_default();
            let group = self.post(Kind::ResourceGroup, "resource_groups", fields)?;
            for item in projects {
                self.project(group, item)?;
            }
        }
        Ok(())
    }

    /// Adds policies, which may name all else.
    pub(super) fn policies(&mut self, items: &[Item]) -> Result<(), String> {
        let mut names = HashSet::new();
        for item in items {
            let mut fields = item.clone().object()?;
            let id = self.id(&mut fields)?;
            let (place, body) = fields.rest();
            is_new(&mut names, &body, "name", &place)?;
            let body = self.read("SecurityPolicyWrite", body, &place)?;
            policies::check_types(&body).map_err(|problem| at(&place, &problem))?;
            let known = policies::ids(&body);
            let policy = policies::settle(&mut self.store.rng, id, body, known);
            let all = self.store.resources.all_mut(Kind::SecurityPolicy);
            all.push(policy);
        }
        Ok(())
    }

    /// Sets what is not as by default in the team's settings.
    pub(super) fn settings(&mut self, item: &Item) -> Result<(), String> {
        let (place, body) = item.clone().object()?.rest();
        self.send(&Method::PUT, "settings", body, &place)?;
        Ok(())
    }

    /// The id that an object says it has, or a new one.
    pub(super) fn id(&mut self, fields: &mut Fields) -> Result<Uuid, String> {
        let given = fields.id(&mut self.ids)?;
        Ok(given.unwrap_or_else(|| uuid(&mut self.store.rng)))
    }

    /// Creates something, and says which id it has.
    pub(super) fn post(
        &mut self,
        kind: Kind,
        path: &str,
        mut fields: Fields,
    ) -> Result<Uuid, String> {
        let given = fields.id(&mut self.ids)?;
        let (place, body) = fields.rest();
        let shown = self.send(&Method::POST, path, body, &place)?;
        let made = shown.get("id").and_then(Value::as_str);
        let made: Uuid = made.and_then(|id| id.parse().ok()).unwrap_or_default();
        let all = self.store.resources.all_mut(kind);
        // Nothing names it yet, so it may still change its id.
        if let Some(id) = given
            && let Some(older) = all.remove(made)
        {
            all.push(Resource::new(kind, id, older.parent, older.body));
        }
        Ok(given.unwrap_or(made))
    }

    /// Does what a request with this body would do, and answers with what it would show.
    pub(super) fn send(
        &mut self,
        method: &Method,
        path: &str,
        body: Object,
        place: &str,
    ) -> Result<Value, String> {
        let ask = ask(method, path)?;
        let operation = operation(&ask, place)?;
        let body = match operation.body {
            Some(schema) => self.read(schema, body, place)?,
            None => Object::new(),
        };
        let answer = self.visit(&ask, operation, body).carry_out(self.store);
        let answer = answer.map_err(|problem| at(place, &problem))?;
        Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    /// Brings a body into the form in which it is kept.
    pub(super) fn read(
        &self,
        schema: &str,
        mut body: Object,
        place: &str,
    ) -> Result<Object, String> {
        form::check(schema, &body, place)?;
        form::name(self.store, &mut body, place)?;
        schema::keep(schema, body).map_err(|problem| at(place, &problem))
    }

    pub(super) fn visit<'b>(
        &self,
        ask: &'b Ask,
        operation: &'static Operation,
        body: Object,
    ) -> Visit<'b> {
        Visit {
            ask,
            operation,
            body,
            user: self.user,
            roles: Roles::of(&Role::ALL),
            now: BEGINNING,
            pages: Pages {
                size: 1,
                everywhere: false,
            },
        }
    }
}

/// A request to a team whose name does not matter.
pub(super) fn ask(method: &Method, path: &str) -> Result<Ask, String> {
    let request = http::Request::builder().method(method);
    let request = request
        .uri(format!("/v1/teams/-/{path}"))
        .body(Bytes::new());
    request.map(Ask::read).map_err(|error| error.to_string())
}

/// The operation that a request asks for.
pub(super) fn operation(ask: &Ask, place: &str) -> Result<&'static Operation, String> {
    let path = ask.below_team("-").unwrap_or_default();
    let found = catalog::find(&ask.method, path);
    found.map_err(|_| wrong(place, "unknown field"))
}

/// What the API says of a body, told of its place in the file.
pub(super) fn at(place: &str, problem: &Problem) -> String {
    within(place, problem.message())
}

/// Fails if a field says what another object's did.
pub(super) fn is_new(
    taken: &mut HashSet<String>,
    body: &Object,
    field: &str,
    place: &str,
) -> Result<(), String> {
    let name = body.get(field).and_then(Value::as_str).unwrap_or_default();
    if taken.insert(name.to_owned()) {
        return Ok(());
    }
    let place = within(place, field);
    Err(wrong(&place, &format!("{name:?} is there already")))
}
