//! `opagate` is a gateway in front of the Okta Privileged Access (OPA) API.
//!
//! Tools ask it instead of OPA. It holds the service users' keys and renews their tokens, answers
//! what it can from memory, joins the pages of lists, and spends the upstream's rate limit whole and
//! never beyond.
//!
//! A request is read from top to bottom in [`stack`]. Modules stand below in the order in which they
//! may use each other: each uses only those above it. Within the concerns, what meets a request first
//! stands first.

// What the tests of `tests/gateway` share is used by those of `stack` too, under the same name.
#[cfg(test)]
extern crate self as opagate;

// vocabulary: known to all, knows nobody
pub mod allowance;
pub mod caller;
pub mod coding;
pub mod error;
pub mod exchange;
pub mod middleware;
pub mod operation;
pub mod record;
pub mod secret;

// concerns, in the order in which a request meets them
pub mod answer;
pub mod audit;
pub mod metrics;
pub mod recent;
pub mod trace;

pub mod classify;
pub mod deadline;

pub mod policy;
pub mod store;

pub mod keys;
pub mod login;
pub mod sessions;

pub mod auth;
pub mod authorize;
pub mod cache;
pub mod local;
pub mod quota;

pub mod breaker;
pub mod coalesce;
pub mod paginate;
pub mod retry;
pub mod shape;
pub mod token;
pub mod upstream;

pub mod origin;

// the whole
pub mod admin;
pub mod app;
pub mod cli;
pub mod config;
pub mod emulator;
pub mod front;
pub mod listen;
pub mod simulate;
pub mod stack;

#[cfg(test)]
mod testing;
