//! Bearer tokens that come, go and are refused.

use std::time::Duration;

use futures_util::future::join_all;
use opagate::emulator::{Effect, Fault};
use tokio::time::sleep;

use crate::support::{Gateway, Setup};

#[tokio::test(start_paused = true)]
async fn revocation_of_all_tokens_costs_one_more_and_no_caller_sees_it() {
    let gateway = Setup::new()
        .callers(200)
        .jitter(7, Duration::from_millis(400))
        .start();
    let clients: Vec<_> = (0..200)
        .map(|n| gateway.client(&format!("caller-{n}")))
        .collect();
    let working = async |n: usize| {
        let mut statuses = Vec::new();
        for round in 0..5 {
            let path = format!("/v1/teams/demo/groups?contains={n}-{round}");
            statuses.push(clients[n].get(&path).await.status.as_u16());
        }
        statuses
    };
    let revoking = async {
        sleep(Duration::from_millis(900)).await;
        gateway.emulator.revoke_tokens();
    };

    let (statuses, ()) = tokio::join!(join_all((0..200).map(working)), revoking);

    assert_eq!(statuses.concat(), vec![200; 1_000]);
    let counters = gateway.emulator.counters();
    assert!(counters.unauthorized > 0, "somebody was under way");
    assert_eq!(counters.token_calls, 2);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn refusal_of_every_token_is_not_told_as_the_callers_fault() {
    let gateway = Gateway::start();
    let status = Effect::status(http::StatusCode::UNAUTHORIZED);
    gateway
        .emulator
        .fault(Fault::new(status).at("/v1/teams/demo/groups"));

    let reply = gateway.reader().get("/v1/teams/demo/groups").await;

    assert_eq!(
        reply.error(),
        (502, "upstream_credentials_refused".to_owned())
    );
    gateway.finish().await;
}
