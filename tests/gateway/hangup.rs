//! Callers that hang up.

use std::time::Duration;

use fastrand::Rng;
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::support::{Client, Reply, Setup, post};

/// Reads of few and of many things, and a write now and then.
async fn work(client: Client, number: usize) -> Reply {
    let groups = "/v1/teams/demo/groups";
    match number % 5 {
        0 => client.get("/v1/teams/demo/service_users").await,
        1 => client.get(&format!("{groups}?contains={number}")).await,
        2 => {
            client
                .get(&format!("{groups}?contains={}", number % 7))
                .await
        }
        3 => client.get("/v1/teams/demo/security_policy").await,
        _ => {
            let body = json!({ "name": format!("group of {number}") });
            client.send(post(groups, &body)).await
        }
    }
}

#[tokio::test(start_paused = true)]
async fn half_of_a_thousand_that_hang_up_leave_nothing_behind() {
    let setup = Setup::over(|team| {
        team.burst = 100;
        team.refill_per_second = 50.0;
    });
    let gateway = setup.callers(10).jitter(11, Duration::from_secs(1)).start();
    let mut rng = Rng::with_seed(12);
    let asking = (0..1_000).map(|number| {
        let client = gateway.client(&format!("caller-{}", number % 10));
        let is_patient = number % 2 == 0;
        let patience = if is_patient {
            3_600_000
        } else {
            rng.u64(..3_000)
        };
        timeout(Duration::from_millis(patience), work(client, number))
    });

    let replies = join_all(asking.collect::<Vec<_>>()).await;

    let left = replies.iter().filter(|reply| reply.is_err()).count();
    assert!(left > 200, "{left} hung up");
    let statuses = replies
        .iter()
        .step_by(2)
        .map(|reply| reply.as_ref().unwrap().status);
    assert!(statuses.clone().all(|status| status.is_success()));
    assert_eq!(statuses.count(), 500);
    assert_eq!(gateway.emulator.counters().limited, 0);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn fetch_that_nobody_waits_for_any_more_leaves_the_queue() {
    let setup = Setup::over(|team| {
        team.burst = 1;
        team.refill_per_second = 0.1;
    });
    let gateway = setup.start();
    gateway.reader().get("/v1/teams/demo/groups/owners").await;
    let before = gateway.emulator.counters().calls;

    let reader = gateway.reader();
    let asked = reader.get("/v1/teams/demo/groups/everyone");
    assert!(timeout(Duration::from_secs(2), asked).await.is_err());

    sleep(Duration::from_secs(60)).await;
    assert_eq!(gateway.emulator.counters().calls, before);
    gateway.finish().await;
}
