use super::*;

/// A policy that names one of each kind that the emulator plays.
fn naming(group: &Value) -> Value {
    let bundles = json!({ "principal_account_ssh": true, "sudo_command_bundles": [shown("sudo_command_bundle")] });
    let mut sent = policy(&[
        granting("principal_account_ssh", &bundles),
        selecting("secret_based_resource", "secret", &one("secret")),
        selecting(
            "secret_based_resource",
            "secret_folder",
            &one("secret_folder"),
        ),
    ]);
    sent["principals"]["user_groups"] = json!([{ "id": group, "name": "outdated" }]);
    sent
}

#[tokio::test]
async fn policy_is_normalised_and_named() {
    let client = admin().await;
    let group = client.get("groups/group-0003").await;
    let privilege = json!({ "principal_account_ssh": true, "admin_level_permissions": false });
    let mut sent = policy(&[granting("principal_account_ssh", &privilege)]);
    sent["principals"]["user_groups"] =
        json!([{ "id": group.body["id"], "name": "outdated", "missing": true }]);

    let made = post(&client, &sent).await;

    assert_eq!(made.status, 200);
    let named = &made.body["principals"]["user_groups"][0];
    let id = &group.body["id"];
    assert_eq!(
        *named,
        json!({ "id": id, "name": "group-0003", "type": "user_group" })
    );
    let rule = &made.body["rules"][0];
    assert_eq!(rule["security_policy_id"], made.body["id"]);
    let privilege = &rule["privileges"][0]["privilege_value"];
    assert_eq!(
        *privilege,
        json!({ "_type": "principal_account_ssh", "principal_account_ssh": true })
    );
}

#[tokio::test]
async fn policy_tells_that_its_group_is_missing() {
    let client = admin().await;
    let group = client.get("groups/group-0003").await;
    let made = post(&client, &naming(&group.body["id"])).await;

    let gone = client.send(Method::DELETE, "groups/group-0003", None).await;
    let shown = client.get(&path_of(&made.body)).await;

    assert_eq!(gone.status, NO_CONTENT);
    let id = &group.body["id"];
    assert_eq!(
        shown.body["principals"]["user_groups"],
        json!([{ "id": id, "type": "user_group", "missing": true }])
    );
    assert!(is_of_form(&shown.body));
}

#[tokio::test]
async fn policy_tells_which_of_its_targets_are_missing() {
    let client = admin().await;
    let made = post(&client, &naming(&json!(NOBODY))).await;
    let missing = |kind: &str| json!({ "id": id_of(kind), "type": kind, "missing": true });

    for kind in [
        Kind::Server,
        Kind::Secret,
        Kind::SecretFolder,
        Kind::SudoCommandBundle,
    ] {
        remove(&client, kind);
    }
    let shown = client.get(&path_of(&made.body)).await.body;
    let again = put(&client, &path_of(&made.body), &shown).await;

    let at = |pointer: &str| shown.pointer(pointer).unwrap().clone();
    let selector = "resource_selector/selectors/0/selector";
    assert_eq!(
        at(&format!("/rules/0/{selector}/server")),
        missing("server")
    );
    assert_eq!(
        at("/rules/0/privileges/0/privilege_value/sudo_command_bundles"),
        json!([missing("sudo_command_bundle")])
    );
    assert_eq!(
        at(&format!("/rules/1/{selector}/secret")),
        missing("secret")
    );
    assert_eq!(
        at(&format!("/rules/2/{selector}/secret_folder")),
        missing("secret_folder")
    );
    assert_eq!(again.status, NO_CONTENT);
    assert_eq!(client.get(&path_of(&made.body)).await.body, shown);
}

#[tokio::test]
async fn resource_group_of_a_policy_is_shown_by_the_name_that_it_has_now() {
    let client = admin().await;
    let group = json!({ "name": "before" });
    let group = client.send(Method::POST, "resource_groups", Some(group));
    let id = group.await.body["id"].clone();
    let path = format!("resource_groups/{}", id.as_str().unwrap());
    let mut sent = policy(&[]);
    sent["resource_group"] = json!({ "id": id });
    let made = post(&client, &sent).await;

    let name = Some(json!({ "name": "after" }));
    client.send(Method::PUT, &path, name).await;
    let renamed = client.get(&path_of(&made.body)).await;
    client.send(Method::DELETE, &path, None).await;
    let deleted = client.get(&path_of(&made.body)).await;

    assert_eq!(made.body["resource_group"]["name"], "before");
    assert_eq!(renamed.body["resource_group"]["name"], "after");
    assert_eq!(
        deleted.body["resource_group"],
        json!({ "id": id, "type": "resource_group", "missing": true })
    );
}

#[tokio::test]
async fn what_the_emulator_does_not_play_is_never_missing() {
    let client = admin().await;
    let role = json!({ "id": NOBODY, "name": "ci", "type": "workload_role" });
    let mut sent = policy(&[]);
    sent["principals"]["workload_roles"] = json!([role]);
    let mut marked = sent.clone();
    marked["principals"]["workload_roles"][0]["missing"] = json!(true);

    let made = post(&client, &sent).await;
    let of_marked = post(&client, &marked).await;

    assert_eq!(made.body["principals"]["workload_roles"], json!([role]));
    assert_eq!(
        of_marked.body["principals"]["workload_roles"],
        json!([role])
    );
}

#[tokio::test]
async fn policy_is_replaced_and_deleted_without_a_body() {
    let client = admin().await;
    let list = client.get("security_policy").await;
    let path = path_of(&list.body["list"][0]);
    let mut body = policy(&[granting(
        "reveal_password",
        &json!({ "reveal_password": true }),
    )]);
    body["name"] = json!("renamed");

    let replaced = put(&client, &path, &body).await;
    let shown = client.get(&path).await;
    let deleted = client.send(Method::DELETE, &path, None).await;
    let gone = client.get(&path).await;

    assert_eq!((replaced.status, deleted.status), (NO_CONTENT, NO_CONTENT));
    assert_eq!(
        (&replaced.body, &deleted.body),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(shown.body["name"], "renamed");
    assert_eq!(gone.kind(), (404, "resource_does_not_exist"));
}

#[tokio::test]
async fn rule_keeps_its_id_if_it_is_sent_and_known() {
    let client = admin().await;
    let rule = granting("reveal_password", &json!({ "reveal_password": true }));
    let mut foreign = rule.clone();
    foreign["id"] = json!(NOBODY);
    let made = post(&client, &policy(&[foreign, rule.clone()])).await.body;
    let ids = |policy: &Value| [0, 1, 2].map(|at| policy["rules"][at]["id"].clone());
    let [first, second, _] = ids(&made);
    let mut moved = rule.clone();
    moved["id"] = second.clone();

    let replaced = put(
        &client,
        &path_of(&made),
        &policy(&[rule, moved.clone(), moved]),
    )
    .await;
    let shown = client.get(&path_of(&made)).await.body;

    assert_eq!(replaced.status, NO_CONTENT);
    assert_ne!(first, NOBODY);
    let [new, kept, twice] = ids(&shown);
    assert_eq!(kept, second);
    assert!(![&first, &second].contains(&&new), "{new}");
    assert!(![&first, &second, &new].contains(&&twice), "{twice}");
}

#[tokio::test]
async fn names_of_policies_may_repeat() {
    let client = admin().await;

    let one = post(&client, &policy(&[])).await;
    let two = post(&client, &policy(&[])).await;

    assert_eq!((one.status, two.status), (200, 200));
    assert_ne!(one.body["id"], two.body["id"]);
}

#[tokio::test]
async fn policies_are_filtered_and_paged() {
    let client = admin().await;

    let contains = client.get("security_policy?contains=CY-0002").await;
    let first = client.get("security_policy?count=2").await;
    let second = client.get(&first.next().unwrap()).await;
    let last = client.get("security_policy?count=1&descending=true").await;
    let boundary = second.body["list"][0]["id"].as_str().unwrap();
    let back = format!("security_policy?count=5&prev=true&offset={boundary}");
    let back = client.get(&back).await;

    assert_eq!(contains.names(), ["policy-0002"]);
    assert_eq!(first.names(), ["policy-0001", "policy-0002"]);
    assert_eq!(second.names(), ["policy-0003"]);
    assert_eq!(last.names(), ["policy-0003"]);
    assert_eq!(back.names(), ["policy-0001", "policy-0002"]);
}

#[tokio::test]
async fn policies_of_the_start_have_the_form_that_the_service_gives_them() {
    let config = Config {
        policies: 100,
        ..small()
    };
    let client = Client::new(config).await;
    let before = client.get("security_policy").await.body;
    let list = before["list"].as_array().unwrap();

    for policy in list {
        let replaced = put(&client, &path_of(policy), policy).await;
        assert_eq!(replaced.status, NO_CONTENT, "{:?}", replaced.body);
        assert!(is_of_form(policy), "{policy}");
    }

    assert_eq!(list.len(), 100);
    assert_eq!(client.get("security_policy").await.body, before);
    let text = before.to_string();
    for word in ["secret_folder", "mfa", "gateway", "principal_account_rdp"] {
        assert!(text.contains(word), "{word}");
    }
}
