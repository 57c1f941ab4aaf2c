use super::*;

#[tokio::test]
async fn folder_is_made_shown_changed_and_deleted_with_all_inside() {
    let team = Team::new().await;
    let folders = format!("{}/secret_folders", team.project);
    let body = json!({ "name": "a", "description": "first" });
    let made = team.admin.send(Method::POST, &folders, Some(body)).await;
    let folder = team.at("secret_folders", &id(&made));
    let inner = team.folder("b", Some(&id(&made))).await;
    let secret = team.secret("s", &inner, "x").await;

    let shown = team.admin.get(&folder).await;
    let body = Some(json!({ "name": "c" }));
    let changed = team.admin.send(Method::PUT, &folder, body).await;
    let inner = team.at("secret_folders", &inner);
    let below = team.admin.get(&inner).await;
    let deleted = team.admin.send(Method::DELETE, &folder, None).await;

    assert_eq!((made.status, &made.body), (201, &shown.body));
    assert_eq!(shown.body["description"], "first");
    assert_eq!(shown.body["parent_folder_id"], Value::Null);
    assert_eq!(shown.body["path"], json!([]));
    assert_eq!(shown.body["project"]["name"], "p");
    assert_eq!(shown.body["created_by"], "gateway");
    assert_eq!((changed.status, &changed.body["name"]), (200, &json!("c")));
    assert_eq!(changed.body["created_at"], shown.body["created_at"]);
    assert_eq!(
        below.body["path"],
        json!([{ "id": id(&made), "name": "c" }])
    );
    assert_eq!(deleted.status, NO_CONTENT);
    for gone in [&folder, &inner, &team.at("secrets", &secret)] {
        assert_eq!(team.admin.get(gone).await.status, 404, "{gone}");
    }
}

#[tokio::test]
async fn folder_cannot_be_moved_into_itself() {
    let team = Team::new().await;
    let outer = team.folder("a", None).await;
    let inner = team.folder("b", Some(&outer)).await;
    let other = team.folder("c", None).await;
    let path = team.at("secret_folders", &outer);
    let into = |folder: &str| Some(json!({ "name": "a", "parent_folder_id": folder }));

    let itself = team.admin.send(Method::PUT, &path, into(&outer)).await;
    let below = team.admin.send(Method::PUT, &path, into(&inner)).await;
    let moved = team.admin.send(Method::PUT, &path, into(&other)).await;

    assert_eq!(itself.kind(), (400, "invalid_request"));
    assert_eq!(below.kind(), (400, "invalid_request"));
    assert_eq!(moved.status, 200);
    assert_eq!(moved.body["path"], json!([{ "id": other, "name": "c" }]));
}

#[tokio::test]
async fn folders_are_at_most_twenty_deep_even_when_moved() {
    let team = Team::new().await;
    let mut deepest = team.folder("1", None).await;
    for depth in 2..=20 {
        deepest = team.folder(&depth.to_string(), Some(&deepest)).await;
    }
    let pair = team.folder("pair", None).await;
    team.folder("inner", Some(&pair)).await;
    let above = team.admin.get(&team.at("secret_folders", &deepest)).await;
    let above = above.body["parent_folder_id"].clone();

    let folders = format!("{}/secret_folders", team.project);
    let body = json!({ "name": "21", "parent_folder_id": deepest });
    let deeper = team.admin.send(Method::POST, &folders, Some(body)).await;
    let body = json!({ "name": "pair", "parent_folder_id": above });
    let path = team.at("secret_folders", &pair);
    let moved = team.admin.send(Method::PUT, &path, Some(body)).await;

    assert_eq!(deeper.kind(), (400, "invalid_request"));
    assert_eq!(moved.kind(), (400, "invalid_request"));
}
