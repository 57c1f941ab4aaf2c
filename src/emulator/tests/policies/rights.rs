use super::*;
use crate::emulator::tests::roles::one_with;

#[tokio::test]
async fn only_security_admins_come_near_policies() {
    let client = admin().await;
    let list = client.get("security_policy").await;
    let path = path_of(&list.body["list"][0]);
    let roles = ["pam_admin", "resource_admin", "delegated_resource_admin"];
    let other = one_with(&client, "other", &roles).await;
    let security = one_with(&client, "security", &["security_admin"]).await;
    let refused = (401, "authorization_error");

    assert_eq!(other.get("security_policy").await.kind(), refused);
    assert_eq!(other.get(&path).await.kind(), refused);
    assert_eq!(post(&other, &policy(&[])).await.kind(), refused);
    assert_eq!(put(&other, &path, &policy(&[])).await.kind(), refused);
    let deleted = other.send(Method::DELETE, &path, None).await;
    assert_eq!(deleted.kind(), refused);
    assert_eq!(post(&security, &policy(&[])).await.status, 200);
}

#[tokio::test]
async fn only_super_admins_make_policies_for_service_accounts() {
    let client = admin().await;
    let other = one_with(&client, "other", &["security_admin"]).await;
    let mut sent = policy(&[]);
    let usual = post(&client, &sent).await.body;
    sent["type"] = json!("okta_service_account");

    let made = post(&client, &sent).await;
    let refused = post(&other, &sent).await;
    let turned = put(&other, &path_of(&usual), &sent).await;
    let changed = put(&other, &path_of(&made.body), &sent).await;

    assert_eq!(made.status, 200);
    assert_eq!(refused.kind(), (403, "forbidden_error"));
    assert_eq!(turned.kind(), (403, "forbidden_error"));
    assert_eq!(changed.status, NO_CONTENT);
}

#[tokio::test]
async fn team_can_be_without_super_admins() {
    let config = Config {
        super_admins: Vec::new(),
        ..small()
    };
    let client = Client::new(config).await;
    let mut sent = policy(&[]);
    sent["type"] = json!("okta_service_account");

    assert_eq!(post(&client, &sent).await.kind(), (403, "forbidden_error"));
}
