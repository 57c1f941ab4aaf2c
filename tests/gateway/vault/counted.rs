//! Tokens that are good for so many requests, or from some networks only.

use serde_json::json;

use super::{Root, vault};
use crate::support::{Setup, get};

const GROUPS: &str = "/v1/teams/demo/groups";

#[tokio::test(start_paused = true)]
async fn every_request_counts_also_refused_ones_and_answers_from_memory() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    root.policy("reader", "teams/demo/*", &["read", "list"])
        .await;
    gateway.reader().get(GROUPS).await;
    let wish = json!({ "policies": ["reader"], "num_uses": 5 });
    let (token, _) = root.token(wish).await;
    let client = gateway.stranger("127.0.0.1").showing(Some(&token));

    let mut statuses = Vec::new();
    for path in [
        GROUPS,
        GROUPS,
        "/v1/teams/demo/unknown/../x",
        "/v1/resolve",
        GROUPS,
    ] {
        statuses.push(client.get(path).await.status.as_u16());
    }
    let lookup = vault("GET", "/v1/auth/token/lookup-self", &token, "");
    let last = client.send(lookup).await;
    let after = client.get(GROUPS).await.status;

    // What cannot be understood is nobody's request.
    assert_eq!(statuses, [200, 200, 400, 403, 200]);
    assert_eq!((last.status.as_u16(), after.as_u16()), (200, 401));
    assert_eq!(last.json()["data"]["num_uses"], 0);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn requests_at_the_same_time_are_counted_one_by_one() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let root = Root::of(&gateway);
    root.policy("reader", "teams/demo/*", &["read", "list"])
        .await;
    let wish = json!({ "policies": ["reader"], "num_uses": 10 });
    let (token, _) = root.token(wish).await;

    let asked = (0..30).map(|_| {
        let client = gateway.stranger("127.0.0.1").showing(Some(&token));
        async move { client.get(GROUPS).await.status.as_u16() }
    });
    let statuses = futures_util::future::join_all(asked).await;

    let good = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(good, 10, "{statuses:?}");
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn child_of_a_token_that_is_bound_to_a_network_is_bound_too() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Setup::new().store(directory.path()).start();
    let sessions = gateway.parts.sessions.clone().unwrap();
    let root = Root::of(&gateway);
    root.policy("maker", "auth/token/create", &["create", "update"])
        .await;
    let new = opagate::sessions::New {
        policies: vec!["maker".to_owned()],
        path: "auth/okta/login/fred".to_owned(),
        cidrs: vec!["10.0.0.0/8".parse().unwrap()],
        ..opagate::sessions::New::default()
    };
    let made = sessions.create(new).await.unwrap();
    let token = made.token.expose().to_owned();
    let inside = gateway.stranger("10.1.1.1");
    let outside = gateway.stranger("192.0.2.1");

    let refused = outside
        .send(vault("POST", "/v1/auth/token/create", &token, "{}"))
        .await;
    let child = inside
        .send(vault("POST", "/v1/auth/token/create", &token, "{}"))
        .await;

    assert_eq!((refused.status.as_u16(), child.status.as_u16()), (403, 200));
    let child = child.json()["auth"]["client_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let lookup = || vault("GET", "/v1/auth/token/lookup-self", &child, "");
    let own = inside.send(lookup()).await;
    assert_eq!(own.json()["data"]["bound_cidrs"], json!(["10.0.0.0/8"]));
    assert_eq!(outside.send(lookup()).await.status, 403);
    // On OPA's paths too.
    let shown = outside.showing(Some(&child)).send(get(GROUPS)).await;
    assert_eq!(shown.status, 401);
    gateway.finish().await;
}
