use http::Method;
use serde_json::json;

use super::*;

#[tokio::test]
async fn service_user_is_made_shown_disabled_and_deleted() {
    let client = Client::new(small()).await;
    let made = client.send(
        Method::POST,
        "service_users",
        Some(json!({ "name": "a/b c" })),
    );
    let made = made.await;
    let path = "service_users/a%2Fb%20c";

    let shown = client.get(path).await;
    let disabled = client.send(Method::PUT, path, Some(json!({ "status": "DISABLED" })));
    let disabled = disabled.await;
    let deleted = client.send(Method::PUT, path, Some(json!({ "status": "DELETED" })));
    let deleted = deleted.await;

    assert_eq!(made.status, 201);
    assert_eq!(made.body, shown.body);
    assert_eq!(shown.body["user_type"], "service");
    assert_eq!(shown.body["deleted_at"], Value::Null);
    assert_eq!(
        (disabled.status, &disabled.body["status"]),
        (200, &json!("DISABLED"))
    );
    assert!(deleted.body["deleted_at"].is_string());
}

#[tokio::test]
async fn name_of_a_deleted_service_user_stays_taken() {
    let client = Client::new(small()).await;
    let name = json!({ "name": "svc-0002" });
    let end = json!({ "status": "DELETED" });
    client
        .send(Method::PUT, "service_users/svc-0002", Some(end))
        .await;

    let again = client.send(Method::POST, "service_users", Some(name)).await;
    let revived = json!({ "status": "ACTIVE" });
    let revived = client
        .send(Method::PUT, "service_users/svc-0002", Some(revived))
        .await;

    assert_eq!(again.kind(), (409, "resource_already_exists"));
    assert_eq!(revived.kind(), (403, "forbidden_error"));
}

#[tokio::test]
async fn deleted_users_are_listed_on_demand_only() {
    let client = Client::new(small()).await;
    let end = json!({ "status": "DELETED" });
    client
        .send(Method::PUT, "service_users/svc-0002", Some(end))
        .await;

    let usual = client.get("service_users").await;
    let deleted = client.get("service_users?status=DELETED").await;
    let all = client
        .get("service_users?status=ACTIVE&status=DELETED")
        .await;

    assert_eq!(
        usual.names(),
        ["gateway", "svc-0001", "svc-0003", "svc-0004"]
    );
    assert_eq!(deleted.names(), ["svc-0002"]);
    assert_eq!(all.names().len(), 5);
}

#[tokio::test]
async fn lists_are_filtered_by_name_id_and_kind() {
    let client = Client::new(small()).await;
    let one = client.get("service_users/svc-0003").await;
    let id = one.body["id"].as_str().unwrap();

    let by_id = client.get(&format!("service_users?id={id}")).await;
    let contains = client.get("service_users?contains=0003").await;
    let starts = client.get("service_users?starts_with=GATE").await;
    let people = client.get("users?contains=gateway").await;
    let both = client
        .get("users?contains=gateway&include_service_users=true")
        .await;

    assert_eq!(by_id.names(), ["svc-0003"]);
    assert_eq!(contains.names(), ["svc-0003"]);
    assert_eq!(starts.names(), ["gateway"]);
    assert_eq!(people.names(), Vec::<&str>::new());
    assert_eq!(both.names(), ["gateway"]);
}

#[tokio::test]
async fn membership_is_seen_from_the_group_and_from_the_user() {
    let client = Client::new(small()).await;
    let body = json!({ "name": "new", "roles": ["resource_admin"] });
    let made = client.send(Method::POST, "groups", Some(body)).await;
    let name = json!({ "name": "svc-0001" });
    let joined = client
        .send(Method::POST, "groups/new/users", Some(name))
        .await;

    let members = client.get("groups/new/users").await;
    let groups = client.get("users/svc-0001/groups").await;
    let left = client.send(Method::DELETE, "groups/new/users/svc-0001", None);
    let left = left.await;
    let after = client.get("groups/new/users").await;

    assert_eq!(made.status, 201);
    assert_eq!((joined.status, left.status), (NO_CONTENT, NO_CONTENT));
    assert_eq!(members.names(), ["svc-0001"]);
    assert_eq!(groups.names(), ["owners", "new"]);
    assert_eq!(after.names(), Vec::<&str>::new());
}

#[tokio::test]
async fn resource_group_can_be_renamed() {
    let client = Client::new(small()).await;
    let made = client.send(
        Method::POST,
        "resource_groups",
        Some(json!({ "name": "a" })),
    );
    let made = made.await;
    let path = format!("resource_groups/{}", made.body["id"].as_str().unwrap());

    let renamed = client
        .send(Method::PUT, &path, Some(json!({ "name": "b" })))
        .await;
    let again = client.send(
        Method::POST,
        "resource_groups",
        Some(json!({ "name": "a" })),
    );
    let again = again.await;
    let taken = client
        .send(Method::PUT, &path, Some(json!({ "name": "a" })))
        .await;

    assert_eq!(
        (made.status, renamed.status, again.status),
        (201, NO_CONTENT, 201)
    );
    assert_eq!(client.get(&path).await.body["name"], "b");
    assert_eq!(taken.kind(), (409, "resource_already_exists"));
}

#[tokio::test]
async fn team_and_path_are_found_in_every_spelling() {
    let client = Client::new(small()).await;

    let upper = client.get("/v1/teams/DEMO/groups/owners").await;
    let encoded = client.get("/v1/teams/%64emo/groups/%6Fwners").await;

    assert_eq!((upper.status, encoded.status), (200, 200));
    assert_eq!(client.emulator.calls_to("/v1/teams/demo/groups/owners"), 2);
}

#[tokio::test]
async fn equal_seeds_make_equal_teams() {
    let one = Client::new(small()).await;
    let two = Client::new(small()).await;
    let other = Config { seed: 2, ..small() };
    let other = Client::new(other).await;

    for path in [
        "service_users",
        "groups",
        "security_policy",
        "users",
        "resource_groups",
    ] {
        assert_eq!(one.get(path).await.body, two.get(path).await.body, "{path}");
    }
    assert_eq!(
        one.emulator.key_of("svc-0001"),
        two.emulator.key_of("svc-0001")
    );
    assert_ne!(one.get("groups").await.body, other.get("groups").await.body);
}

#[tokio::test]
async fn reset_makes_everything_as_at_the_start() {
    let client = Client::new(small()).await;
    let before = client.get("service_users").await.body;
    client
        .send(Method::POST, "service_users", Some(json!({ "name": "x" })))
        .await;

    client.emulator.reset();

    assert_eq!(client.get("service_users").await.status, 401);
    let client = Client::of(client.emulator).await;
    assert_eq!(client.get("service_users").await.body, before);
    assert_eq!(client.emulator.counters().writes, 0);
}
