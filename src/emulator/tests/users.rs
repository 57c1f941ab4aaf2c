use http::Method;
use serde_json::{Value, json};

use super::resource_groups::{first, post, put};
use super::*;

#[tokio::test]
async fn service_users_are_listed_by_every_parameter() {
    let client = Client::new(small()).await;
    let disable = json!({ "status": "DISABLED" });
    client
        .send(Method::PUT, "service_users/svc-0003", Some(disable))
        .await;
    let all = client.get("service_users").await;
    let id = |at: usize| all.body["list"][at]["id"].as_str().unwrap();
    let cases = [
        (
            "contains=VC-000",
            vec!["svc-0001", "svc-0002", "svc-0003", "svc-0004"],
        ),
        ("starts_with=gate", vec!["gateway"]),
        ("starts_with=vc", vec![]),
        ("status=DISABLED", vec!["svc-0003"]),
        ("status=ACTIVE,DISABLED&contains=3", vec!["svc-0003"]),
        ("include_service_users=true&contains=gate", vec!["gateway"]),
        ("count=2", vec!["gateway", "svc-0001"]),
        ("count=2&descending=true", vec!["svc-0004", "svc-0003"]),
        (&format!("offset={}", id(2)), vec!["svc-0003", "svc-0004"]),
        (
            &format!("offset={}&prev=true", id(2)),
            vec!["gateway", "svc-0001"],
        ),
        (
            &format!("offset={}&count=1&prev=true", id(2)),
            vec!["svc-0001"],
        ),
        (
            &format!("id={}&id={}", id(0), id(4)),
            vec!["gateway", "svc-0004"],
        ),
        (
            &format!("id={},{}", id(0), id(4)),
            vec!["gateway", "svc-0004"],
        ),
    ];

    for (query, names) in cases {
        let got = client.get(&format!("service_users?{query}")).await;
        assert_eq!((got.status, got.names()), (200, names), "{query}");
    }
}

#[tokio::test]
async fn nobody_disables_or_deletes_their_own_account() {
    let client = Client::new(small()).await;

    for status in ["DISABLED", "DELETED"] {
        let body = json!({ "status": status });
        let got = client
            .send(Method::PUT, "service_users/gateway", Some(body))
            .await;
        assert_eq!(got.kind(), (403, "forbidden_error"), "{status}");
    }
    let body = json!({ "status": "ACTIVE" });
    let got = client
        .send(Method::PUT, "service_users/gateway", Some(body))
        .await;
    assert_eq!((got.status, &got.body["status"]), (200, &json!("ACTIVE")));
}

/// Clients send the whole user back.
#[tokio::test]
async fn fields_beside_the_status_are_not_looked_at() {
    let client = Client::new(small()).await;
    let mut user = client.get("service_users/svc-0001").await.body;
    user["status"] = json!("DISABLED");
    user["name"] = json!("other");

    let got = client
        .send(Method::PUT, "service_users/svc-0001", Some(user))
        .await;

    assert_eq!((got.status, &got.body["name"]), (200, &json!("svc-0001")));
    assert_eq!(client.get("service_users/other").await.status, 404);
}

#[tokio::test]
async fn person_is_shown_by_name_and_by_id() {
    let client = Client::new(small()).await;
    let service_user = client.get("service_users/svc-0001").await;

    let person = client.get("users/person-0001").await;
    let by_id = client
        .get(&format!(
            "users_by_id/{}",
            person.body["id"].as_str().unwrap()
        ))
        .await;
    let other_kind = client.get("users/svc-0001").await;
    let other_by_id = client
        .get(&format!(
            "users_by_id/{}",
            service_user.body["id"].as_str().unwrap()
        ))
        .await;

    assert_eq!((person.status, &person.body), (200, &by_id.body));
    assert_eq!(person.body["user_type"], "human");
    assert_eq!(person.body["details"]["last_name"], "person-0001");
    assert_eq!(other_kind.kind(), (404, "resource_does_not_exist"));
    assert_eq!(other_by_id.body, service_user.body);
    assert_eq!(client.get("users_by_id/none").await.status, 404);
}

#[tokio::test]
async fn person_is_disabled() {
    let client = Client::new(small()).await;
    let body = json!({ "status": "DISABLED" });

    let got = client
        .send(Method::PUT, "users/person-0001", Some(body))
        .await;

    assert_eq!((got.status, &got.body["status"]), (200, &json!("DISABLED")));
    let shown = client.get("users/person-0001").await;
    assert_eq!(shown.body["status"], "DISABLED");
}

#[tokio::test]
async fn group_is_made_changed_and_deleted() {
    let client = Client::new(small()).await;
    let body = json!({ "name": "a/b", "roles": ["security_admin", "pam_admin"] });

    let made = client.send(Method::POST, "groups", Some(body)).await;
    let roles = json!({ "roles": ["resource_admin"] });
    let changed = client.send(Method::PUT, "groups/a%2Fb", Some(roles)).await;
    let shown = client.get("groups/a%2Fb").await;
    let deleted = client.send(Method::DELETE, "groups/a%2Fb", None).await;
    let gone = client.get("groups/a%2Fb").await;

    assert_eq!(made.status, 201);
    assert_eq!(made.body["roles"], json!(["security_admin", "pam_admin"]));
    assert_eq!((changed.status, deleted.status), (NO_CONTENT, NO_CONTENT));
    assert_eq!(shown.body["id"], made.body["id"]);
    assert_eq!(shown.body["roles"], json!(["resource_admin"]));
    assert_eq!(gone.kind(), (404, "resource_does_not_exist"));
}

#[tokio::test]
async fn quota_ends_the_making_of_objects_and_deleting_does_not_help() {
    let config = Config {
        quota: 6,
        people: 0,
        ..small()
    };
    let client = Client::new(config).await;
    let make = |path, name| client.send(Method::POST, path, Some(json!({ "name": name })));

    let sixth = make("service_users", "sixth").await;
    let seventh = make("service_users", "seventh").await;
    make("groups", "fifth").await;
    client.send(Method::DELETE, "groups/fifth", None).await;
    make("groups", "sixth").await;
    let group = make("groups", "seventh").await;
    let others = make("sudo_command_bundles", "first").await;

    assert_eq!(sixth.status, 201);
    assert_eq!(seventh.kind(), (403, "quota_exceeded"));
    assert_eq!(group.kind(), (403, "quota_exceeded"));
    assert_ne!(others.kind().1, "quota_exceeded");
}

#[tokio::test]
async fn service_user_has_a_hundred_keys_at_most() {
    let client = Client::new(small()).await;
    let keys = "service_users/svc-0001/keys";
    for _ in 1..100 {
        assert_eq!(client.send(Method::POST, keys, None).await.status, 200);
    }

    let one_more = client.send(Method::POST, keys, None).await;
    let oldest = client.get(keys).await.body["list"][0]["id"].clone();
    let path = format!("{keys}/{}", oldest.as_str().unwrap());
    client.send(Method::DELETE, &path, None).await;
    let after = client.send(Method::POST, keys, None).await;

    assert_eq!(one_more.kind(), (403, "quota_exceeded"));
    assert_eq!(after.status, 200);
}

/// Clients written in Go send null for a list or a text that nobody set.
#[tokio::test]
async fn null_is_as_good_as_a_field_that_is_not_there() {
    let client = Client::new(small()).await;
    let projects = first(&client, "resource_groups").await + "/projects";
    let group = json!({ "name": "a", "roles": null });
    let delegates = "delegated_resource_admin_groups";
    let resource_group = json!({ "name": "a", "description": null, delegates: null });
    let project = json!({
        "name": "a",
        "gateway_selector": null,
        "ssh_certificate_type": null,
        "server_account_management": null,
    });

    let group = post(&client, "groups", group).await;
    let resource_group = post(&client, "resource_groups", resource_group).await;
    let project = post(&client, &projects, project).await;

    assert_eq!((group.status, &group.body["roles"]), (201, &json!([])));
    let shown = (resource_group.status, &resource_group.body[delegates]);
    assert_eq!(shown, (201, &json!([])));
    let shown = (project.status, &project.body["gateway_selector"]);
    assert_eq!(shown, (201, &json!("")));
}

#[tokio::test]
async fn group_keeps_its_roles_if_none_are_sent_and_takes_no_deleted_member() {
    let client = Client::new(small()).await;
    let end = json!({ "status": "DELETED" });
    put(&client, "service_users/svc-0001", end).await;
    let before = client.get("groups/owners").await;

    let kept = put(&client, "groups/owners", json!({})).await;
    let after = client.get("groups/owners").await;
    let member = json!({ "name": "svc-0001" });
    let joined = post(&client, "groups/everyone/users", member).await;

    assert_eq!((kept.status, &after.body), (NO_CONTENT, &before.body));
    assert_eq!(joined.kind(), (404, "resource_does_not_exist"));
}

#[tokio::test]
async fn user_shows_the_roles_that_its_groups_give() {
    let client = Client::new(small()).await;
    let new = json!({ "name": "new", "roles": ["pam_admin"] });
    post(&client, "groups", new).await;
    let person = json!({ "name": "person-0001" });

    let before = client.get("users/person-0001").await;
    post(&client, "groups/new/users", person).await;
    let after = client.get("users/person-0001").await;
    client.send(Method::DELETE, "groups/new", None).await;
    let at_last = client.get("users?contains=person-0001").await;

    let has = |user: &Value| {
        let roles = user["role_grants"].as_array().unwrap();
        roles.contains(&json!("pam_admin"))
    };
    let seen = [&before.body, &after.body, &at_last.body["list"][0]];
    assert_eq!(seen.map(has), [false, true, false]);
}
