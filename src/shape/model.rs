//! What is believed of one limit, and whether one more request may go.
//!
//! The belief is kept on the careful side: a request costs its slot when it is let go, and slots
//! come back no faster than was proved (`learn` holds that part). So as long as nobody else spends,
//! the upstream has at least as many slots as are counted here.

use std::time::Duration;

use tokio::time::Instant;

use crate::shape::Config;
use crate::shape::clock::{Clock, later};
use crate::shape::crowd::Crowd;
use crate::shape::pace::Pace;
use crate::shape::rate::{Fading, Rate};
use crate::shape::window::Windows;

/// After a wait that the upstream did not bound, it is asked again no sooner.
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// Nothing is held back for longer, whatever is configured.
const DAY: Duration = Duration::from_secs(86_400);

/// Where sums of fractions are compared.
pub(super) const EPSILON: f64 = 1e-6;

/// The belief.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) config: Config,
    pub(super) clock: Clock,
    pub(super) pace: Pace,
    pub(super) gate: Gate,
    /// All slots that there are; `None` until the upstream has told.
    pub(super) limit: Option<u32>,
    /// Slots left `at` that time, with all that was let go already paid.
    pub(super) level: f64,
    at: Instant,
    /// When the upstream said that one more slot, and all of them, will be there.
    pub(super) refill_at: Option<Instant>,
    pub(super) reset_at: Option<Instant>,
    /// How many were ever let go, and how many of them have ended.
    pub(super) released: u64,
    ended: u64,
    /// What was let go before this many is no news after a 429.
    pub(super) reopened: u64,
    pub(super) answered_at: Option<Instant>,
    pub(super) round_trip: Duration,
    /// Since when an answer is awaited.
    pub(super) asked_at: Option<Instant>,
    /// Answers that told no limit, while none has told one.
    pub(super) untold: u32,
    pub(super) crowd: Crowd,
    pub(super) windows: Windows,
    /// The most that others took between two answers, lately.
    pub(super) taken: Fading,
    /// Slots spent by us and by others.
    pub(super) spent: Rate,
    pub(super) lost: Rate,
}

/// Whether the upstream has said 429.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Gate {
    /// No.
    Open,
    /// Yes: nothing is let go until then, and then one alone.
    Shut {
        /// Then.
        until: Instant,
        /// The one is under way.
        probing: bool,
        /// How many such were refused in a row.
        refused: u32,
    },
}

/// Whether one more may go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ready {
    /// Yes.
    Now,
    /// Not before that time.
    At(Instant),
    /// Not before one that is under way has ended.
    Later,
}

/// What is remembered of one that was let go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    pub(super) at: Instant,
    /// How many were let go up to and with it.
    pub(super) number: u64,
    /// How many had ended by then.
    pub(super) ended: u64,
    /// How many were under way then, itself included.
    pub(super) under_way: u32,
    /// It was let go alone, to see whether more may follow.
    pub(super) is_probe: bool,
}

impl Model {
    pub(super) fn new(mut config: Config, now: Instant) -> Self {
        config.longest_wait = config.longest_wait.clamp(SECOND, DAY);
        Self {
            config,
            clock: Clock::new(now),
            pace: Pace::default(),
            gate: Gate::Open,
            limit: None,
            level: 0.0,
            at: now,
            refill_at: None,
            reset_at: None,
            released: 0,
            ended: 0,
            reopened: 0,
            answered_at: None,
            round_trip: Duration::ZERO,
            asked_at: None,
            untold: 0,
            crowd: Crowd::new(f64::from(config.in_flight.get())),
            windows: Windows::default(),
            taken: Fading::new(now),
            spent: Rate::new(now),
            lost: Rate::new(now),
        }
    }

    /// Brings the level up to date.
    pub(super) fn settle(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        if let (Some(limit), Some(slowest)) = (self.limit, self.pace.slowest()) {
            // What is under way may not have arrived: then the upstream is still full, and nothing
            // comes back to what is full.
            let most = f64::from(limit) - f64::from(self.in_flight());
            self.level = (self.level + passed / slowest).min(most);
        }
    }

    /// Whether one more may go now.
    pub(super) fn ready(&mut self, now: Instant) -> Ready {
        self.settle(now);
        if f64::from(self.in_flight()) >= self.room(now) {
            return Ready::Later;
        }
        match self.gate {
            Gate::Shut { probing: true, .. } => return Ready::Later,
            Gate::Shut { until, .. } if now < until => return Ready::At(until),
            Gate::Shut { .. } => return Ready::Now,
            Gate::Open => {}
        }
        let missing = self.missing(now);
        if missing <= EPSILON {
            return Ready::Now;
        }
        match (self.pace.slowest(), self.refill_at) {
            (Some(slowest), _) => Ready::At(later(now, missing * slowest) + MOMENT),
            // Answers will tell more than the clock.
            (None, _) if self.in_flight() > 0 => Ready::Later,
            (None, Some(at)) if now < at => Ready::At(at),
            (None, _) => Ready::Now,
        }
    }

    /// Lets one go; [`ready`](Self::ready) has just said that it may.
    pub(super) fn release(&mut self, now: Instant) -> Ticket {
        let missing = self.missing(now);
        let mut is_probe = false;
        if let Gate::Shut { probing, .. } = &mut self.gate {
            *probing = true;
            is_probe = true;
        } else if missing > EPSILON {
            // No more follows on the same word of the upstream, should this one stay unanswered.
            self.refill_at = Some(now + SECOND);
        }
        if self.limit.is_some() {
            self.level += missing.max(0.0) - 1.0;
        }
        self.released += 1;
        self.asked_at.get_or_insert(now);
        self.spent.add(1.0, now);
        Ticket {
            at: now,
            number: self.released,
            ended: self.ended,
            under_way: self.in_flight(),
            is_probe,
        }
    }

    /// One that was let go was never sent.
    pub(super) fn take_back(&mut self, ticket: Ticket, now: Instant) {
        self.settle(now);
        self.level = (self.level + 1.0).min(f64::from(self.limit.unwrap_or(0)));
        self.spent.add(-1.0, now);
        self.end(ticket, now);
    }

    /// One that was let go is no longer under way, answered or not.
    pub(super) fn end(&mut self, ticket: Ticket, now: Instant) {
        self.ended += 1;
        if self.in_flight() == 0 {
            self.asked_at = None;
        }
        // The upstream's level is never below zero, and only these can still lower it.
        self.level = self.level.max(-f64::from(self.in_flight()));
        if let Gate::Shut { probing, until, .. } = &mut self.gate
            && ticket.is_probe
            && *probing
        {
            *probing = false;
            *until = now + SECOND;
        }
    }

    /// How many are under way.
    pub(super) fn in_flight(&self) -> u32 {
        u32::try_from(self.released - self.ended).unwrap_or(u32::MAX)
    }
}

/// What a time may be rounded by.
const MOMENT: Duration = Duration::from_micros(1);
