//! The right to send one request, as a guard.

use std::sync::Arc;

use crate::caller::Caller;
use crate::operation::Operation;
use crate::shape::bucket::Bucket;
use crate::shape::model::Ticket;
use crate::shape::signal::Signal;

/// The right to send one request; whatever becomes of it, it is counted back.
#[derive(Debug)]
pub(super) struct Permit {
    bucket: Arc<Bucket>,
    ticket: Ticket,
    fate: Fate,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    Unused,
    Sent,
    Answered,
}

impl Permit {
    /// The right that `bucket` gave with `ticket`.
    pub(super) fn new(bucket: Arc<Bucket>, ticket: Ticket) -> Self {
        Self {
            bucket,
            ticket,
            fate: Fate::Unused,
        }
    }

    /// Says that the request is sent now, for `caller` and on `operation`: the slot is spent.
    pub(super) fn sent(&mut self, caller: &Caller, operation: &Operation) {
        self.fate = Fate::Sent;
        self.bucket.spend(caller, operation);
    }

    /// Gives the permit back with what the upstream answered.
    pub(super) fn answered(mut self, signal: &Signal) {
        self.fate = Fate::Answered;
        self.bucket.learn(self.ticket, signal);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        match self.fate {
            Fate::Unused => self.bucket.take_back(self.ticket),
            Fate::Sent => self.bucket.end(self.ticket),
            Fate::Answered => {}
        }
    }
}
