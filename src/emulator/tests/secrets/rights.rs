use super::*;

const PRIVILEGES: [&str; 8] = [
    "list",
    "folder_create",
    "folder_update",
    "folder_delete",
    "secret_create",
    "secret_update",
    "secret_reveal",
    "secret_delete",
];

pub(super) fn on_secret(id: &str) -> Value {
    json!({
        "selector_type": "secret",
        "selector": { "_type": "secret", "secret": { "id": id } },
    })
}

pub(super) fn on_folder(id: &str) -> Value {
    json!({
        "selector_type": "secret_folder",
        "selector": { "_type": "secret_folder", "secret_folder": { "id": id } },
    })
}

/// A policy that gives a group these privileges, and no others.
pub(super) fn policy(group: &str, selector: &Value, privileges: &[&str]) -> Value {
    let mut value = json!({ "_type": "secret" });
    for privilege in PRIVILEGES {
        value[privilege] = json!(privileges.contains(&privilege));
    }
    json!({
        "name": "secrets",
        "active": true,
        "principals": { "user_groups": [{ "id": group }] },
        "rules": [{
            "name": "rule",
            "resource_type": "secret_based_resource",
            "resource_selector": { "_type": "secret_based_resource", "selectors": [selector] },
            "privileges": [{ "privilege_type": "secret", "privilege_value": value }],
        }],
    })
}

/// A service user that only policies for its group, which has its name, let in.
async fn guest(team: &Team) -> (Client, String) {
    let guest = one_with(&team.admin, "guest", &[]).await;
    let group = team.admin.get("groups/guest").await;
    (guest, id(&group))
}

async fn make(team: &Team, policy: Value) -> String {
    let made = team
        .admin
        .send(Method::POST, "security_policy", Some(policy))
        .await;
    format!("security_policy/{}", id(&made))
}

/// One operation for each privilege, on a folder and on a secret in it.
async fn operations(
    team: &Team,
    folder: &str,
    secret: &str,
) -> Vec<(Method, String, Option<Value>)> {
    let (at_folder, at_secret) = (
        team.at("secret_folders", folder),
        team.at("secrets", secret),
    );
    let new = json!({ "name": "new", "parent_folder_id": folder });
    let made = team.sealed("made", folder, "x").await;
    let changed = team.sealed("s", folder, "y").await;
    let key = json!({ "public_key": PAIR.public });
    let folders = format!("{}/secret_folders", team.project);
    let secrets = format!("{}/secrets", team.project);
    vec![
        (Method::GET, format!("{at_folder}/items"), None),
        (Method::POST, folders, Some(new)),
        (Method::PUT, at_folder.clone(), Some(json!({ "name": "a" }))),
        (Method::DELETE, at_folder, None),
        (Method::POST, secrets, Some(made)),
        (Method::PUT, at_secret.clone(), Some(changed)),
        (Method::POST, at_secret.clone(), Some(key)),
        (Method::DELETE, at_secret, None),
    ]
}

#[tokio::test]
async fn each_privilege_lets_in_alone_and_keeps_out_alone() {
    let team = Team::new().await;
    let (guest, group) = guest(&team).await;

    for (at, privilege) in PRIVILEGES.iter().enumerate() {
        for (given, statuses) in [(true, 200..=204), (false, 403..=403)] {
            let folder = team.folder("a", None).await;
            let secret = team.secret("s", &folder, "x").await;
            let others = PRIVILEGES.iter().filter(|other| *other != privilege);
            let privileges = if given {
                vec![*privilege]
            } else {
                others.copied().collect()
            };
            let policy = make(&team, policy(&group, &on_folder(&folder), &privileges)).await;
            let (method, path, body) = operations(&team, &folder, &secret).await.swap_remove(at);

            let got = guest.send(method, &path, body).await;

            assert!(
                statuses.contains(&got.status),
                "{privilege}, {given}: {got:?}"
            );
            let path = team.at("secret_folders", &folder);
            team.admin.send(Method::DELETE, &path, None).await;
            team.admin.send(Method::DELETE, &policy, None).await;
        }
    }
}

#[tokio::test]
async fn refusal_is_a_list_of_what_would_let_in() {
    let team = Team::new().await;
    let (guest, group) = guest(&team).await;
    let folder = team.folder("a", None).await;
    let path = team.at("secret_folders", &folder);

    let nothing = guest.get(&path).await;
    let mut body = policy(&group, &on_folder(&folder), &["list"]);
    body["rules"][0]["conditions"] = json!([{
        "condition_type": "mfa",
        "condition_value": { "_type": "mfa", "re_auth_frequency_in_seconds": 60 },
    }]);
    make(&team, body).await;
    let something = guest.get(&path).await;
    let other = guest.send(Method::DELETE, &path, None).await;

    assert_eq!(
        (nothing.status, &nothing.body),
        (403, &json!({ "list": [] }))
    );
    assert_eq!(something.status, 403);
    let method = &something.body["list"][0];
    assert_eq!(method["rule_name"], "rule");
    assert_eq!(method["security_policy"]["name"], "secrets");
    assert_eq!(method["conditions"][0]["condition_type"], "mfa");
    assert_eq!((other.status, &other.body), (403, &json!({ "list": [] })));
}

#[tokio::test]
async fn policy_reaches_what_is_inside_and_nothing_else() {
    let team = Team::new().await;
    let (guest, group) = guest(&team).await;
    let outer = team.folder("a", None).await;
    let middle = team.folder("b", Some(&outer)).await;
    let inner = team.folder("c", Some(&middle)).await;
    let beside = team.secret("s", &outer, "x").await;
    let inside = team.secret("t", &inner, "x").await;
    let alone = team.secret("u", &outer, "x").await;
    let mut body = policy(&group, &on_folder(&middle), &["list"]);
    let selectors = &mut body["rules"][0]["resource_selector"]["selectors"];
    *selectors = json!([on_folder(&middle), on_secret(&alone)]);
    make(&team, body).await;

    let cases = [
        ("secret_folders", &outer, 403),
        ("secret_folders", &middle, 200),
        ("secret_folders", &inner, 200),
        ("secrets", &beside, 403),
        ("secrets", &inside, 200),
        ("secrets", &alone, 200),
    ];
    for (kind, id, status) in cases {
        let got = guest.get(&team.at(kind, id)).await;
        assert_eq!(got.status, status, "{got:?}");
    }
}

#[tokio::test]
async fn policy_that_is_not_active_or_for_others_lets_nobody_in() {
    let team = Team::new().await;
    let (guest, group) = guest(&team).await;
    let folder = team.folder("a", None).await;
    let path = team.at("secret_folders", &folder);
    let others = id(&team.admin.get("groups/owners").await);
    let good = policy(&group, &on_folder(&folder), &PRIVILEGES);
    let mut inactive = good.clone();
    inactive["active"] = json!(false);
    let foreign = policy(&others, &on_folder(&folder), &PRIVILEGES);

    for (body, status) in [(inactive, 403), (foreign, 403), (good, 200)] {
        let policy = make(&team, body).await;
        assert_eq!(guest.get(&path).await.status, status);
        team.admin.send(Method::DELETE, &policy, None).await;
        assert_eq!(guest.get(&path).await.status, 403);
    }
}

#[tokio::test]
async fn only_those_who_administer_the_resource_group_make_folders_at_the_top() {
    let team = Team::new().await;
    let (group, _) = team.project.split_once("/projects").unwrap();
    let delegated = one_with(&team.admin, "delegated", &["delegated_resource_admin"]).await;
    let security = one_with(&team.admin, "security", &["security_admin"]).await;
    let path = format!("{}/secret_folders", team.project);
    let body = |name: &str| Some(json!({ "name": name }));

    let before = delegated.send(Method::POST, &path, body("a")).await;
    let named = id(&team.admin.get("groups/delegated").await);
    let own = json!({
        "name": "own",
        "delegated_resource_admin_groups": [{ "id": named }],
    });
    team.admin.send(Method::PUT, group, Some(own)).await;
    let after = delegated.send(Method::POST, &path, body("b")).await;
    let other = security.send(Method::POST, &path, body("c")).await;

    assert_eq!((before.status, after.status), (403, 201));
    assert_eq!(other.status, 403);
}

#[tokio::test]
async fn to_move_asks_for_what_making_it_there_does() {
    let team = Team::new().await;
    let (guest, group) = guest(&team).await;
    let (from, to) = (team.folder("a", None).await, team.folder("b", None).await);
    let folder = team.folder("c", Some(&from)).await;
    let secret = team.secret("s", &from, "x").await;
    let update = ["folder_update", "secret_update"];
    make(&team, policy(&group, &on_folder(&from), &update)).await;
    let folder = (
        team.at("secret_folders", &folder),
        json!({ "name": "c", "parent_folder_id": to }),
    );
    let secret = (
        team.at("secrets", &secret),
        team.sealed("s", &to, "x").await,
    );

    for (path, body) in [&folder, &secret] {
        let got = guest.send(Method::PUT, path, Some(body.clone())).await;
        assert_eq!(got.status, 403, "{path}");
    }
    let create = ["folder_create", "secret_create"];
    make(&team, policy(&group, &on_folder(&to), &create)).await;
    for (path, body) in [folder, secret] {
        let got = guest.send(Method::PUT, &path, Some(body)).await;
        assert_eq!(got.status, 200, "{path}");
    }
}
