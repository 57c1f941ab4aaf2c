//! How the upstream's limit and the callers' own are kept.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::support::Setup;

#[tokio::test(start_paused = true)]
async fn six_hundred_reads_take_what_the_limit_takes_and_meet_no_429() {
    let setup = Setup::over(|team| {
        team.burst = 100;
        team.refill_per_second = 20.0;
    });
    let gateway = setup.callers(20).start();
    let clients: Vec<_> = (0..20)
        .map(|n| gateway.client(&format!("caller-{n}")))
        .collect();
    let read = async |n: usize| {
        let path = format!("/v1/teams/demo/groups?contains={n}");
        clients[n % 20].get(&path).await.status.as_u16()
    };
    let started = Instant::now();

    let statuses = join_all((0..600).map(read)).await;

    let took = started.elapsed();
    assert_eq!(statuses, vec![200; 600]);
    assert_eq!(gateway.emulator.counters().limited, 0);
    assert_eq!(gateway.emulator.counters().calls, 600);
    assert!(took <= Duration::from_secs(25).mul_f64(1.05), "{took:?}");
    gateway.finish().await;
}
