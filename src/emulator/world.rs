//! The emulated service as one value: who may, whether there is a slot, and what is done then.
//!
//! Nothing here waits or knows of connections. A request is authenticated, charged and carried out, in
//! this order; only one that is authenticated is charged, for nobody else has a bucket. A token call
//! is neither.

use std::time::Duration;

use http::StatusCode;
use uuid::Uuid;

use super::Config;
use super::answer::{Answer, Code, Problem};
use super::ask::Ask;
use super::behaviour::Behaviour;
use super::clock::Time;
use super::fault::{Effect, Fault, Faults};
use super::late::{LateWrite, LateWrites};
use super::ledger::Ledger;
use super::limit::{Limits, Standing};
use super::plan::Plan;
use super::replica::Replica;
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
    pub(super) behaviour: Behaviour,
    limits: Limits,
    page_size: usize,
    late: LateWrites,
    /// There while a read may lag behind.
    pub(super) replica: Option<Replica>,
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

impl World {
    /// The world as it is at the start.
    pub(super) fn new(config: &Config) -> Self {
        let behaviour = config.behaviour.clone();
        let mut world = Self {
            store: seed::store(config),
            tokens: Tokens::new(config.token_life),
            faults: Faults::new(config.seed),
            ledger: Ledger::default(),
            limits: Limits::new(config.burst, config.refill_per_second, &behaviour),
            behaviour,
            page_size: config.page_size.max(1),
            late: LateWrites::default(),
            replica: None,
        };
        world.keep_replica();
        world
    }

    /// Behaves like this from now on.
    pub(super) fn behave(&mut self, behaviour: Behaviour) {
        self.limits.behave(&behaviour);
        self.behaviour = behaviour;
        self.keep_replica();
    }

    /// Lets requests go wrong from now on, in all of these ways or none; says whether there was room.
    pub(super) fn arm(&mut self, faults: Vec<Fault>) -> bool {
        let armed = self.faults.add(faults);
        self.keep_replica();
        armed
    }

    /// Lets nothing go wrong any more.
    pub(super) fn disarm(&mut self) {
        self.faults.clear();
        self.keep_replica();
    }

    /// Makes the copy that reads lag on, or drops it, as it is needed.
    fn keep_replica(&mut self) {
        let is_needed = self.behaviour.writes_lag.is_some() || self.faults.may_lag();
        match &self.replica {
            None if is_needed => self.replica = Some(Replica::new(&self.store)),
            Some(replica) if !is_needed && !replica.is_held() => self.replica = None,
            None | Some(_) => {}
        }
    }

    /// Notes a request that arrives, and decides what goes wrong with it.
    pub(super) fn arrive(&mut self, ask: &Ask) -> (u64, Plan) {
        if self.replica.is_some() {
            self.keep_replica();
        }
        let foreign = self.tokens.is_foreign(ask);
        let mut plan = self.faults.plan(ask);
        if ask.is_read() {
            plan.lag = plan.lag.max(self.behaviour.writes_lag);
        }
        let replica = self.replica.as_ref().filter(|_| plan.lag.is_some());
        plan.hold = replica.map(Replica::hold);
        (self.ledger.arrived(ask, foreign), plan)
    }

    /// Carries out a request that arrived.
    pub(super) fn answer(&mut self, entry: u64, ask: &Ask, plan: &Plan, now: Time) -> Answer {
        self.catch_up(now);
        let (result, standing) = if ask.is_token_call() {
            (self.token(ask, plan, now), None)
        } else {
            let (result, standing) = self.visit(entry, ask, plan, now);
            (result, Some(standing))
        };
        let mut answer = result.unwrap_or_else(Answer::from);
        let headers = self.behaviour.rate_headers;
        let standing = standing.filter(|_| plan.is_limited() || headers.are_on(answer.status));
        answer
            .neighbours
            .write(&mut answer.headers, self.behaviour.links);
        plan.finish(&mut answer, ask, standing, now);
        answer
    }

    /// Applies the late writes that are due.
    pub(super) fn catch_up(&mut self, now: Time) {
        for late in self.late.due(now) {
            // Whether it succeeds is told to nobody, as nobody waits for it any more.
            drop(self.act(&late.ask, late.user, late.due, None));
        }
    }

    fn token(&mut self, ask: &Ask, plan: &Plan, now: Time) -> Result<Answer, Problem> {
        if let Some(answer) = plan.instead() {
            return Ok(answer);
        }
        if !self.is_team(ask) {
            return Err(Problem::missing());
        }
        let answer = self.tokens.issue(ask, &mut self.store, now, plan.skew)?;
        if let Some(replica) = &mut self.replica {
            let user = Uuid::nil();
            let page_size = self.page_size;
            replica.logged_in(&Visit {
                ask,
                user,
                now,
                page_size,
            });
        }
        Ok(answer)
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
            Err(known) => return (Err(unauthenticated()), self.limits.told(known, ask, now)),
        };
        if let Some(user) = self.store.users.by_id(user) {
            self.ledger.made_by(entry, &user.name);
        }
        let (taken, standing) = if plan.is_limited() {
            (true, self.limits.told(Some(user), ask, now))
        } else {
            self.limits.take(self.limits.bucket(user, ask), now)
        };
        if !taken {
            let problem =
                Problem::new(Code::TooManyRequests, "Too many API requests were received");
            return (Err(problem), standing);
        }
        let result = match (plan.instead(), &plan.main) {
            (Some(answer), _) => Ok(answer),
            (None, Some(Effect::ApplyLate(wait))) => self.put_off(ask, user, now, *wait),
            (None, _) => self.act(ask, user, now, plan.lag),
        };
        (result, standing)
    }

    fn put_off(
        &mut self,
        ask: &Ask,
        user: Uuid,
        now: Time,
        wait: Duration,
    ) -> Result<Answer, Problem> {
        let (due, ask) = (now.plus(wait), ask.clone());
        if self.late.keep(LateWrite { due, user, ask }) {
            let message = "The service did not answer in time";
            return Err(Problem::new(Code::GatewayTimeout, message));
        }
        Ok(Answer::error(
            StatusCode::SERVICE_UNAVAILABLE,
            "service_offline",
            "The emulator holds as many late writes as it can; this one is not applied",
        ))
    }

    /// Does what is asked; a read may be answered from some time ago.
    fn act(
        &mut self,
        ask: &Ask,
        user: Uuid,
        now: Time,
        lag: Option<Duration>,
    ) -> Result<Answer, Problem> {
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
        if let (Some(replica), Some(lag)) = (&mut self.replica, lag) {
            return replica.read(&visit, lag);
        }
        let dice = self.store.rng.clone();
        let answer = route(&mut self.store, &visit)?;
        if !ask.is_read() {
            self.ledger.counters.writes += 1;
            if let Some(replica) = &mut self.replica {
                replica.wrote(&visit, dice);
            }
        }
        Ok(answer)
    }

    fn is_team(&self, ask: &Ask) -> bool {
        match ask.parts().as_slice() {
            ["v1", "teams", team, _, ..] => team.eq_ignore_ascii_case(&self.store.team),
            _ => false,
        }
    }
}
