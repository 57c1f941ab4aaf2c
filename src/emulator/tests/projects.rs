use http::Method;
use http::header::ALLOW;
use serde_json::json;

use super::resource_groups::{admit, at, delete, enter, first, fits, post, put};
use super::*;

/// The path of the projects of the first resource group.
async fn projects(client: &Client) -> String {
    first(client, "resource_groups").await + "/projects"
}

#[tokio::test]
async fn project_is_made_changed_and_deleted() {
    let client = Client::new(small()).await;
    let projects = projects(&client).await;

    let made = post(&client, &projects, json!({ "name": "a" })).await;
    let path = at(&projects, &made);
    let shown = client.get(&path).await;
    let renamed = put(&client, &path, json!({ "name": "b" })).await;
    let listed = client.get(&projects).await;
    let deleted = delete(&client, &path).await;

    assert_eq!((made.status, &made.body), (201, &shown.body));
    assert!(fits("Project", &shown.body), "{:?}", shown.body);
    assert_eq!(shown.body["team"], "demo");
    assert_eq!(shown.body["deleted_at"], Value::Null);
    assert!(projects.contains(shown.body["resource_group_id"].as_str().unwrap()));
    assert_eq!((renamed.status, renamed.body), (NO_CONTENT, Value::Null));
    assert_eq!(listed.names(), ["project-0001", "b"]);
    assert!(fits("Project", &listed.body["list"][0]));
    assert_eq!(deleted.status, NO_CONTENT);
    assert_eq!(
        client.get(&path).await.kind(),
        (404, "resource_does_not_exist")
    );
}

#[tokio::test]
async fn project_keeps_what_an_update_does_not_name() {
    let client = Client::new(small()).await;
    let path = first(&client, &projects(&client).await).await;
    let before = client.get(&path).await;

    let body = json!({ "gateway_selector": "env=dev", "team": "other", "resource_group_id": 7 });
    let changed = put(&client, &path, body).await;
    let after = client.get(&path).await;

    let mut wanted = before.body;
    wanted["gateway_selector"] = json!("env=dev");
    assert_eq!(changed.status, NO_CONTENT);
    assert_eq!(after.body, wanted);
}

#[tokio::test]
async fn name_of_a_project_is_taken_once_in_its_resource_group() {
    let client = Client::new(small()).await;
    let projects = projects(&client).await;
    let group = post(&client, "resource_groups", json!({ "name": "other" })).await;
    let elsewhere = at("resource_groups", &group) + "/projects";
    let body = json!({ "name": "project-0001" });
    let second = post(&client, &projects, json!({ "name": "second" })).await;

    let taken = post(&client, &projects, body.clone()).await;
    let renamed = put(&client, &at(&projects, &second), body.clone()).await;
    let free = post(&client, &elsewhere, body).await;

    assert_eq!(taken.kind(), (409, "resource_already_exists"));
    assert_eq!(renamed.kind(), (409, "resource_already_exists"));
    assert_eq!(free.status, 201);
}

#[tokio::test]
async fn enrollment_token_is_made_shown_and_deleted() {
    let client = Client::new(small()).await;
    let tokens = first(&client, &projects(&client).await).await + "/server_enrollment_tokens";

    let made = post(&client, &tokens, json!({ "description": "t" })).await;
    let path = at(&tokens, &made);
    let shown = client.get(&path).await;
    let listed = client.get(&tokens).await;
    let changed = put(&client, &path, json!({ "description": "u" })).await;
    let deleted = delete(&client, &path).await;

    assert_eq!((made.status, &made.body), (201, &shown.body));
    assert!(
        fits("ServerEnrollmentToken", &shown.body),
        "{:?}",
        shown.body
    );
    assert_eq!(shown.body["created_by_user"], "gateway");
    assert_eq!(listed.body["list"], json!([shown.body]));
    assert_eq!(changed.status, 405);
    assert_eq!(changed.headers[ALLOW], "GET, DELETE");
    assert_eq!(deleted.status, NO_CONTENT);
    assert_eq!(client.get(&path).await.status, 404);
}

#[tokio::test]
async fn equal_seeds_make_equal_enrollment_tokens() {
    let [one, two] = [Client::new(small()).await, Client::new(small()).await];
    let tokens = first(&one, &projects(&one).await).await + "/server_enrollment_tokens";
    let body = json!({ "description": "t" });

    let made = post(&one, &tokens, body.clone()).await;
    let same = post(&two, &tokens, body.clone()).await;
    let other = post(&one, &tokens, body).await;

    assert_eq!(made.body["token"], same.body["token"]);
    assert_ne!(made.body["token"], other.body["token"]);
}

#[tokio::test]
async fn servers_are_listed_by_every_parameter() {
    let client = Client::new(small()).await;
    let group = first(&client, "resource_groups").await;
    let project = first(&client, &format!("{group}/projects")).await;
    let all = client.get("all_servers").await;
    let id = |path: &str| path.rsplit_once('/').unwrap().1.to_owned();
    let (group_id, project_id) = (id(&group), id(&project));
    let server = all.body["list"][2]["id"].as_str().unwrap();
    let whole = ["server-0001", "server-0002"];

    for (path, wanted) in [
        (format!("{project}/servers"), &whole[..]),
        (format!("{group}/all_servers"), &whole),
        (format!("all_servers?resource_group_id={group_id}"), &whole),
        (format!("all_servers?project_id={project_id}"), &whole),
        (format!("{group}/all_servers?project_id={server}"), &[]),
        (format!("all_servers?id={server}"), &["server-0003"]),
        (
            "all_servers?hostname=SERVER-0004".to_owned(),
            &["server-0004"],
        ),
        ("all_servers?hostname=server".to_owned(), &[]),
        (
            "all_servers?hostname_contains=R-0005".to_owned(),
            &["server-0005"],
        ),
        (format!("{project}/servers?os_type=linux"), &["server-0001"]),
        (
            format!("{project}/servers?hostname_contains=02"),
            &["server-0002"],
        ),
    ] {
        assert_eq!(client.get(&path).await.names(), wanted, "{path}");
    }
    assert_eq!(all.names().len(), 6);
}

#[tokio::test]
async fn server_is_shown_and_deleted() {
    let client = Client::new(small()).await;
    let project = first(&client, &projects(&client).await).await;
    let path = first(&client, &format!("{project}/servers")).await;

    let shown = client.get(&path).await;
    put(&client, &project, json!({ "name": "renamed" })).await;
    let after = client.get(&path).await;
    let deleted = delete(&client, &path).await;

    assert!(fits("Server", &shown.body), "{:?}", shown.body);
    assert_eq!(shown.body["project"]["name"], "project-0001");
    assert_eq!(after.body["project"]["name"], "renamed");
    assert_eq!(deleted.status, NO_CONTENT);
    assert_eq!(client.get(&path).await.status, 404);
    let left = client.get(&format!("{project}/servers")).await;
    assert_eq!(left.names(), ["server-0002"]);
}

#[tokio::test]
async fn delegated_admin_rules_the_projects_of_own_resource_groups_only() {
    let admin = Client::new(small()).await;
    let group = admit(&admin, "delegate", json!(["security_admin"])).await;
    let list = admin.get("resource_groups").await;
    let path = |at: usize| {
        let id = list.body["list"][at]["id"].as_str().unwrap();
        format!("resource_groups/{id}/projects")
    };
    let (other, own) = (path(0), path(1));
    let body = json!({ "name": "own", "delegated_resource_admin_groups": [{ "id": group }] });
    put(&admin, own.trim_end_matches("/projects"), body).await;

    let delegate = enter(&admin, "delegate").await;
    let made = post(&delegate, &own, json!({ "name": "mine" })).await;
    let foreign = post(&delegate, &other, json!({ "name": "theirs" })).await;

    assert_eq!(made.status, 201);
    assert_eq!(delete(&delegate, &at(&own, &made)).await.status, NO_CONTENT);
    assert_eq!(foreign.kind(), (404, "resource_does_not_exist"));
    // It reads the others too, for it makes policies; their secrets it does not.
    assert_eq!(delegate.get(&other).await.names(), ["project-0001"]);
    let project = first(&admin, &other).await;
    let tokens = delegate
        .get(&format!("{project}/server_enrollment_tokens"))
        .await;
    assert_eq!(tokens.status, 404);
}

#[tokio::test]
async fn delegated_admin_lists_the_servers_of_own_resource_groups() {
    let admin = Client::new(small()).await;
    let group = admit(&admin, "delegate", json!([])).await;
    let own = first(&admin, "resource_groups").await;
    let body = json!({ "name": "own", "delegated_resource_admin_groups": [{ "id": group }] });
    put(&admin, &own, body).await;

    let delegate = enter(&admin, "delegate").await;

    let listed = delegate.get("all_servers").await;
    assert_eq!(listed.names(), ["server-0001", "server-0002"]);
}

#[tokio::test]
async fn whoever_makes_policies_reads_projects_and_changes_none() {
    let admin = Client::new(small()).await;
    admit(&admin, "reader", json!(["security_admin"])).await;
    let projects = projects(&admin).await;
    let project = first(&admin, &projects).await;

    let reader = enter(&admin, "reader").await;

    assert_eq!(reader.get(&project).await.status, 200);
    for (method, path) in [
        (Method::POST, projects.clone()),
        (Method::PUT, project.clone()),
        (Method::DELETE, project.clone()),
        (Method::GET, format!("{project}/server_enrollment_tokens")),
        (Method::PUT, format!("{project}/server_checkout_settings")),
    ] {
        let got = reader
            .send(method, &path, Some(json!({ "name": "x" })))
            .await;
        assert_eq!(got.kind(), (401, "authorization_error"), "{path}");
    }
}

#[tokio::test]
async fn mistakes_below_a_resource_group_are_told() {
    let client = Client::new(small()).await;
    let group = first(&client, "resource_groups").await;
    let projects = format!("{group}/projects");
    let project = first(&client, &projects).await;
    let name = project.rsplit_once('/').unwrap().1;
    let second = client.get("resource_groups").await.body["list"][1]["id"].clone();
    let elsewhere = format!(
        "resource_groups/{}/projects/{name}",
        second.as_str().unwrap()
    );
    let unknown = "6052868b-1b04-4a14-8288-e6496d7f2f4b";

    for path in [
        format!("resource_groups/x/projects/{name}"),
        format!("resource_groups/{unknown}/projects"),
        format!("{projects}/x"),
        format!("{projects}/{unknown}"),
        elsewhere,
        format!("{project}/servers/{unknown}"),
        format!("{project}/server_enrollment_tokens/{unknown}"),
    ] {
        assert_eq!(
            client.get(&path).await.kind(),
            (404, "resource_does_not_exist"),
            "{path}"
        );
    }
    for (path, body, message) in [
        (&projects, json!({}), "name: missing"),
        (
            &projects,
            json!({ "name": "a", "gateway_selector": 7 }),
            "gateway_selector: not a string or null",
        ),
        (
            &format!("{project}/server_enrollment_tokens"),
            json!({}),
            "description: missing",
        ),
    ] {
        let got = post(&client, path, body).await;
        assert_eq!(got.kind(), (400, "invalid_request"), "{message}");
        assert_eq!(got.body["message"], message);
    }
    let wrong = client.send(Method::PATCH, &project, None).await;
    assert_eq!(
        (wrong.status, &wrong.headers[ALLOW]),
        (405, &"GET, PUT, DELETE".parse().unwrap())
    );
}
