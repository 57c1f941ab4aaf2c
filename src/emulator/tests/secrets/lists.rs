use super::rights::{on_folder, on_secret, policy};
use super::*;

/// A folder with folders and secrets in it, and one who may list one of each, and its group.
async fn tree(team: &Team) -> [String; 4] {
    let top = team.folder("top", None).await;
    let folder = team.folder("folder", Some(&top)).await;
    let secret = team.secret("secret", &top, "x").await;
    let inner = team.secret("inner", &folder, "x").await;
    [top, folder, secret, inner]
}

async fn guest(team: &Team, selectors: &[Value]) -> Client {
    let guest = one_with(&team.admin, "guest", &[]).await;
    let group = id(&team.admin.get("groups/guest").await);
    for selector in selectors {
        let body = policy(&group, selector, &["list"]);
        team.admin
            .send(Method::POST, "security_policy", Some(body))
            .await;
    }
    guest
}

#[tokio::test]
async fn items_of_a_folder_come_in_pages() {
    let team = Team::new().await;
    let folder = team.folder("a", None).await;
    team.secret("1", &folder, "x").await;
    for name in ["2", "3", "4"] {
        team.folder(name, Some(&folder)).await;
    }
    team.secret("5", &folder, "x").await;
    let path = team.at("secret_folders", &format!("{folder}/items?count=2"));

    let mut pages = vec![team.admin.get(&path).await];
    while let Some(next) = pages.last().unwrap().next() {
        pages.push(team.admin.get(&next).await);
    }

    let names: Vec<_> = pages.iter().map(Got::names).collect();
    assert_eq!(names, [vec!["2", "3"], vec!["4", "1"], vec!["5"]]);
    let types = pages[1].body["list"].as_array().unwrap();
    let types: Vec<_> = types.iter().map(|item| &item["type"]).collect();
    assert_eq!(types, ["folder", "secret"]);
    assert_eq!(pages[1].body["list"][0]["project"]["name"], "p");
}

#[tokio::test]
async fn lists_show_only_what_one_may_list() {
    let team = Team::new().await;
    let [top, ..] = tree(&team).await;
    team.folder("other", None).await;
    let guest = guest(&team, &[on_folder(&top)]).await;
    let of_project = format!("{}/secret_folders", team.project);

    for path in [of_project.as_str(), "secret_folders", "secrets"] {
        assert_eq!(
            team.admin.get(path).await.names(),
            ["top", "other"],
            "{path}"
        );
        assert_eq!(guest.get(path).await.names(), ["top"], "{path}");
    }
}

#[tokio::test]
async fn user_sees_the_topmost_of_what_one_may_list() {
    let team = Team::new().await;
    let [top, folder, secret, inner] = tree(&team).await;
    let selectors = [on_folder(&folder), on_secret(&secret), on_secret(&inner)];
    let guest = guest(&team, &selectors).await;

    let topmost = guest.get("secrets").await;
    let found = guest.get("secrets?search=SECR").await;
    let inside = guest
        .get(&format!("secrets?parent_folder_id={folder}"))
        .await;
    let above = guest.get(&format!("secrets?parent_folder_id={top}")).await;
    let page = guest.get("secrets?count=1").await;

    assert_eq!(topmost.names(), ["folder", "secret"]);
    assert_eq!(found.names(), ["secret"]);
    assert_eq!(inside.names(), ["inner"]);
    assert_eq!((above.status, &above.body), (403, &json!({ "list": [] })));
    assert!(page.next().is_some());
}

/// What asks for the thing of this name in a folder of the project.
fn path_to(team: &Team, folder: &str, field: &str, name: &str) -> Value {
    let (group, project) = team.project.split_once("/projects/").unwrap();
    let group = group.trim_start_matches("resource_groups/");
    let mut body = json!({
        "resource_group": { "id": group },
        "project": { "id": project },
        "parent_folder_path": folder,
    });
    body[field] = json!(name);
    body
}

#[tokio::test]
async fn secret_and_folder_are_resolved_by_path_and_by_id() {
    let team = Team::new().await;
    let [_, folder, _, inner] = tree(&team).await;
    let mut by_name = path_to(&team, "top/folder/", "secret_name", "inner");
    by_name["resource_group"] = json!({ "name": "resource-group-0001" });
    by_name["project"] = json!({ "name": "p" });
    let by_path = path_to(&team, "top/", "secret_folder_name", "folder");
    let cases = [
        (by_path, &folder, "folder"),
        (
            path_to(&team, "/top/folder", "secret_name", "inner"),
            &inner,
            "secret",
        ),
        (by_name, &inner, "secret"),
        (json!({ "id": folder }), &folder, "folder"),
        (json!({ "id": inner }), &inner, "secret"),
    ];

    for (body, id, kind) in cases {
        let got = team
            .admin
            .send(Method::POST, "resolve_secret", Some(body))
            .await;
        assert_eq!(got.status, 200, "{got:?}");
        assert_eq!(
            (&got.body["id"], &got.body["type"]),
            (&json!(id), &json!(kind))
        );
        assert_eq!(got.body["path"][0]["name"], "top");
    }
}

#[tokio::test]
async fn path_that_leads_nowhere_is_not_resolved() {
    let team = Team::new().await;
    let [.., inner] = tree(&team).await;
    let guest = guest(&team, &[]).await;
    let mut both = path_to(&team, "", "secret_name", "x");
    both["secret_folder_name"] = json!("x");
    let cases = [
        (path_to(&team, "top", "secret_name", "folder"), 404),
        (path_to(&team, "top/none", "secret_name", "inner"), 404),
        (path_to(&team, "top", "name", "folder"), 400),
        (both, 400),
        (json!({ "secret_name": "x" }), 400),
        (json!({ "id": "6052868b-1b04-4a14-8288-e6496d7f2f4b" }), 404),
    ];

    for (body, status) in cases {
        let got = team
            .admin
            .send(Method::POST, "resolve_secret", Some(body.clone()))
            .await;
        assert_eq!(got.status, status, "{body}");
    }
    let body = Some(json!({ "id": inner }));
    let refused = guest.send(Method::POST, "resolve_secret", body).await;
    assert_eq!(
        (refused.status, &refused.body),
        (403, &json!({ "list": [] }))
    );
}
