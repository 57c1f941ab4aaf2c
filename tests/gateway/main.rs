//! The gateway as a whole, in process: the stack as it is built for production, over the emulator.
//!
//! Time is paused, so a test that waits for minutes takes milliseconds; only `audit`, `listen`,
//! `log` and `origin` run in real time, because they need a disk, sockets and a process, and one of
//! `truth`, which needs threads. Each test but those of `log` ends with `finish`, which checks that
//! nothing is left behind and that no secret was seen anywhere.

#[cfg(test)]
mod history;
#[cfg(test)]
mod support;

#[cfg(test)]
mod admin;
#[cfg(test)]
mod again;
#[cfg(test)]
mod allowance;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bad_upstream;
#[cfg(test)]
mod cache_control;
#[cfg(test)]
mod codings;
#[cfg(test)]
mod compare;
#[cfg(test)]
mod deadline;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod hangup;
#[cfg(test)]
mod herd;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod listen;
#[cfg(test)]
mod log;
#[cfg(test)]
mod merge;
#[cfg(test)]
mod order;
#[cfg(test)]
mod origin;
#[cfg(test)]
mod owners;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod principals;
#[cfg(test)]
mod purge;
#[cfg(test)]
mod refresh;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod spelling;
#[cfg(test)]
mod stale;
#[cfg(test)]
mod terraform;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod truth;
#[cfg(test)]
mod vault;
#[cfg(test)]
mod warm;
#[cfg(test)]
mod writes;
