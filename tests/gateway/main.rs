//! The gateway as a whole, in process: the stack as it is built for production, over the emulator.
//!
//! Time is paused, so a test that waits for minutes takes milliseconds; only `audit` and `listen` run
//! in real time, because they need a disk and sockets. Each test ends with `finish`, which checks that
//! nothing is left behind and that no secret was seen anywhere.

#[cfg(test)]
mod support;

#[cfg(test)]
mod herd;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod truth;
