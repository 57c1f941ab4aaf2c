//! How the upstream's limit and the callers' own are kept.

use std::time::{Duration, UNIX_EPOCH};

use futures_util::future::join_all;
use tokio::time::Instant;

use tokio::time::sleep;

use opagate::emulator::{Effect, Fault};

use crate::support::{Setup, hash_of};

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

#[tokio::test(start_paused = true)]
async fn caller_over_its_quota_is_told_when_to_come_back_and_no_other_is() {
    let hash = hash_of("eager");
    let caller = format!(
        "[[caller]]\nname = 'eager'\ntoken_sha256 = '{hash}'\nrequests_per_second = 1\nburst = 2\n"
    );
    let gateway = Setup::new().text(&caller).start();
    let (eager, path) = (gateway.client("eager"), "/v1/teams/demo/groups/owners");
    assert_eq!(eager.get(path).await.status, 200);
    assert_eq!(eager.get(path).await.status, 200);

    let refused = eager.get(path).await;

    assert_eq!(refused.error(), (429, "caller_quota_exceeded".to_owned()));
    assert_eq!(refused.header("retry-after"), "1");
    let retry_at: u64 = refused.header("x-ratelimit-retry-at").parse().unwrap();
    assert!(retry_at > UNIX_EPOCH.elapsed().unwrap().as_secs());
    assert_eq!(gateway.reader().get(path).await.status, 200);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(eager.get(path).await.status, 200);
    gateway.finish().await;
}

/// Waiting for the upstream's limit is bounded by those who wait, also after a first refusal.
#[tokio::test(start_paused = true)]
async fn read_that_the_upstream_keeps_refusing_is_told_so_within_its_deadline() {
    for with_headers in [true, false] {
        let gateway = Setup::new().start();
        let path = "/v1/teams/demo/groups/owners";
        let limited = Effect::Limited { with_headers };
        gateway.emulator.fault(Fault::new(limited).at(path));

        let reply = gateway.reader().get(path).await;

        assert_eq!(reply.error(), (429, "too_many_requests".to_owned()));
        assert!(reply.took < Duration::from_secs(50), "{:?}", reply.took);
        let retry_at: u64 = reply.header("x-ratelimit-retry-at").parse().unwrap();
        assert!(retry_at > UNIX_EPOCH.elapsed().unwrap().as_secs());
        gateway.finish().await;
    }
}
