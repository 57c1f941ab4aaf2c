//! Settings, users and groups, written and read in every form.

use super::*;

const CONFIG: &str = "/v1/auth/okta/config";

#[tokio::test]
async fn settings_are_read_as_written_but_for_the_token() {
    let mut org = Org::of(Vec::new()).await;
    let none = org.root("GET", CONFIG, Value::Null).await;
    let body = json!({
        "organization": "acme", "token": "canary-api-token", "base_url": "okta-emea.com",
        "token_ttl": "1h", "token_max_ttl": 7200, "token_policies": "a, B , c",
        "token_bound_cidrs": ["127.0.0.1/32", "10.0.0.0/8"], "unknown": {},
    });
    org.done("PUT", CONFIG, body).await;
    org.restart().await;

    let reply = org.root("GET", CONFIG, Value::Null).await;

    assert_eq!(
        (none.status.as_u16(), none.json()),
        (404, json!({ "errors": [] }))
    );
    let expected = json!({
        "base_url": "okta-emea.com", "bypass_okta_mfa": false, "org_name": "acme",
        "organization": "acme", "token_bound_cidrs": ["127.0.0.1", "10.0.0.0/8"],
        "token_explicit_max_ttl": 0, "token_max_ttl": 7200, "token_no_default_policy": false,
        "token_num_uses": 0, "token_period": 0, "token_policies": ["a", "B", "c"],
        "token_ttl": 3600, "token_type": "default",
    });
    assert_eq!(reply.json()["data"], expected);
    assert_eq!(reply.json()["warnings"], Value::Null);
    org.finish().await;
}

#[tokio::test]
async fn what_is_not_sent_stays_and_old_names_go_with_the_new_ones() {
    let org = Org::of(Vec::new()).await;
    let body = json!({ "org_name": "acme", "ttl": "5m", "max_ttl": 600, "production": "false" });
    org.done("POST", CONFIG, body).await;
    let old = org.root("GET", CONFIG, Value::Null).await.json()["data"].clone();

    org.done("POST", CONFIG, json!({ "token_ttl": 60 })).await;

    let new = org.root("GET", CONFIG, Value::Null).await.json()["data"].clone();
    assert_eq!((&old["ttl"], &old["token_ttl"]), (&json!(300), &json!(300)));
    assert_eq!((&new["ttl"], &new["token_ttl"]), (&Value::Null, &json!(60)));
    assert_eq!(
        (&new["max_ttl"], &new["token_max_ttl"]),
        (&json!(600), &json!(600))
    );
    assert_eq!(
        (&new["org_name"], &new["production"]),
        (&json!("acme"), &json!(false))
    );
    assert_eq!(new["base_url"], Value::Null);
    org.finish().await;
}

#[tokio::test]
async fn first_settings_need_create_and_later_ones_update() {
    let org = Org::of(Vec::new()).await;
    let root = Root::of(org.gateway());
    root.policy("creates", "auth/okta/config", &["create"])
        .await;
    root.policy("updates", "auth/okta/config", &["update"])
        .await;
    let (creates, _) = root
        .token(json!({ "policies": ["creates"], "no_parent": true }))
        .await;
    let (updates, _) = root
        .token(json!({ "policies": ["updates"], "no_parent": true }))
        .await;
    let write = |token: &str| {
        let token = token.to_owned();
        let org = &org;
        async move {
            let body = json!({ "org_name": "acme" });
            org.as_token("POST", CONFIG, &token, body)
                .await
                .status
                .as_u16()
        }
    };

    let statuses = [
        write(&updates).await,
        write(&creates).await,
        write(&creates).await,
        write(&updates).await,
    ];

    assert_eq!(statuses, [403, 204, 403, 204]);
    org.finish().await;
}

#[tokio::test]
async fn users_are_kept_as_they_are_written_and_listed_as_folders() {
    let mut org = Org::of(Vec::new()).await;
    let users = "/v1/auth/okta/users";
    let empty = org.root("LIST", users, Value::Null).await;
    for name in ["fred", "Fred", "team/ann"] {
        let body = json!({ "groups": "a, B", "policies": ["Z", "a"] });
        org.done("POST", &format!("{users}/{name}"), body).await;
    }
    org.done(
        "PUT",
        &format!("{users}/fred"),
        json!({ "policies": "only" }),
    )
    .await;
    org.restart().await;

    let list = org.root("LIST", users, Value::Null).await;
    let listed = org
        .root("GET", &format!("{users}/?list=True"), Value::Null)
        .await;
    let fred = org.root("GET", &format!("{users}/fred"), Value::Null).await;
    let upper = org.root("GET", &format!("{users}/Fred"), Value::Null).await;
    let plain = org.root("GET", users, Value::Null).await;
    org.done("DELETE", &format!("{users}/fred"), Value::Null)
        .await;
    org.done("DELETE", &format!("{users}/fred"), Value::Null)
        .await;
    let gone = org.root("GET", &format!("{users}/fred"), Value::Null).await;

    assert_eq!(
        (empty.status.as_u16(), empty.json()),
        (404, json!({ "errors": [] }))
    );
    assert_eq!(
        list.json()["data"]["keys"],
        json!(["Fred", "fred", "team/"])
    );
    assert_eq!(listed.json()["data"], list.json()["data"]);
    assert_eq!(
        fred.json()["data"],
        json!({ "groups": [], "policies": ["only"] })
    );
    let expected = json!({ "groups": ["a", "B"], "policies": ["Z", "a"] });
    assert_eq!(upper.json()["data"], expected);
    assert_eq!((plain.status.as_u16(), gone.status.as_u16()), (405, 404));
    org.finish().await;
}

#[tokio::test]
async fn groups_are_one_in_every_case_and_listed_in_full() {
    let org = Org::of(Vec::new()).await;
    let groups = "/v1/auth/okta/groups";
    let body = json!({ "policies": " B ,a,b" });
    org.done("POST", &format!("{groups}/Ops/Prod%20EU"), body)
        .await;
    org.done(
        "POST",
        &format!("{groups}/all"),
        json!({ "policies": ["x", "root"] }),
    )
    .await;

    let list = org.root("LIST", groups, Value::Null).await;
    let read = org
        .root("GET", &format!("{groups}/OPS/PROD%20eu"), Value::Null)
        .await;
    let all = org.root("GET", &format!("{groups}/all"), Value::Null).await;

    assert_eq!(list.json()["data"]["keys"], json!(["all", "ops/prod eu"]));
    assert_eq!(read.json()["data"], json!({ "policies": ["a", "b"] }));
    assert_eq!(all.json()["data"], json!({ "policies": ["root"] }));
    org.finish().await;
}

#[tokio::test]
async fn nobody_without_a_policy_sees_or_changes_anything() {
    let org = Org::of(vec![person("ada", &["dev"])]).await;
    org.configure(json!({})).await;
    let token = org.token("ada").await;

    for (method, path) in [
        ("GET", CONFIG),
        ("POST", CONFIG),
        ("LIST", "/v1/auth/okta/users"),
        ("PUT", "/v1/auth/okta/users/ada"),
        ("GET", "/v1/auth/okta/groups/dev"),
        ("DELETE", "/v1/auth/okta/groups/dev"),
        ("GET", "/v1/sys/auth"),
        ("POST", "/v1/sys/auth/other"),
        ("DELETE", "/v1/sys/auth/okta"),
    ] {
        for token in ["", "hvs.unknown", &token] {
            let body = json!({ "policies": "admin" });
            let reply = org.as_token(method, path, token, body).await;
            assert_eq!(reply.status.as_u16(), 403, "{method} {path} {reply:?}");
        }
    }
    org.finish().await;
}
