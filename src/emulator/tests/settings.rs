use serde_json::json;

use super::resource_groups::{admit, enter, first, fits, post, put};
use super::*;

async fn project(client: &Client) -> String {
    let group = first(client, "resource_groups").await;
    first(client, &format!("{group}/projects")).await
}

#[tokio::test]
async fn settings_of_a_project_are_the_defaults_until_they_are_set() {
    let client = Client::new(small()).await;
    let project = project(&client).await;
    let kinds = [
        "server",
        "active_directory",
        "database",
        "okta_universal_directory",
        "saas_app",
    ];
    let checkout = json!({ "checkout_required": true, "checkout_duration_in_seconds": 3600 });
    let password = json!({ "enable_periodic_rotation": true, "min_length_in_bytes": 12 });

    for kind in kinds {
        for (about, schema, body, set, status) in [
            (
                "checkout",
                "CheckoutSettings",
                &checkout,
                "checkout_required",
                NO_CONTENT,
            ),
            (
                "password",
                "PasswordSettings",
                &password,
                "enable_periodic_rotation",
                200,
            ),
        ] {
            let path = format!("{project}/{kind}_{about}_settings");
            let before = client.get(&path).await;
            let answer = put(&client, &path, body.clone()).await;
            let after = client.get(&path).await;

            assert_eq!((before.status, answer.status), (200, status), "{path}");
            assert!(
                fits(schema, &before.body) && fits(schema, &after.body),
                "{path}"
            );
            assert_eq!(
                (&before.body[set], &after.body[set]),
                (&json!(false), &json!(true))
            );
            let told = if status == 200 {
                &after.body
            } else {
                &Value::Null
            };
            assert_eq!(answer.body, *told, "{path}");
        }
    }
    let store = &client.emulator.shared.world.lock().store;
    assert_eq!(store.settings.len(), 10);
}

#[tokio::test]
async fn settings_are_replaced_whole_and_are_a_projects_own() {
    let client = Client::new(small()).await;
    let project = project(&client).await;
    let (projects, _) = project.rsplit_once('/').unwrap();
    let other = post(&client, projects, json!({ "name": "other" })).await;
    let other = format!("{projects}/{}", other.body["id"].as_str().unwrap());
    let path = format!("{project}/saas_app_checkout_settings");
    let before = client.get(&path).await;
    let listed = json!([{ "id": "a", "service_account_user_name": "u" }]);

    let body = json!({ "checkout_required": true, "include_list": listed });
    put(&client, &path, body).await;
    let set = client.get(&path).await;
    put(&client, &path, json!({})).await;
    let after = client.get(&path).await;

    assert_eq!(set.body["include_list"], listed);
    assert_eq!(after.body, before.body);
    let elsewhere = client
        .get(&format!("{other}/saas_app_checkout_settings"))
        .await;
    assert_eq!(elsewhere.body, before.body);
}

#[tokio::test]
async fn team_settings_keep_what_an_update_does_not_name() {
    let client = Client::new(small()).await;
    let before = client.get("settings").await;

    let url = json!({ "post_login_url": "https://example.com" });
    let first = put(&client, "settings", url).await;
    let second = put(&client, "settings", json!({ "web_session_duration": 60 })).await;
    let after = client.get("settings").await;

    assert_eq!(
        (before.status, first.status, second.status),
        (200, 200, 200)
    );
    assert!(fits("TeamSettings", &before.body) && fits("TeamSettings", &after.body));
    assert_eq!(before.body.get("post_login_url"), None);
    assert_eq!(second.body, after.body);
    assert_eq!(after.body["post_login_url"], "https://example.com");
    assert_eq!(after.body["web_session_duration"], 60);
    client.emulator.reset();
    let client = Client::of(client.emulator).await;
    assert_eq!(client.get("settings").await.body, before.body);
}

#[tokio::test]
async fn settings_are_refused_by_the_field() {
    let client = Client::new(small()).await;
    let project = project(&client).await;
    let checkout = format!("{project}/server_checkout_settings");
    let password = format!("{project}/server_password_settings");
    let cases = [
        (
            &checkout,
            json!({ "checkout_duration_in_seconds": 899 }),
            "checkout_duration_in_seconds: not 900 to 86400",
        ),
        (
            &checkout,
            json!({ "include_list": ["a"], "exclude_list": ["b"] }),
            "exclude_list: not with an include_list",
        ),
        (
            &password,
            json!({ "min_length_in_bytes": 9, "max_length_in_bytes": 8 }),
            "max_length_in_bytes: less than min_length_in_bytes",
        ),
        (
            &password,
            json!({ "character_options": { "digits": 1 } }),
            "character_options.digits: not a boolean",
        ),
        (
            &"settings".to_owned(),
            json!({ "client_session_duration": "1h" }),
            "client_session_duration: not an integer",
        ),
    ];

    for (path, body, message) in cases {
        let got = put(&client, path, body).await;
        assert_eq!(got.kind(), (400, "invalid_request"), "{message}");
        assert_eq!(got.body["message"], message);
    }
    assert_eq!(client.emulator.counters().writes, 0);
}

#[tokio::test]
async fn settings_of_no_project_do_not_exist() {
    let client = Client::new(small()).await;
    let project = project(&client).await;

    let unknown = client.get(&format!("{project}/other_settings")).await;
    let nowhere = project.replace("/projects/", "/projects/0");
    let nowhere = put(
        &client,
        &format!("{nowhere}/server_checkout_settings"),
        json!({}),
    )
    .await;
    let made = post(&client, "settings", json!({})).await;

    assert_eq!(unknown.kind(), (404, "resource_does_not_exist"));
    assert_eq!(nowhere.kind(), (404, "resource_does_not_exist"));
    assert_eq!(
        (made.status, &made.headers["allow"]),
        (405, &"GET, PUT".parse().unwrap())
    );
}

#[tokio::test]
async fn team_settings_are_set_by_those_who_give_roles() {
    let admin = Client::new(small()).await;
    admit(&admin, "resources", json!(["resource_admin"])).await;

    let resources = enter(&admin, "resources").await;

    assert_eq!(resources.get("settings").await.status, 200);
    let refused = put(&resources, "settings", json!({})).await;
    assert_eq!(refused.kind(), (401, "authorization_error"));
    let checkout = format!("{}/server_checkout_settings", project(&admin).await);
    assert_eq!(
        put(&resources, &checkout, json!({})).await.status,
        NO_CONTENT
    );
}
