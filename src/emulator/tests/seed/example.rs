//! The example of `docs/emulator.md`, and what comes of it over the API.

use super::*;
use crate::emulator::okta;
use crate::emulator::tests::secrets::{PAIR, opened};

const DOCUMENT: &str = include_str!("../../../../docs/emulator.md");

const GROUP: &str = "0d4c8a39-5f6e-4b7a-9c21-7be0f4a1d202";

fn example() -> &'static str {
    let block = DOCUMENT.split_once("```json content\n").unwrap().1;
    block.split_once("```").unwrap().0
}

async fn client() -> Client {
    given(example()).await
}

/// The path of the project `shop`.
async fn shop(client: &Client) -> String {
    let projects = format!("resource_groups/{GROUP}/projects");
    let listed = client.get(&projects).await;
    let id = listed.body["list"][0]["id"].as_str().unwrap();
    format!("{projects}/{id}")
}

#[test]
fn users_groups_and_bundles_are_those_of_the_file() {
    run(async {
        let client = client().await;

        let groups = client.get("groups").await;
        let members = client.get("groups/deployers/users").await;
        let bundles = client.get("sudo_command_bundles").await;
        let settings = client.get("settings").await;
        let login = login(&client.emulator, KEY, "ci-secret").await;

        assert_eq!(
            groups.names(),
            ["everyone", "owners", "deployers", "site-admins"]
        );
        let deployers = &groups.body["list"][2];
        assert_eq!(deployers["id"], "6f0b7e52-33c4-4d0a-8d1e-0c5a9d1f4b01");
        assert_eq!(members.names(), ["ada", "ci"]);
        assert_eq!(bundles.names(), ["restart"]);
        assert_eq!(settings.body["web_session_duration"], 3600);
        assert_eq!(settings.body["client_session_duration"], 36000);
        assert_eq!(login.status, 200);
    });
}

#[test]
fn resource_group_has_all_that_is_in_the_file() {
    run(async {
        let client = client().await;

        let groups = client.get("resource_groups").await;
        let shop = shop(&client).await;
        let projects = client
            .get(&format!("resource_groups/{GROUP}/projects"))
            .await;
        let servers = client.get(&format!("{shop}/servers")).await;
        let tokens = client
            .get(&format!("{shop}/server_enrollment_tokens"))
            .await;
        let checkout = client
            .get(&format!("{shop}/server_checkout_settings"))
            .await;
        let folders = client.get(&format!("{shop}/secret_folders")).await;

        assert_eq!(groups.names(), ["web"]);
        let delegates = &groups.body["list"][0]["delegated_resource_admin_groups"];
        assert_eq!(delegates[0]["name"], "site-admins");
        assert_eq!(projects.names(), ["shop", "empty"]);
        assert_eq!(servers.names(), ["web-1", "web-2"]);
        assert_eq!(servers.body["list"][0]["access_address"], "10.0.0.1");
        assert_eq!(servers.body["list"][0]["os_type"], "linux");
        assert_eq!(servers.body["list"][1]["state"], "INACTIVE");
        assert_eq!(servers.body["list"][1]["project"]["name"], "shop");
        assert_eq!(tokens.body["list"][0]["token"], "enroll-web");
        assert_eq!(tokens.body["list"][0]["description"], "for the image");
        assert_eq!(checkout.body["checkout_required"], true);
        assert_eq!(folders.names(), ["deploy"]);
    });
}

#[test]
fn project_without_anything_lists_nothing() {
    run(async {
        let client = client().await;
        let projects = format!("resource_groups/{GROUP}/projects");
        let listed = client.get(&projects).await;
        let empty = listed.body["list"][1]["id"].as_str().unwrap().to_owned();

        for kind in ["servers", "server_enrollment_tokens", "secret_folders"] {
            let got = client.get(&format!("{projects}/{empty}/{kind}")).await;
            assert_eq!((got.status, got.names().len()), (200, 0), "{kind}");
        }
    });
}

#[test]
fn secrets_are_revealed_to_those_whom_a_policy_of_the_file_lets() {
    run(async {
        let client = client().await;
        let shop = shop(&client).await;
        let token = login(&client.emulator, KEY, "ci-secret").await;
        let token = token.body["bearer_token"].as_str().unwrap().to_owned();
        let emulator = client.emulator.clone();
        let ci = Client { emulator, token };

        let top = client.get(&format!("{shop}/secret_folders")).await;
        let top = top.body["list"][0]["id"].as_str().unwrap();
        let items = ci.get(&format!("{shop}/secret_folders/{top}/items")).await;
        let inner = items.body["list"].as_array().unwrap();
        let inner = inner.iter().find(|item| item["type"] == "folder").unwrap();
        let inner = inner["id"].as_str().unwrap();
        let below = ci
            .get(&format!("{shop}/secret_folders/{inner}/items"))
            .await;
        let secret = below.body["list"][0]["id"].as_str().unwrap();
        let key = Some(json!({ "public_key": PAIR.public }));
        let path = format!("{shop}/secrets/{secret}");
        let revealed = ci.send(Method::POST, &path, key).await;
        let deleted = ci.send(Method::DELETE, &path, None).await;

        assert_eq!(items.names().len(), 2);
        assert_eq!(below.names(), ["database"]);
        assert_eq!(opened(&revealed.body["secret_jwe"]), "pa55word-2");
        assert_eq!(revealed.body["created_by"], "gateway");
        assert_eq!(deleted.status, 403);
    });
}

#[test]
fn policy_names_what_the_file_names() {
    run(async {
        let client = client().await;

        let policies = client.get("security_policy").await;

        assert_eq!(policies.names(), ["deploy"]);
        let policy = &policies.body["list"][0];
        assert_eq!(policy["principals"]["user_groups"][0]["name"], "deployers");
        let selector = |rule: usize| &policy["rules"][rule]["resource_selector"]["selectors"][0];
        assert_eq!(selector(0)["selector"]["secret_folder"]["name"], "deploy");
        assert_eq!(selector(1)["selector"]["server"]["name"], "web-1");
        let privilege = &policy["rules"][1]["privileges"][0]["privilege_value"];
        assert_eq!(privilege["sudo_command_bundles"][0]["name"], "restart");
        assert_eq!(policy["rules"][0]["security_policy_id"], policy["id"]);
    });
}

#[test]
fn okta_knows_the_people_of_the_file() {
    run(async {
        let client = client().await;
        let login = |name: &str, password: &str| {
            let body = json!({ "username": name, "password": password });
            let request = request(Method::POST, "/api/v1/authn", Some(body));
            async { got(client.emulator.handle(request).await).await }
        };

        let ada = login("ada@acme.example", "Difference-1843").await;
        let grace = login("grace@acme.example", "Cobol-1959").await;
        let ken = login("ken@acme.example", "Unix-1969").await;

        assert_eq!(ada.body["status"], "SUCCESS");
        assert_eq!(grace.body["status"], "MFA_REQUIRED");
        assert_eq!(ken.body["status"], "LOCKED_OUT");
        assert_eq!(client.emulator.okta_api_token().expose(), "00-for-tests");
        assert!(client.emulator.okta_totp("alan@acme.example").is_some());
    });
}

#[test]
fn same_file_and_seed_give_the_same_ids_and_a_reset_brings_them_back() {
    run(async {
        let (one, two) = (client().await, client().await);
        let shop = shop(&one).await;

        one.emulator.reset();
        let one = Client::of(one.emulator.clone()).await;

        for path in [
            "security_policy",
            "users",
            &shop,
            &format!("{shop}/servers"),
        ] {
            let (one, two) = (one.get(path).await, two.get(path).await);
            assert_eq!(one.status, 200, "{path}");
            assert_eq!(one.body, two.body, "{path}");
        }
    });
}

#[test]
fn api_token_is_made_up_unless_it_is_given() {
    let seed = Seed::parse(r#"{ "okta": { "failures_to_lock": 2 } }"#).unwrap();
    let made_up = okta::Config::seeded(7);

    let config = seed.okta(&made_up);

    assert_eq!(config.api_token, made_up.api_token);
    assert_eq!(config.failures_to_lock, 2);
    assert_eq!(config.users, made_up.users);
}

#[test]
fn empty_lists_leave_nothing() {
    run(async {
        let client = given(
            r#"{ "security_policies": [], "resource_groups": [], "sudo_command_bundles": [],
                 "settings": {}, "okta": { "users": [] } }"#,
        )
        .await;

        for path in [
            "security_policy",
            "resource_groups",
            "sudo_command_bundles",
            "all_servers",
        ] {
            let got = client.get(path).await;
            assert_eq!((got.status, got.names().len()), (200, 0), "{path}");
        }
        assert_eq!(client.get("settings").await.status, 200);
    });
}
