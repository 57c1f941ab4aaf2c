use http::Method;
use serde_json::json;

use super::*;
use crate::emulator::catalog::operations;
use crate::emulator::operation::Operation;
use crate::emulator::role::Role;

/// A service user that is in a group of its own, with these roles.
pub(super) async fn one_with(client: &Client, name: &str, roles: &[&str]) -> Client {
    let user = json!({ "name": name });
    client
        .send(Method::POST, "service_users", Some(user.clone()))
        .await;
    let group = json!({ "name": name, "roles": roles });
    client.send(Method::POST, "groups", Some(group)).await;
    let members = format!("groups/{name}/users");
    client.send(Method::POST, &members, Some(user)).await;
    let keys = format!("service_users/{name}/keys");
    let key = client.send(Method::POST, &keys, None).await.body;
    let (id, secret) = (key["id"].as_str(), key["secret"].as_str());
    let token = login(&client.emulator, id.unwrap(), secret.unwrap()).await;
    Client {
        emulator: client.emulator.clone(),
        token: token.body["bearer_token"].as_str().unwrap().to_owned(),
    }
}

/// Asks for an operation on objects that do not exist, with no body: so nothing comes of it.
async fn try_out(client: &Client, operation: &Operation) -> (u16, String) {
    let mut path = String::new();
    for segment in operation.path.split('/') {
        let segment = if segment.starts_with('{') {
            "none"
        } else {
            segment
        };
        path.push_str(segment);
        path.push('/');
    }
    let path = path.trim_end_matches('/');
    let got = client.send(operation.method.clone(), path, None).await;
    (got.status, got.kind().1.to_owned())
}

#[tokio::test]
async fn every_operation_asks_for_the_roles_that_it_names() {
    let admin = Client::new(small()).await;
    let nobody = one_with(&admin, "nobody", &[]).await;
    let mut holders = Vec::new();
    for role in Role::ALL {
        let holder = one_with(&admin, role.as_str(), &[role.as_str()]).await;
        holders.push((role, holder));
    }
    let refused = (401, "authorization_error".to_owned());

    for operation in operations().filter(|operation| !operation.roles.is_empty()) {
        let id = operation.id;
        assert_eq!(try_out(&nobody, operation).await, refused, "{id}");
        for (role, holder) in &holders {
            let is_refused = try_out(holder, operation).await == refused;
            assert_eq!(is_refused, !operation.roles.has(*role), "{id}, {role:?}");
        }
    }
}

#[tokio::test]
async fn most_permissive_role_wins() {
    let admin = Client::new(small()).await;
    let both = one_with(&admin, "both", &["end_user", "security_admin"]).await;

    let policies = both.get("security_policy").await;
    let keys = both.get("service_users/both/keys").await;

    assert_eq!(policies.status, 200);
    assert_eq!(keys.kind(), (401, "authorization_error"));
}

#[tokio::test]
async fn token_keeps_the_roles_that_its_user_had_when_it_was_issued() {
    let admin = Client::new(small()).await;
    let early = one_with(&admin, "late", &[]).await;
    let roles = json!({ "roles": ["pam_admin"] });
    admin.send(Method::PUT, "groups/late", Some(roles)).await;
    let (id, secret) = admin.emulator.key_of("late").unwrap();
    let token = login(&admin.emulator, &id, &secret).await.body;
    let renewed = Client {
        emulator: admin.emulator.clone(),
        token: token["bearer_token"].as_str().unwrap().to_owned(),
    };

    let before = early.get("groups").await;
    let after = renewed.get("groups").await;

    assert_eq!(before.kind(), (401, "authorization_error"));
    assert_eq!(after.status, 200);
}

#[tokio::test]
async fn everybody_may_ask_who_they_are() {
    let admin = Client::new(small()).await;
    let nobody = one_with(&admin, "nobody", &[]).await;

    let who = nobody.get("current_user").await;

    assert_eq!(who.status, 200);
    assert_eq!(
        (&who.body["name"], &who.body["team_name"]),
        (&json!("nobody"), &json!("demo"))
    );
}
