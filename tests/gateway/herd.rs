//! Many who want the same at once.

use futures_util::future::join_all;

use crate::support::{Gateway, Setup};

const LIST: &str = "/v1/teams/demo/service_users";

#[tokio::test(start_paused = true)]
async fn thousand_first_reads_of_a_list_cost_one_token_and_each_page_once() {
    let gateway = Setup::new().callers(20).start();
    let clients: Vec<_> = (0..20)
        .map(|n| gateway.client(&format!("caller-{n}")))
        .collect();

    let replies = join_all((0..1_000).map(|n| clients[n % 20].get(LIST))).await;

    let counters = gateway.emulator.counters();
    assert_eq!((counters.token_calls, counters.calls), (1, 3));
    assert_eq!(replies[0].status, 200);
    assert_eq!(replies[0].names().len(), 250);
    assert_eq!(replies[0].header("link"), "");
    let first = &replies[0].body;
    assert!(
        replies
            .iter()
            .all(|reply| reply.status == 200 && reply.body == *first)
    );
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn who_comes_later_is_answered_from_memory() {
    let gateway = Gateway::start();
    gateway.writer().get(LIST).await;

    let replies = join_all(
        (0..1_000)
            .map(|_| gateway.reader())
            .map(async |c| c.get(LIST).await),
    )
    .await;

    assert_eq!(gateway.emulator.counters().calls, 3);
    assert!(replies.iter().all(|reply| {
        reply
            .header("cache-status")
            .starts_with("opagate; hit; ttl=")
    }));
    gateway.finish().await;
}
