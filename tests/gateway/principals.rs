//! Several teams, several service users: no answer crosses from one to another.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Setup, put};

#[tokio::test(start_paused = true)]
async fn teams_never_share_answers_nor_invalidations() {
    let gateway = Setup::new()
        .team("second")
        .jitter(5, Duration::from_secs(1))
        .start();
    let client = gateway.writer();
    let path = |team: &str| format!("/v1/teams/{team}/current_user");
    for _ in 0..2 {
        let asked = (0..50).map(|n| path(["demo", "second", "DEMO", "Second"][n % 4]));
        let replies = join_all(asked.map(async |path| client.get(&path).await)).await;

        for (number, reply) in replies.iter().enumerate() {
            let team = ["demo", "second"][number % 2];
            assert_eq!(reply.json()["team_name"], team, "{number}");
        }
    }
    let groups = |team: &str| format!("/v1/teams/{team}/groups/owners");
    client.get(&groups("second")).await;
    client
        .send(put(&groups("demo"), &json!({ "roles": [] })))
        .await;
    let reply = client.get(&groups("second")).await;
    assert!(
        reply
            .header("cache-status")
            .starts_with("opagate; hit; ttl=")
    );
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn service_users_of_one_team_share_invalidations_but_no_answers() {
    let hash = crate::support::hash_of("other");
    let caller = format!(
        "[[caller]]\nname = 'other'\naccess = 'write'\ntoken_sha256 = '{hash}'\n\
         principals = ['demo/svc-0001']\n"
    );
    let setup = Setup::new().principal("svc-0001").text(&caller);
    let gateway = setup.jitter(6, Duration::from_secs(1)).start();
    let (one, other) = (gateway.writer(), gateway.client("other"));
    let (me, owners) = (
        "/v1/teams/demo/current_user",
        "/v1/teams/demo/groups/owners",
    );
    for _ in 0..2 {
        let asked = (0..50).map(|n| if n % 2 == 0 { &one } else { &other });
        let replies = join_all(asked.map(|client| client.get(me))).await;

        for (number, reply) in replies.iter().enumerate() {
            let name = ["gateway", "svc-0001"][number % 2];
            assert_eq!(reply.json()["name"], name, "{number}");
        }
    }
    one.get(owners).await;
    other.get(owners).await;
    one.send(put(owners, &json!({ "roles": ["end_user"] })))
        .await;
    let reply = other.get(owners).await;
    assert_eq!(reply.json()["roles"], json!(["end_user"]));
    gateway.finish().await;
}
