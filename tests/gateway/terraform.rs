//! Terraform: what the cache saves it, and that nothing it is told is out of date.
//!
//! `cycle.tsv` is a recorded run of the vendor's provider; it is replayed in its order, with its
//! overlaps and its tokens. `again` reads many things, changes one and reads them all again.

mod again;
mod bodies;
mod record;
mod replay;

use std::time::Duration;

use opagate::cache::Config;

use self::replay::{Figures, replay};
use crate::support::Setup;

async fn cycle(pause: Duration, settle_for: &str) -> Figures {
    let setup = Setup::over(|team| {
        (team.burst, team.refill_per_second) = (90_000, 90_000.0);
        team.page_size = 1_000;
    });
    let setup = setup.shipped().set("cache.settle_for", settle_for);
    let gateway = setup.jitter(1, Duration::from_millis(1)).start();
    let figures = replay(&gateway, pause).await;
    gateway.finish().await;
    figures
}

/// How many reads never reach the emulator, of 139: at most 70 can be saved by whoever forgets what a
/// write touches.
///
/// Terraform reads at once what it has just written. As shipped, such a read is answered but not kept,
/// for writes have two seconds to settle; without that time it is. A stand-in on the same machine
/// answers at once, and nobody looked at a plan: without pauses between its commands the whole record
/// takes four seconds, and most of them belong to a write that has not settled.
#[tokio::test(start_paused = true)]
async fn recorded_run_is_told_nothing_old_and_saves_what_its_writes_allow() {
    let pause = Duration::from_secs(3);
    assert_eq!(Config::default().settle_for, Duration::from_secs(2));

    for (pause, settle_for, least) in [
        (pause, "2s", 50),
        (Duration::ZERO, "2s", 5),
        (Duration::ZERO, "0s", 69),
    ] {
        let figures = cycle(pause, settle_for).await;

        assert_eq!((&figures.stale, &figures.unlike), (&vec![], &vec![]));
        assert_eq!(figures.reads, 139);
        assert!(figures.saved() >= least, "{settle_for}: {figures:?}");
    }
}
