//! A history of writers and readers at work on one gateway, each read held against what was written.
//!
//! In each schedule one writer for each of some things and several readers work at once, over a
//! transport that takes random times there and back. A thing's states are numbered as they are
//! written. What a read sees must be one of those between the last that was answered when the read
//! began and the last that was sent when it ended, and none older than its reader has seen before.
//! Where reads of the upstream lag behind its writes, what was answered counts from that much later on.
//!
//! Violations are counted, not asserted: whoever leaves a comparison out wants to see them. It is used
//! by `truth`, by `benches/history.rs`, and by the library's own tests of the stack.

mod checker;
mod counts;
mod plan;
mod work;

use tokio::runtime::Builder;
use tracing::subscriber::NoSubscriber;

pub(crate) use self::counts::Counts;
pub(crate) use self::work::Load;
use super::support;

/// Works on one gateway while time is paused; all follows from the seed.
pub(crate) fn in_paused_time(seed: u64, load: &Load) -> Counts {
    // Nobody reads the log of so many requests.
    let _silent = tracing::subscriber::set_default(NoSubscriber::new());
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build().unwrap();
    fastrand::seed(seed);
    runtime.block_on(work::run(seed, load))
}

/// Works on one gateway with several threads, while time goes by as it does.
pub(crate) fn in_real_time(seed: u64, load: &Load) -> Counts {
    let mut runtime = Builder::new_multi_thread();
    let runtime = runtime.worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(work::run(seed, load))
}
