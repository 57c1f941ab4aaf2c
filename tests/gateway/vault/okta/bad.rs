//! What cannot be understood is refused in Vault's form; nothing is stored, and Okta is not asked.

use super::*;

/// Bodies that make no settings.
const CONFIGS: &[&str] = &[
    "{",
    "[]",
    "7",
    "{}",
    r#"{"org_name":["a"]}"#,
    r#"{"org_name":{"a":1}}"#,
    r#"{"org_name":""}"#,
    r#"{"org_name":"ac me"}"#,
    r#"{"org_name":"a/../b"}"#,
    r#"{"org_name":"a","base_url":"http://okta.com"}"#,
    r#"{"base_url":"https://"}"#,
    r#"{"base_url":"https://u@h"}"#,
    r#"{"org_name":"a","api_token":["canary"]}"#,
    r#"{"org_name":"a","api_token":"canary\r\nX: y"}"#,
    r#"{"org_name":"a","bypass_okta_mfa":"maybe"}"#,
    r#"{"org_name":"a","token_ttl":"soon"}"#,
    r#"{"org_name":"a","token_ttl":-1}"#,
    r#"{"org_name":"a","token_ttl":"-5m"}"#,
    r#"{"org_name":"a","token_ttl":[1]}"#,
    r#"{"org_name":"a","token_ttl":"2h","token_max_ttl":"1h"}"#,
    r#"{"org_name":"a","token_ttl":99999999999999999999}"#,
    r#"{"org_name":"a","token_period":"1x"}"#,
    r#"{"org_name":"a","token_bound_cidrs":"10.0.0.0/33"}"#,
    r#"{"org_name":"a","token_bound_cidrs":["nowhere"]}"#,
    r#"{"org_name":"a","token_bound_cidrs":{}}"#,
    r#"{"org_name":"a","token_policies":7}"#,
    r#"{"org_name":"a","token_policies":["root"]}"#,
    r#"{"org_name":"a","token_num_uses":-1}"#,
    r#"{"org_name":"a","token_num_uses":99999999999}"#,
    r#"{"org_name":"a","token_type":"batch"}"#,
    r#"{"org_name":"a","token_type":"x"}"#,
    "\u{0}",
    "org_name=a",
];

/// Bodies that make no user or group.
const ENTRIES: &[&str] = &[
    "[",
    "[]",
    r#"{"policies":7}"#,
    r#"{"policies":{}}"#,
    r#"{"policies":[["a"]]}"#,
    r#"{"policies":[null]}"#,
    r#"{"policies":true}"#,
];

/// Bodies that log nobody in.
const LOGINS: &[&str] = &[
    "{",
    "[]",
    r#"{"password":["canary"]}"#,
    r#"{"password":{"canary":1}}"#,
    r#"{"password":"x","totp":{}}"#,
    r#"{"password":"x","nonce":[]}"#,
    r#"{"password":"x","provider":"DUO"}"#,
    r#"{"password":"x","provider":[]}"#,
    "password=canary",
];

#[tokio::test]
async fn bad_input_is_400_in_vaults_form_and_nothing_is_stored() {
    let org = Org::of(vec![person("ada", &["dev"])]).await;
    let bodies = |path: &'static str, bodies: &'static [&'static str]| {
        bodies.iter().map(move |body| (path, (*body).to_owned()))
    };
    let many: Vec<_> = (0..5000).map(|number| format!("{number:0100}")).collect();
    let long = json!({ "policies": many }).to_string();
    let inputs = bodies("/v1/auth/okta/config", CONFIGS)
        .chain(bodies("/v1/auth/okta/users/u", ENTRIES))
        .chain(bodies("/v1/auth/okta/groups/g", ENTRIES))
        .chain([
            ("/v1/auth/okta/users/u", long.clone()),
            ("/v1/auth/okta/groups/g", long),
            ("/v1/auth/okta/users/u", r#"{"groups":7}"#.to_owned()),
        ]);

    for (path, body) in inputs {
        let request = vault("POST", path, ROOT, body.clone());
        let reply = org.stranger().send(request).await;
        let shown: String = body.chars().take(100).collect();
        assert_eq!(reply.status.as_u16(), 400, "{path} {shown}");
        assert!(!words(&reply).is_empty(), "{path} {shown}");
        assert_eq!(reply.header("content-type"), "application/json");
    }

    for path in ["config", "users/u", "groups/g"] {
        let path = format!("/v1/auth/okta/{path}");
        assert_eq!(
            org.root("GET", &path, Value::Null).await.status.as_u16(),
            404,
            "{path}"
        );
    }
    org.finish().await;
}

#[tokio::test]
async fn logins_that_cannot_be_meant_never_reach_okta() {
    let org = Org::of(vec![person("ada", &["dev"])]).await;
    org.configure(json!({})).await;
    let long = "x".repeat(600);
    let asked = org.okta.counters().okta_calls;

    for body in LOGINS {
        let request = vault("POST", "/v1/auth/okta/login/ada", "", *body);
        let reply = org.stranger().send(request).await;
        assert_eq!(reply.status.as_u16(), 400, "{body} {reply:?}");
    }
    for name in [long.as_str(), "a%00b", "a%0ab"] {
        let reply = org.login(name, PASSWORD).await;
        assert_eq!(reply.status.as_u16(), 400, "{reply:?}");
    }
    for (method, path, status) in [
        ("GET", "login/ada", 405),
        ("DELETE", "login/ada", 405),
        ("POST", "verify/nonce", 405),
        ("GET", "verify/nonce", 404),
        ("POST", "login", 403),
        ("GET", "nothing", 403),
    ] {
        let request = vault(method, &format!("/v1/auth/okta/{path}"), "", "{}");
        let reply = org.stranger().send(request).await;
        assert_eq!(reply.status.as_u16(), status, "{method} {path} {reply:?}");
    }

    assert_eq!(org.okta.counters().okta_calls, asked);
    org.finish().await;
}

#[tokio::test]
async fn names_with_control_characters_or_without_end_are_refused() {
    let org = Org::of(Vec::new()).await;
    let long = "x".repeat(600);

    for name in [long.as_str(), "a%00b", "a%1fb"] {
        for kind in ["users", "groups"] {
            let path = format!("/v1/auth/okta/{kind}/{name}");
            let reply = org.root("POST", &path, json!({ "policies": "a" })).await;
            assert_eq!(reply.status.as_u16(), 400, "{reply:?}");
        }
    }

    let list = org.root("LIST", "/v1/auth/okta/users", Value::Null).await;
    assert_eq!(list.status.as_u16(), 404);
    org.finish().await;
}
