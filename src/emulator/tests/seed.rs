mod example;
mod mistakes;

use super::*;
use crate::emulator::Seed;

const KEY: &str = "52d3e1ab-6f2c-4d55-9a53-1c1a3b2d9c11";

/// A team whose content is `text`.
async fn given(text: &str) -> Client {
    let content = Seed::parse(text).unwrap();
    Client::new(Config { content, ..small() }).await
}

#[test]
fn given_content_replaces_the_made_up_of_its_kind() {
    run(async {
        let client = given(
            r#"{
                "service_users": [
                    { "name": "ci", "keys": [{ "id": "52d3e1ab-6f2c-4d55-9a53-1c1a3b2d9c11", "secret": "ci-secret" }] },
                    { "name": "old", "status": "DISABLED" }
                ],
                "users": [{ "name": "ada", "groups": ["deployers", "owners"] }],
                "groups": [{ "name": "deployers", "roles": ["pam_admin"], "members": ["ci", "ada"] }]
            }"#,
        )
        .await;

        let service_users = client.get("service_users").await;
        let people = client.get("users").await;
        let groups = client.get("groups").await;
        let members = client.get("groups/deployers/users").await;
        let everyone = client.get("groups/everyone/users").await;
        let owners = client.get("groups/owners/users").await;
        let policies = client.get("security_policy").await;
        let login = login(&client.emulator, KEY, "ci-secret").await;

        assert_eq!(service_users.names(), ["gateway", "ci", "old"]);
        assert_eq!(service_users.body["list"][2]["status"], "DISABLED");
        assert_eq!(people.names(), ["ada"]);
        assert_eq!(groups.names(), ["everyone", "owners", "deployers"]);
        assert_eq!(groups.body["list"][2]["roles"], json!(["pam_admin"]));
        assert_eq!(members.names(), ["ci", "ada"]);
        assert_eq!(everyone.names(), ["ada"]);
        assert_eq!(owners.names(), ["gateway", "ci", "old", "ada"]);
        assert_eq!(policies.names().len(), 3);
        assert_eq!(login.status, 200);
    });
}

#[test]
fn what_is_not_given_is_made_up() {
    run(async {
        let client = given(r#"{ "service_users": [], "groups": [] }"#).await;

        assert_eq!(client.get("service_users").await.names(), ["gateway"]);
        assert_eq!(client.get("groups").await.names(), ["everyone", "owners"]);
        assert_eq!(client.get("users?count=1000").await.names().len(), 100);
    });
}

#[test]
fn configured_service_user_keeps_its_key_when_it_is_given_an_id_and_one_more() {
    run(async {
        let text = r#"{ "service_users": [{ "id": "0d4c8a39-5f6e-4b7a-9c21-7be0f4a1d202", "name": "gateway", "keys": [{ "id": "52d3e1ab-6f2c-4d55-9a53-1c1a3b2d9c11", "secret": "s" }] }] }"#;
        let client = given(text).await;

        let user = client.get("service_users/gateway").await;
        let keys = client.get("service_users/gateway/keys").await;
        let login = login(&client.emulator, KEY, "s").await;

        assert_eq!(user.body["id"], "0d4c8a39-5f6e-4b7a-9c21-7be0f4a1d202");
        assert_eq!(keys.body["list"].as_array().unwrap().len(), 2);
        assert_eq!(login.status, 200);
    });
}

#[test]
fn nobody_made_up_takes_a_name_that_is_given() {
    run(async {
        let client = given(r#"{ "service_users": [{ "name": "person-0001" }] }"#).await;

        let service_user = client.get("service_users/person-0001").await;
        let people = client.get("users?count=1").await;

        assert_eq!(service_user.body["user_type"], "service");
        assert_eq!(people.names(), ["person-0002"]);
    });
}

#[test]
fn mistake_is_told_with_its_place() {
    let cases = [
        ("[]", "not an object"),
        (r#"{ "polices": [] }"#, "polices: unknown field"),
        (r#"{ "groups": {} }"#, "groups: not a list"),
        (r#"{ "users": ["ada"] }"#, "users[0]: not an object"),
        (r#"{ "users": [{}] }"#, "users[0].name: missing"),
        (
            r#"{ "users": [{ "name": "a", "keys": [] }] }"#,
            "users[0].keys: unknown field",
        ),
        (
            r#"{ "users": [{ "name": "a" }], "service_users": [{ "name": "a" }] }"#,
            "users[0].name: \"a\" is there already",
        ),
        (
            r#"{ "users": [{ "name": "a", "status": "GONE" }] }"#,
            "users[0].status: not ACTIVE, DISABLED or DELETED",
        ),
        (
            r#"{ "service_users": [{ "name": "a", "keys": [{ "id": "52d3e1ab-6f2c-4d55-9a53-1c1a3b2d9c11" }] }] }"#,
            "service_users[0].keys[0].secret: missing",
        ),
        (
            r#"{ "service_users": [{ "name": "a", "groups": ["g"] }] }"#,
            "service_users[0].groups[0]: no group called \"g\"",
        ),
        (
            r#"{ "groups": [{ "name": "g", "id": "g" }] }"#,
            "groups[0].id: not a UUID",
        ),
        (
            r#"{ "groups": [{ "name": "g" }, { "name": "h", "members": ["x"] }] }"#,
            "groups[1].members[0]: no user called \"x\"",
        ),
    ];

    for (text, told) in cases {
        assert_eq!(Seed::parse(text).unwrap_err(), told);
    }
}

#[test]
fn broken_json_is_told_with_its_line() {
    let told = Seed::parse("{\n  \"users\": [,]\n}").unwrap_err();

    assert!(told.contains("line 2"), "{told}");
}

#[test]
fn secrets_of_given_keys_are_not_shown() {
    let text = r#"{ "service_users": [{ "name": "a", "keys": [{ "id": "52d3e1ab-6f2c-4d55-9a53-1c1a3b2d9c11", "secret": "hidden" }] }] }"#;

    let shown = format!("{:?}", Seed::parse(text).unwrap());

    assert!(!shown.contains("hidden"), "{shown}");
}
