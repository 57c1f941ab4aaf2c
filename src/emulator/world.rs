//! The emulated service as one value: who may, whether there is a slot, and what is done then.
//!
//! Nothing here waits or knows of connections. A request is authenticated, charged and carried out, in
//! this order; only one that is authenticated is charged, for nobody else has a bucket. A token call
//! is neither.

use std::time::Duration;

use http::StatusCode;
use uuid::Uuid;

use super::answer::{Answer, Code, Problem};
use super::ask::Ask;
use super::behaviour::Behaviour;
use super::clock::Time;
use super::fault::{Effect, Fault, Faults};
use super::fields::Object;
use super::late::{LateWrite, LateWrites};
use super::ledger::Ledger;
use super::limit::{Limits, Standing};
use super::okta::{Okta, is_okta};
use super::operation::Act;
use super::plan::Plan;
use super::replica::Replica;
use super::role::roles_of;
use super::store::Store;
use super::token::{Holder, Tokens, unauthenticated};
use super::visit::{Pages, Visit};
use super::{Config, MAX_BODY, catalog, schema, seed};

/// Everything that changes.
#[derive(Debug)]
pub(super) struct World {
    pub(super) store: Store,
    pub(super) tokens: Tokens,
    pub(super) faults: Faults,
    pub(super) ledger: Ledger,
    pub(super) behaviour: Behaviour,
    pub(super) okta: Okta,
    limits: Limits,
    page_size: usize,
    late: LateWrites,
    /// There while a read may lag behind.
    pub(super) replica: Option<Replica>,
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
            okta: Okta::new(&config.content.okta(&config.okta), config.seed),
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
        if is_okta(ask) {
            let mut answer = self.okta.answer(ask, plan, now);
            plan.finish(&mut answer, ask, None, now);
            return answer;
        }
        let (result, standing) = if ask.is_token_call() {
            // Every answer tells of the limit, also one that takes no slot.
            let (result, user) = self.token(ask, plan, now);
            (result, Some(self.limits.told(user, ask, now)))
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
            drop(self.act(&late.ask, late.holder, late.due, None));
        }
    }

    /// Answers a token call, and says whose it was.
    fn token(
        &mut self,
        ask: &Ask,
        plan: &Plan,
        now: Time,
    ) -> (Result<Answer, Problem>, Option<Uuid>) {
        if let Some(answer) = plan.instead() {
            return (Ok(answer), None);
        }
        if ask.below_team(&self.store.team).is_none() {
            return (Err(Problem::missing()), None);
        }
        let (answer, key) = match self.tokens.issue(ask, &mut self.store, now, plan.skew) {
            Ok(issued) => issued,
            Err(problem) => return (Err(problem), None),
        };
        let user = self.store.owner(&key).map(|user| user.id);
        if let Some(replica) = &mut self.replica {
            replica.logged_in(key, now);
        }
        (Ok(answer), user)
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
            Err(known) => return (Err(unauthenticated()), self.limits.told(known, ask, now)),
        };
        let user = holder.user;
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
            (None, Some(Effect::ApplyLate(wait))) => self.put_off(ask, holder, now, *wait),
            (None, _) => self.act(ask, holder, now, plan.lag),
        };
        (result, standing)
    }

    fn put_off(
        &mut self,
        ask: &Ask,
        holder: Holder,
        now: Time,
        wait: Duration,
    ) -> Result<Answer, Problem> {
        let (due, ask) = (now.plus(wait), ask.clone());
        if self.late.keep(LateWrite { due, holder, ask }) {
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
        holder: Holder,
        now: Time,
        lag: Option<Duration>,
    ) -> Result<Answer, Problem> {
        let visit = self.enter(ask, holder, now)?;
        if let Act::Read(_) = visit.operation.act {
            return match (&mut self.replica, lag) {
                (Some(replica), Some(lag)) => replica.read(visit, lag),
                (Some(_) | None, _) => visit.read(&self.store),
            };
        }
        let dice = self.store.rng.clone();
        let answer = visit.carry_out(&mut self.store)?;
        self.ledger.counters.writes += 1;
        if let Some(replica) = &mut self.replica {
            replica.wrote(&visit, dice);
        }
        Ok(answer)
    }

    /// Reads a request as an operation that its holder may ask for, with a body that it takes.
    fn enter<'a>(&self, ask: &'a Ask, holder: Holder, now: Time) -> Result<Visit<'a>, Problem> {
        let path = ask.below_team(&self.store.team);
        let operation = catalog::find(&ask.method, path.ok_or_else(Problem::missing)?)?;
        let roles = if self.behaviour.live_roles {
            roles_of(&self.store, holder.user)
        } else {
            holder.roles
        };
        if !operation.roles.is_empty() && !roles.meets(operation.roles) {
            return Err(Problem::new(Code::AuthorizationError, "Missing capability"));
        }
        if ask.body().len() > MAX_BODY {
            return Err(Problem::new(Code::TooLarge, "The body is too large"));
        }
        operation.check_query(ask)?;
        let body = match operation.body {
            Some(schema) => schema::keep(schema, ask.object()?)?,
            None => Object::new(),
        };
        Ok(Visit {
            ask,
            operation,
            body,
            user: holder.user,
            roles,
            now,
            pages: Pages {
                size: self.page_size,
                everywhere: self.behaviour.page_everything,
            },
        })
    }
}
