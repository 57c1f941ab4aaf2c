//! The method at other paths, and what goes when one is taken away.

use super::*;

#[tokio::test]
async fn method_works_at_every_path_and_mounts_know_nothing_of_each_other() {
    let mut org = Org::of(vec![person("ada", &["dev"])]).await;
    let enable = json!({ "type": "okta", "description": "the team's" });
    org.done("POST", "/v1/sys/auth/team/okta", enable).await;
    let body = json!({ "base_url": org.url, "api_token": "canary-api-token" });
    org.done("POST", "/v1/auth/team/okta/config", body).await;
    let group = json!({ "policies": "team" });
    org.done("POST", "/v1/auth/team/okta/groups/dev", group)
        .await;
    org.restart().await;

    let body = json!({ "password": PASSWORD }).to_string();
    let request = vault("POST", "/v1/auth/team/okta/login/ada", "", body);
    let there = org.stranger().send(request).await;
    let here = org.login("ada", PASSWORD).await;

    assert_eq!(policies(&there), ["default", "team"]);
    assert_eq!(words(&here), "Okta auth method not configured");
    let listed = org.root("GET", "/v1/sys/auth", Value::Null).await;
    let paths = ["okta/", "team/okta/", "token/"];
    for whole in [&listed.json(), &listed.json()["data"]] {
        for path in paths {
            assert!(whole[path]["type"].is_string(), "{path}");
        }
    }
    assert_eq!(
        listed.json()["data"]["team/okta/"]["description"],
        "the team's"
    );
    org.finish().await;
}

#[tokio::test]
async fn path_in_use_is_refused_but_for_the_one_that_is_there_from_the_start() {
    let org = Org::of(Vec::new()).await;
    let okta = json!({ "type": "okta" });
    org.done("POST", "/v1/sys/auth/okta", okta.clone()).await;

    for (path, body, expected) in [
        ("okta", okta.clone(), "path is already in use at okta/"),
        ("okta/more", okta.clone(), "path is already in use at okta/"),
        ("token", okta.clone(), "path is already in use at token/"),
        (
            "x",
            json!({ "type": "ldap" }),
            "plugin not found in the catalog: ldap",
        ),
        ("x", json!({}), "backend type must be specified as a string"),
        ("x%20y", okta.clone(), "the path of a mount must be"),
    ] {
        let reply = org
            .root("POST", &format!("/v1/sys/auth/{path}"), body)
            .await;
        assert_eq!(reply.status.as_u16(), 400, "{path}");
        assert!(words(&reply).starts_with(expected), "{reply:?}");
    }
    org.finish().await;
}

#[tokio::test]
async fn mount_that_is_taken_away_takes_its_tokens_users_and_secrets_along() {
    let mut org = Org::of(vec![person("ada", &["dev"])]).await;
    org.configure(json!({})).await;
    org.done(
        "POST",
        "/v1/auth/okta/users/ada",
        json!({ "policies": "a" }),
    )
    .await;
    let token = org.token("ada").await;
    let lookup = "/v1/auth/token/lookup-self";
    let before = org.as_token("GET", lookup, &token, Value::Null).await;

    org.done("DELETE", "/v1/sys/auth/okta", Value::Null).await;

    let after = org.as_token("GET", lookup, &token, Value::Null).await;
    let login = org.login("ada", PASSWORD).await;
    assert_eq!((before.status.as_u16(), after.status.as_u16()), (200, 403));
    assert_ne!(login.status.as_u16(), 200);
    org.restart().await;
    let restarted = org.as_token("GET", lookup, &token, Value::Null).await;
    org.done("POST", "/v1/sys/auth/okta", json!({ "type": "okta" }))
        .await;
    let config = org.root("GET", "/v1/auth/okta/config", Value::Null).await;
    let users = org.root("LIST", "/v1/auth/okta/users", Value::Null).await;
    assert_eq!(
        (
            restarted.status.as_u16(),
            config.status.as_u16(),
            users.status.as_u16()
        ),
        (403, 404, 404)
    );
    org.finish().await;
}

#[tokio::test]
async fn tune_is_read_as_it_was_written() {
    let org = Org::of(Vec::new()).await;
    let body = json!({ "max_lease_ttl": "2h", "default_lease_ttl": 60, "description": "d" });
    org.done("POST", "/v1/sys/auth/okta/tune", body).await;

    let reply = org.root("GET", "/v1/sys/auth/okta/tune", Value::Null).await;

    let data = &reply.json()["data"];
    assert_eq!(data["max_lease_ttl"], 7200);
    assert_eq!(data["default_lease_ttl"], 60);
    assert_eq!(data["description"], "d");
    assert_eq!(reply.json()["max_lease_ttl"], 7200);
    org.finish().await;
}
