use std::time::Duration;

use serde_json::{Value, json};

use super::resource_groups::{post, put};
use super::*;

const GROUP: &str = "groups/new/attributes";
const USER: &str = "users/person-0001/attributes";

async fn with_group() -> Client {
    let client = Client::new(small()).await;
    post(&client, "groups", json!({ "name": "new" })).await;
    client
}

fn value(got: &Got, name: &str) -> Value {
    got.body["attributes"][name]["attribute_value"].clone()
}

#[tokio::test(start_paused = true)]
async fn new_group_gets_its_number_some_seconds_later() {
    let client = with_group().await;

    let at_once = client.get(GROUP).await;
    tokio::time::advance(Duration::from_secs(5)).await;
    let later = client.get(GROUP).await;

    assert_eq!(value(&at_once, "unix_group_name"), "new");
    assert_eq!(value(&at_once, "unix_gid"), Value::Null);
    assert!(value(&later, "unix_gid").is_u64(), "{later:?}");
    let gid = &later.body["attributes"]["unix_gid"];
    assert_eq!(
        (&gid["attribute_name"], &gid["managed"]),
        (&json!("unix_gid"), &json!(true))
    );
}

#[tokio::test(start_paused = true)]
async fn number_of_a_user_follows_from_their_groups() {
    let client = with_group().await;
    let user = client.get("groups/group-0003/users").await.names()[0].to_owned();
    let path = format!("users/{user}/attributes");
    let old = client.get("groups/group-0003/attributes").await;

    let before = client.get(&path).await;
    let left = format!("groups/group-0003/users/{user}");
    client.send(Method::DELETE, &left, None).await;
    let after = client.get(&path).await;

    assert_eq!(value(&before, "unix_gid"), value(&old, "unix_gid"));
    assert_ne!(value(&after, "unix_gid"), value(&old, "unix_gid"));
}

#[tokio::test(start_paused = true)]
async fn attribute_is_changed_by_its_id() {
    let client = with_group().await;
    tokio::time::advance(Duration::from_secs(5)).await;
    for (list, name, new, wrong) in [
        (GROUP, "unix_gid", json!(70_000), json!("many")),
        (USER, "unix_user_name", json!("ada"), json!(7)),
    ] {
        let all = client.get(list).await;
        let one = &all.body["attributes"][name];
        let path = format!("{list}/{}", one["id"].as_str().unwrap());
        let shown = client.get(&path).await;

        let refused = put(&client, &path, json!({ "attribute_value": wrong })).await;
        let changed = put(&client, &path, json!({ "attribute_value": new })).await;
        let after = client.get(&path).await;

        assert_eq!((&shown.body, shown.status), (one, 200));
        assert_eq!(refused.kind(), (400, "invalid_request"));
        assert_eq!(changed.status, NO_CONTENT);
        assert_eq!(
            (&after.body["attribute_value"], &after.body["managed"]),
            (&new, &json!(false))
        );
        assert_eq!(value(&client.get(list).await, name), new);
    }
}
