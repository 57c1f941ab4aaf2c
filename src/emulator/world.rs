//! The emulated service as one value: who may, whether there is a slot, and what is done then.
//!
//! Nothing here waits or knows of connections. A request is authenticated, charged and carried out, in
//! this order; only one that is authenticated is charged, for nobody else has a bucket. A token call
//! is neither.

use std::time::Duration;

use uuid::Uuid;

use super::Config;
use super::answer::{Answer, Code, Problem};
use super::ask::Ask;
use super::clock::Time;
use super::fault::{Effect, Faults};
use super::ledger::Ledger;
use super::limit::{Limits, Standing};
use super::okta::{Okta, is_okta};
use super::plan::Plan;
use super::route::route;
use super::store::Store;
use super::token::{Tokens, unauthenticated};
use super::{MAX_BODY, seed};

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
    late: Vec<Late>,
}

/// One authenticated request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit<'a> {
    pub(super) ask: &'a Ask,
    /// The service user that asks.
    pub(super) user: Uuid,
    pub(super) now: Time,
    /// The most rows that a page has.
    pub(super) page_size: usize,
}

/// A write that was answered before it was applied.
#[derive(Debug)]
struct Late {
    due: Time,
    user: Uuid,
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
            drop(self.act(&late.ask, late.user, late.due));
        }
    }

    fn token(&mut self, ask: &Ask, plan: &Plan, now: Time) -> Result<Answer, Problem> {
        if let Some(answer) = plan.instead() {
            return Ok(answer);
        }
        if !self.is_team(ask) {
            return Err(Problem::missing());
        }
        self.tokens.issue(ask, &mut self.store, now, plan.skew)
    }

    fn visit(
        &mut self,
        entry: u64,
        ask: &Ask,
        plan: &Plan,
        now: Time,
    ) -> (Result<Answer, Problem>, Standing) {
        let user = match self.tokens.holder(ask, &self.store, now) {
            Ok(user) => user,
            Err(known) => return (Err(unauthenticated()), self.limits.look(known, now)),
        };
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
            (None, Some(Effect::ApplyLate(wait))) => Err(self.put_off(ask, user, now, *wait)),
            (None, _) => self.act(ask, user, now),
        };
        (result, standing)
    }

    fn put_off(&mut self, ask: &Ask, user: Uuid, now: Time, wait: Duration) -> Problem {
        self.late.push(Late {
            due: now.plus(wait),
            user,
            ask: ask.clone(),
        });
        Problem::new(Code::GatewayTimeout, "The service did not answer in time")
    }

    fn act(&mut self, ask: &Ask, user: Uuid, now: Time) -> Result<Answer, Problem> {
        if ask.body_len() > MAX_BODY {
            return Err(Problem::new(Code::TooLarge, "The body is too large"));
        }
        if !self.is_team(ask) {
            return Err(Problem::missing());
        }
        let visit = Visit {
            ask,
            user,
            now,
            page_size: self.page_size,
        };
        let answer = route(&mut self.store, &visit)?;
        self.ledger.counters.writes += u64::from(!ask.is_read());
        Ok(answer)
    }

    fn is_team(&self, ask: &Ask) -> bool {
        match ask.parts().as_slice() {
            ["v1", "teams", team, _, ..] => team.eq_ignore_ascii_case(&self.store.team),
            _ => false,
        }
    }
}
