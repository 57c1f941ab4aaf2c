//! What an answer of the upstream changes in what is believed.
//!
//! An answer tells how many slots were left when it was made. What is left once all that is under
//! way has been counted lies between that number less all those, and that number and what came back
//! since. The level is put between these two: too low, and slots were believed spent or slow that
//! were not; too high, and somebody else has spent.

use std::time::Duration;

use tokio::time::Instant;

use crate::shape::clock::later;
use crate::shape::model::{Gate, Model, SECOND, Ticket};
use crate::shape::signal::{Signal, Slots};

/// A refill this much before the reset, in seconds, is one that comes slot by slot.
const PARTIAL: f64 = 2.0;

/// How often the shortest hold is doubled at most.
const DOUBLINGS: u32 = 4;

/// Holds are stretched by up to this much, so that gateways do not come back together.
const JITTER: f64 = 0.25;

/// Others' spending below this, in slots, is taken for noise.
const NOISE: f64 = 0.01;

/// What was learned, for the metrics.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Lesson {
    /// Slots that others have spent.
    pub(super) outside: f64,
    /// Why the upstream said 429.
    pub(super) limited: Option<&'static str>,
    /// What was wrong in the belief.
    pub(super) reset: Option<&'static str>,
}

impl Model {
    /// Learns from the answer to what was let go with `ticket`.
    pub(super) fn learn(&mut self, ticket: Ticket, signal: &Signal, now: Instant) -> Lesson {
        self.settle(now);
        self.answered_at = Some(now);
        self.asked_at = Some(now);
        self.round_trip = now.saturating_duration_since(ticket.at);

        let mut lesson = Lesson::default();
        if let Some(date) = signal.date
            && self.clock.see(date, ticket.at, now)
        {
            lesson.reset = Some("clock");
        }
        if let Some(slots) = signal.slots {
            self.take_limit(slots, &mut lesson);
            self.take_level(ticket, slots, now, &mut lesson);
            self.take_pace(ticket, slots, signal, now, &mut lesson);
            self.take_times(slots, signal, now);
        } else if self.limit.is_none() {
            self.untold = self.untold.saturating_add(2);
        }
        if signal.is_limited {
            self.shut(ticket, signal, now, &mut lesson);
        } else {
            self.open(ticket, now);
        }
        lesson
    }

    fn take_limit(&mut self, slots: Slots, lesson: &mut Lesson) {
        if self.limit == Some(slots.limit) {
            return;
        }
        if self.limit.is_some() {
            lesson.reset = Some("limit_changed");
        }
        self.pace.forget();
        self.limit = Some(slots.limit);
        // Nothing is believed of the new limit yet; the answer raises this at once.
        self.level = f64::NEG_INFINITY;
    }

    fn take_level(&mut self, ticket: Ticket, slots: Slots, now: Instant, lesson: &mut Lesson) {
        // All that were under way at some time since this one went, or went after it.
        let others = self.released - ticket.ended - 1;
        let others = f64::from(u32::try_from(others).unwrap_or(u32::MAX));
        let under_way = f64::from(self.in_flight().saturating_sub(1));
        let remaining = f64::from(slots.remaining);
        let back = self.round_trip.as_secs_f64();
        let back = self.pace.slowest().map_or(0.0, |slowest| back / slowest);

        let low = (remaining - others).max(-under_way);
        let high = (remaining + 1.0 + back).min(f64::from(slots.limit));
        if self.level > high + NOISE {
            lesson.outside = self.level - high;
            self.taken.raise(lesson.outside, now);
            self.lost.add(lesson.outside, now);
            // They may have spent again since: only what is certain is believed.
            self.level = low;
        }
        self.level = self.level.max(low).min(f64::from(slots.limit));
    }

    fn take_times(&mut self, slots: Slots, signal: &Signal, now: Instant) {
        let when = |time: f64| self.clock.when(time).map(|at| at.max(now));
        let retry_at = signal.retry_at.and_then(when);
        self.reset_at = signal.reset.and_then(when);
        // With slots left, the next one is of no use: what is kept for others must come back first.
        let refill_at = retry_at.filter(|_| slots.remaining == 0).or(self.reset_at);
        let window = signal.reset.and_then(|reset| self.windows.end(reset));
        let refill_at = window.into_iter().chain(refill_at).min().unwrap_or(now);
        let most = self.config.longest_wait;
        self.refill_at = Some(refill_at.clamp(now + SECOND, now + most));
    }

    fn take_pace(
        &mut self,
        ticket: Ticket,
        slots: Slots,
        signal: &Signal,
        now: Instant,
        lesson: &mut Lesson,
    ) {
        let Some(reset) = signal.reset else {
            return;
        };
        let Some(mut theirs) = self.clock.theirs(ticket.at, now) else {
            return;
        };
        if let Some(date) = signal.date {
            theirs.low = theirs.low.max(date);
            theirs.high = theirs.high.min(date + 1.0);
        }
        if !signal.is_limited {
            self.windows.see(slots, reset, theirs, now);
        }
        // In a window that is known nothing comes back slot by slot.
        let is_off = self.pace.is_off(now) || self.windows.end(reset).is_some();
        if !is_off && self.pace.see(slots, reset, theirs) {
            lesson.reset = Some("window");
            let reset_at = self.clock.when(reset).unwrap_or(now);
            self.pace.switch_off(reset_at.max(now), now);
        }
    }

    /// The upstream has said 429: hold everything back, or fewer at once if slots are left.
    fn shut(&mut self, ticket: Ticket, signal: &Signal, now: Instant, lesson: &mut Lesson) {
        lesson.limited = Some(match signal.slots {
            None => "unknown",
            Some(slots) if slots.remaining > 0 => "concurrency",
            Some(_) => self.contradict(ticket, signal, now, lesson),
        });
        if ticket.number <= self.reopened {
            return; // Late news of a 429 that is over.
        }
        // A time that is told outright is kept to in any case.
        let may_be_the_crowd = lesson.limited == Some("concurrency")
            && signal.retry_after.is_none()
            && self.gate == Gate::Open;
        let (released, under_way) = (self.released, self.in_flight());
        if may_be_the_crowd && self.crowd.refused(ticket, released, under_way, now) {
            return;
        }
        let refused = match self.gate {
            Gate::Shut { refused, .. } => refused + u32::from(ticket.is_probe),
            Gate::Open => 0,
        };
        let until = self.hold(signal, refused, now);
        self.level = self.level.min(0.0);
        let probing = matches!(self.gate, Gate::Shut { probing: true, .. });
        if ticket.is_probe || !probing {
            self.gate = Gate::Shut {
                until,
                probing: false,
                refused,
            };
        } // Else the probe will tell: this one went before it.
    }

    /// Finds the cause of a 429 for the rate, and whether slots come back as was believed.
    fn contradict(
        &mut self,
        ticket: Ticket,
        signal: &Signal,
        now: Instant,
        lesson: &mut Lesson,
    ) -> &'static str {
        let comes_alone = signal.retry_at.zip(signal.reset);
        let comes_alone = comes_alone.is_some_and(|(retry, reset)| retry + PARTIAL <= reset);
        if ticket.is_probe || ticket.number <= self.reopened || self.gate != Gate::Open {
            return "outside";
        }
        lesson.reset = lesson.reset.or(Some("contradiction"));
        if comes_alone {
            self.taken.raise(1.0, now);
            return "outside";
        }
        self.pace.switch_off(self.reset_at.unwrap_or(now), now);
        self.windows.doubt();
        "budget"
    }

    /// Until when nothing is sent, within reason.
    fn hold(&self, signal: &Signal, refused: u32, now: Instant) -> Instant {
        // Whoever was refused at the time that the upstream had named waits for all slots.
        let reset = signal.reset.filter(|_| refused > 0);
        let times = [signal.retry_at, reset].into_iter().flatten();
        let times = times.filter_map(|time| self.clock.when(time));
        let after = signal.retry_after.map(|seconds| later(now, seconds));
        let told = times.chain(after).max().unwrap_or(now);

        let least = SECOND * 2_u32.pow(refused.min(DOUBLINGS));
        let most = self.config.longest_wait;
        let told = told.clamp(now + least.min(most), now + most);
        told + Duration::from_secs_f64(fastrand::f64() * JITTER)
    }

    fn open(&mut self, ticket: Ticket, now: Instant) {
        if ticket.is_probe && self.gate != Gate::Open {
            self.gate = Gate::Open;
            self.reopened = self.released;
        }
        let most = f64::from(self.config.in_flight.get());
        self.crowd.answered(most, now);
    }
}

#[cfg(test)]
pub(super) mod tests;
