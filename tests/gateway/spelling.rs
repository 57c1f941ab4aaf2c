//! One resource in many spellings: one decision, one invalidation.

use serde_json::json;

use crate::support::{Gateway, delete, get, post, put};

const SPELLINGS: [&str; 7] = [
    "/v1/teams/demo/groups/owners",
    "/v1/teams/DEMO/groups/owners",
    "/v1/teams/DEMO/%67roups/owners",
    "//v1/teams/demo/groups/owners",
    "///v1/%74eams/Demo/group%73/own%65rs",
    "/%761/teams/dem%6F/groups/owners",
    "/v1/teams/%44emo/groups/%6fwners",
];

#[tokio::test(start_paused = true)]
async fn who_may_only_read_is_refused_writes_in_every_spelling() {
    let gateway = Gateway::start();
    let reader = gateway.reader();
    for path in SPELLINGS {
        let body = json!({ "roles": [] });

        let replies = [
            reader.send(put(path, &body)).await,
            reader.send(post(path, &body)).await,
            reader.send(delete(path)).await,
        ];

        for reply in replies {
            assert_eq!(reply.error(), (403, "forbidden_error".to_owned()), "{path}");
        }
    }
    assert_eq!(gateway.emulator.counters().calls, 0);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn write_by_one_spelling_is_seen_by_all() {
    let gateway = Gateway::start();
    let writer = gateway.writer();
    let roles = ["end_user", "pam_admin", "resource_admin", "security_admin"];
    for (number, path) in SPELLINGS.into_iter().enumerate() {
        let role = roles[number % roles.len()];
        for other in SPELLINGS {
            assert_eq!(gateway.reader().get(other).await.status, 200, "{other}");
        }

        let written = writer.send(put(path, &json!({ "roles": [role] }))).await;

        assert_eq!(written.status, 204, "{path}");
        for other in SPELLINGS {
            let seen = gateway.reader().get(other).await.json();
            assert_eq!(seen["roles"], json!([role]), "{path}, then {other}");
        }
    }
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn gateways_own_user_is_managed_in_every_spelling() {
    let gateway = Gateway::start();
    let writer = gateway.writer();
    for path in [
        "/v1/teams/demo/service_users/gateway",
        "/v1/teams/DEMO/service_users/GATEWAY",
        "/v1/teams/demo/%73ervice_users/g%61teway",
        "//v1/teams/demo/service_users/gateway/keys",
    ] {
        let reply = writer
            .send(put(path, &json!({ "status": "DISABLED" })))
            .await;

        assert_eq!(
            reply.error(),
            (403, "principal_is_managed".to_owned()),
            "{path}"
        );
        assert_eq!(
            writer.send(get(path)).await.status.as_u16() / 100,
            2 + 2 * u16::from(path.contains("GATEWAY"))
        );
    }
    gateway.finish().await;
}
