//! What a limit does to its callers: with this gateway in front of it, and in three other ways.
//!
//! Time is tokio's, paused, so that hours pass in seconds. The gateway's part is the real one:
//! `retry` above `shape`, asked as `stack` has them. The limit is the emulator's. Callers and the
//! other ways are modelled after what is known of them, see [`Way`]. Nothing here uses a network, a
//! file or the machine's clock, and all chance comes from the scenario's seed: same scenario, same
//! report.
//!
//! Cache and merged pages are left out: every request costs a slot.

mod arrival;
mod client;
mod measure;
mod optimum;
mod outside;
mod report;
mod run;
mod scenario;
#[cfg(test)]
mod tests;
mod upstream;
mod way;

pub use self::report::{Report, Waits, table};
pub use self::run::run;
pub use self::scenario::{Arrival, Client, Group, Limit, Scenario, Spacing};
pub use self::way::Way;
