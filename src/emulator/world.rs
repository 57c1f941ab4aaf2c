//! The emulated service as one value: who may, whether there is a slot, and what is done then.
//!
//! Nothing here waits or knows of connections. A request is authenticated, charged and carried out, in
//! this order; only one that is authenticated is charged, for nobody else has a bucket. A token call
//! is neither.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::answer::{Answer, Code, Problem};
use super::ask::Ask;
use super::clock::Time;
use super::fault::{Effect, Faults};
use super::fields::Object;
use super::ledger::Ledger;
use super::limit::{Limits, Standing};
use super::okta::{Okta, is_okta};
use super::operation::{Act, Operation};
use super::plan::Plan;
use super::role::{Roles, roles_of};
use super::store::Store;
use super::token::{Holder, Tokens, unauthenticated};
use super::{Config, catalog, schema, seed};

/// Everything that changes.
#[derive(Debug)]
pub(super) struct World {
    pub(super) store: Store,
    pub(super) tokens: Tokens,
    pub(super) faults: Faults,
    pub(super) ledger: Ledger,
    pub(super) okta: Okta,
    limits: Limits,
    page_size: usize,
    pub(super) page_everything: bool,
    live_roles: bool,
    late: Vec<Late>,
}

/// One authenticated request.
#[derive(Debug)]
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
    /// The most rows that a page has.
    pub(super) page_size: usize,
    /// Whether lists come in pages that do not do so today.
    pub(super) page_everything: bool,
    path: &'a [String],
}

impl<'a> Visit<'a> {
    /// The value of a parameter of the path.
    pub(super) fn argument(&self, name: &str) -> &'a str {
        let value = self.operation.argument(self.path, name);
        value.unwrap_or_default()
    }

    /// A text of the body; empty if it is not there.
    pub(super) fn text(&self, field: &str) -> &str {
        let text = self.body.get(field).and_then(Value::as_str);
        text.unwrap_or_default()
    }
}

/// A write that was answered before it was applied.
#[derive(Debug)]
struct Late {
    due: Time,
    holder: Holder,
    ask: Ask,
}

impl World {
    /// The world as it is at the start.
    pub(super) fn new(config: &Config) -> Self {
        Self {
            store: seed::store(config),
            tokens: Tokens::new(config.token_life),
            faults: Faults::default(),
            ledger: Ledger::default(),
            okta: Okta::new(&config.okta, config.seed),
            limits: Limits::new(config.burst, config.refill_per_second),
            page_size: config.page_size.max(1),
            page_everything: false,
            live_roles: false,
            late: Vec::new(),
        }
    }

    /// Notes a request that arrives, and decides what goes wrong with it.
    pub(super) fn arrive(&mut self, ask: &Ask) -> (u64, Plan) {
        let foreign = self.tokens.is_foreign(ask);
        (self.ledger.arrived(ask, foreign), self.faults.plan(ask))
    }

    /// Carries out a request that arrived.
    pub(super) fn answer(&mut self, entry: u64, ask: &Ask, plan: &Plan, now: Time) -> Answer {
        self.catch_up(now);
        if is_okta(ask) {
            let mut answer = self.okta.answer(ask, plan, now);
            plan.finish(&mut answer, ask, None, now);
            return answer;
        }
        let (result, standing) = if ask.is_token_call() {
            (self.token(ask, plan, now), None)
        } else {
            let (result, standing) = self.visit(entry, ask, plan, now);
            (result, Some(standing))
        };
        let mut answer = result.unwrap_or_else(Answer::from);
        plan.finish(&mut answer, ask, standing, now);
        answer
    }

    /// Applies the late writes that are due.
    pub(super) fn catch_up(&mut self, now: Time) {
        if self.late.is_empty() {
            return;
        }
        self.late.sort_by_key(|late| late.due);
        let due = self.late.partition_point(|late| late.due <= now);
        for late in self.late.drain(..due).collect::<Vec<_>>() {
            // Whether it succeeds is told to nobody, as nobody waits for it any more.
            drop(self.act(&late.ask, late.holder, late.due));
        }
    }

    fn token(&mut self, ask: &Ask, plan: &Plan, now: Time) -> Result<Answer, Problem> {
        if let Some(answer) = plan.instead() {
            return Ok(answer);
        }
        ask.below_team(&self.store.team)
            .ok_or_else(Problem::missing)?;
        self.tokens.issue(ask, &mut self.store, now, plan.skew)
    }

    fn visit(
        &mut self,
        entry: u64,
        ask: &Ask,
        plan: &Plan,
        now: Time,
    ) -> (Result<Answer, Problem>, Standing) {
        let holder = match self.tokens.holder(ask, &self.store, now) {
            Ok(holder) => holder,
            Err(known) => return (Err(unauthenticated()), self.limits.look(known, now)),
        };
        let user = holder.user;
        if let Some(user) = self.store.users.by_id(user) {
            self.ledger.made_by(entry, &user.name);
        }
        let (taken, standing) = if plan.is_limited() {
            (true, self.limits.look(Some(user), now))
        } else {
            self.limits.take(user, now)
        };
        if !taken {
            let problem =
                Problem::new(Code::TooManyRequests, "Too many API requests were received");
            return (Err(problem), standing);
        }
        let result = match (plan.instead(), &plan.main) {
            (Some(answer), _) => Ok(answer),
            (None, Some(Effect::ApplyLate(wait))) => Err(self.put_off(ask, holder, now, *wait)),
            (None, _) => self.act(ask, holder, now),
        };
        (result, standing)
    }

    fn put_off(&mut self, ask: &Ask, holder: Holder, now: Time, wait: Duration) -> Problem {
        self.late.push(Late {
            due: now.plus(wait),
            holder,
            ask: ask.clone(),
        });
        Problem::new(Code::GatewayTimeout, "The service did not answer in time")
    }

    fn act(&mut self, ask: &Ask, holder: Holder, now: Time) -> Result<Answer, Problem> {
        let path = ask
            .below_team(&self.store.team)
            .ok_or_else(Problem::missing)?;
        let operation = catalog::find(&ask.method, path)?;
        let roles = if self.live_roles {
            roles_of(&self.store, holder.user)
        } else {
            holder.roles
        };
        if !operation.roles.is_empty() && !roles.meets(operation.roles) {
            return Err(Problem::new(Code::AuthorizationError, "Missing capability"));
        }
        operation.check_query(ask)?;
        let body = match operation.body {
            Some(schema) => schema::keep(schema, ask.object()?)?,
            None => Object::new(),
        };
        let visit = Visit {
            ask,
            operation,
            body,
            user: holder.user,
            roles,
            now,
            page_size: self.page_size,
            page_everything: self.page_everything,
            path,
        };
        match operation.act {
            Act::Read(read) => read(&self.store, &visit),
            Act::Write(write) => {
                let answer = write(&mut self.store, &visit)?;
                self.ledger.counters.writes += 1;
                Ok(answer)
            }
            Act::Token => Err(Problem::missing()),
        }
    }
}
