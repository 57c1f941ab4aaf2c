//! What a login comes to: token, policies, times, refusals.

use opagate::emulator::okta::State;

use super::*;

#[tokio::test]
async fn login_gives_a_token_with_the_policies_of_groups_and_user() {
    let org = Org::of(vec![person("ada", &["Everyone", "Dev", "ops"])]).await;
    org.configure(json!({ "token_ttl": "1h", "token_policies": "base" }))
        .await;
    let put = |path: &'static str, body| org.done("POST", path, body);
    put(
        "/v1/auth/okta/groups/dev",
        json!({ "policies": "Dev, extra" }),
    )
    .await;
    put(
        "/v1/auth/okta/groups/local",
        json!({ "policies": ["dev", "local"] }),
    )
    .await;
    let user = json!({ "groups": "Local", "policies": ["UserPol"] });
    put("/v1/auth/okta/users/ada@example.com", user).await;

    let reply = org.login("ada@example.com", PASSWORD).await;

    assert_eq!(reply.status.as_u16(), 200, "{reply:?}");
    let whole = reply.json();
    let auth = &whole["auth"];
    let expected = ["base", "default", "dev", "extra", "local", "userpol"];
    assert_eq!(policies(&reply), expected);
    assert_eq!(whole["data"], Value::Null);
    assert_eq!(whole["warnings"], Value::Null);
    assert_eq!(auth["lease_duration"], 3600);
    assert_eq!(auth["renewable"], true);
    assert_eq!(auth["orphan"], true);
    assert_eq!(auth["token_type"], "service");
    assert_eq!(auth["metadata"]["username"], "ada@example.com");
    assert_eq!(auth["metadata"]["policies"], "dev,extra,dev,local,UserPol");
    let token = auth["client_token"].as_str().unwrap();
    assert!(token.starts_with("hvs."), "{token}");

    let own = org
        .as_token("GET", "/v1/auth/token/lookup-self", token, Value::Null)
        .await;
    let own = &own.json()["data"];
    assert_eq!(own["path"], "auth/okta/login/ada@example.com");
    assert_eq!(own["display_name"], "okta-ada@example.com");
    org.finish().await;
}

#[tokio::test]
async fn user_is_known_however_the_name_is_written_but_as_typed_first() {
    let org = Org::of(vec![person("ada", &["Everyone"])]).await;
    org.configure(json!({})).await;
    let user = json!({ "policies": "login" });
    org.done("POST", "/v1/auth/okta/users/ada@example.com", user)
        .await;

    let typed = org.login("ada@example.com", PASSWORD).await;
    let upper = org.login("ADA@EXAMPLE.COM", PASSWORD).await;
    let short = org.login("ada", PASSWORD).await;
    let user = json!({ "policies": "short" });
    org.done("POST", "/v1/auth/okta/users/ada", user).await;
    let put = org.login("ada", PASSWORD).await;

    for reply in [typed, upper, short] {
        assert_eq!(policies(&reply), ["default", "login"]);
    }
    assert_eq!(policies(&put), ["default", "short"]);
    org.finish().await;
}

#[tokio::test]
async fn all_pages_of_groups_count() {
    let groups: Vec<String> = (0..450).map(|number| format!("team-{number:03}")).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let org = Org::of(vec![person("peter", &groups)]).await;
    org.configure(json!({})).await;
    org.done(
        "PUT",
        "/v1/auth/okta/groups/TEAM-449",
        json!({ "policies": "last" }),
    )
    .await;

    let reply = org.login("peter", PASSWORD).await;

    assert_eq!(policies(&reply), ["default", "last"]);
    org.finish().await;
}

#[tokio::test]
async fn one_without_groups_or_with_an_old_password_is_told_so() {
    let org = Org::of(vec![person("hedy", &[])]).await;
    org.configure(json!({ "token_no_default_policy": true }))
        .await;

    let reply = org.login("hedy", PASSWORD).await;

    assert_eq!(reply.status.as_u16(), 200, "{reply:?}");
    let warning = &reply.json()["warnings"][0];
    assert!(
        warning
            .as_str()
            .unwrap()
            .starts_with("no Okta groups found")
    );
    assert_eq!(reply.json()["auth"]["token_policies"], json!([]));
    org.finish().await;
}

#[tokio::test]
async fn who_okta_does_not_let_in_is_not_let_in() {
    let states = [
        ("locked", State::LockedOut, "okta authentication failed"),
        (
            "expired",
            State::PasswordExpired,
            "okta authentication failed",
        ),
        ("reset", State::PasswordReset, "okta authentication failed"),
        ("recovery", State::Recovery, "okta authentication failed"),
        (
            "enroll",
            State::MfaEnroll,
            "you must complete MFA enrollment",
        ),
        (
            "activate",
            State::MfaEnrollActivate,
            "you must complete MFA enrollment",
        ),
        ("suspended", State::Suspended, "(code=E0000004)"),
    ];
    let people = states.map(|(name, state, _)| person(name, &["Everyone"]).standing(state));
    let org = Org::of(people.to_vec()).await;
    org.configure(json!({})).await;

    for (name, _, expected) in states {
        let reply = org.login(name, PASSWORD).await;
        assert_eq!(reply.status.as_u16(), 400, "{name}");
        assert!(words(&reply).contains(expected), "{name} {reply:?}");
    }
    let unknown = org.login("nobody", PASSWORD).await;
    let empty = org.login("nobody2", "").await;
    let failed = "Okta auth failed: The API returned an error: Authentication failed \
                  (code=E0000004)";
    assert_eq!(words(&unknown), failed);
    assert_eq!(words(&empty), failed);
    org.finish().await;
}

#[tokio::test]
async fn without_api_token_only_what_is_known_here_counts_and_nothing_is_renewed() {
    let org = Org::of(vec![person("ada", &["dev"])]).await;
    let body = json!({ "base_url": org.url });
    org.done("POST", "/v1/auth/okta/config", body).await;
    org.done(
        "POST",
        "/v1/auth/okta/groups/dev",
        json!({ "policies": "dev" }),
    )
    .await;
    org.done(
        "POST",
        "/v1/auth/okta/groups/local",
        json!({ "policies": "local" }),
    )
    .await;
    let user = json!({ "groups": "local" });
    org.done("POST", "/v1/auth/okta/users/ada", user).await;

    let reply = org.login("ada", PASSWORD).await;

    assert_eq!(policies(&reply), ["default", "local"]);
    assert_eq!(reply.json()["auth"]["renewable"], false);
    org.finish().await;
}

#[tokio::test]
async fn root_cannot_be_had_by_a_login() {
    let org = Org::of(vec![person("ada", &["dev"])]).await;
    org.configure(json!({})).await;
    org.done(
        "POST",
        "/v1/auth/okta/groups/dev",
        json!({ "policies": "ROOT" }),
    )
    .await;

    let reply = org.login("ada", PASSWORD).await;

    assert_eq!(reply.status.as_u16(), 400);
    assert_eq!(words(&reply), "auth methods cannot create root tokens");
    org.finish().await;
}

#[tokio::test]
async fn login_from_elsewhere_is_refused_before_okta_is_asked() {
    let org = Org::of(vec![person("ada", &["dev"])]).await;
    org.configure(json!({ "token_bound_cidrs": "10.0.0.0/8" }))
        .await;
    let body = json!({ "password": PASSWORD }).to_string();
    let request = || vault("PUT", "/v1/auth/okta/login/ada", "", body.clone());

    let here = org.gateway().stranger("127.0.0.1").send(request()).await;
    let inside = org.gateway().stranger("10.1.2.3").send(request()).await;

    assert_eq!(here.status.as_u16(), 403);
    assert_eq!(inside.status.as_u16(), 200, "{inside:?}");
    let token = inside.json()["auth"]["client_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let lookup = || vault("GET", "/v1/auth/token/lookup-self", &token, "");
    let used = org.gateway().stranger("10.9.9.9").send(lookup()).await;
    let stolen = org.gateway().stranger("127.0.0.1").send(lookup()).await;
    assert_eq!((used.status.as_u16(), stolen.status.as_u16()), (200, 403));
    org.finish().await;
}

#[tokio::test]
async fn times_of_the_mount_bound_those_of_its_tokens() {
    let org = Org::of(vec![person("ada", &["dev"])]).await;
    org.configure(json!({ "token_ttl": 3600 })).await;
    let tune = json!({ "max_lease_ttl": "30m", "default_lease_ttl": "10m" });
    org.done("POST", "/v1/sys/auth/okta/tune", tune).await;

    let reply = org.login("ada", PASSWORD).await;

    assert_eq!(reply.json()["auth"]["lease_duration"], 1800);
    let warning = reply.json()["warnings"][0].as_str().unwrap().to_owned();
    assert!(warning.starts_with("TTL of \"1h\" exceeded"), "{warning}");
    org.finish().await;
}
