use http::Method;
use proptest::prelude::*;
use serde_json::json;

use super::resource_groups::{first, post};
use super::*;
use crate::emulator::Behaviour;
use crate::emulator::catalog;
use crate::emulator::operation::Paging;

/// All names of a list, page by page, and how many pages there were.
async fn walk(client: &Client, path: &str) -> (Vec<String>, usize) {
    let (objects, pages) = walk_objects(client, path).await;
    let names = objects.iter().map(|object| object["name"].as_str());
    (names.map(|name| name.unwrap().to_owned()).collect(), pages)
}

/// All objects of a list, page by page, and how many pages there were.
async fn walk_objects(client: &Client, path: &str) -> (Vec<Value>, usize) {
    let (mut objects, mut pages) = (Vec::new(), 0);
    let mut next = Some(path.to_owned());
    while let Some(url) = next {
        let page = client.get(&url).await;
        assert_eq!(page.status, 200, "{url}");
        objects.extend(page.body["list"].as_array().unwrap().clone());
        pages += 1;
        next = page.next();
    }
    (objects, pages)
}

/// The path of a list, with the first object of each list on the way for its parameters.
async fn fill(client: &Client, template: &str) -> String {
    let mut path = String::new();
    for part in template.split('/') {
        let part = match part {
            _ if !part.starts_with('{') => part.to_owned(),
            "{user_name}" | "{group_name}" => client.get(&path).await.names()[0].to_owned(),
            _ => first(client, &path)
                .await
                .rsplit_once('/')
                .unwrap()
                .1
                .to_owned(),
        };
        path = if path.is_empty() {
            part
        } else {
            format!("{path}/{part}")
        };
    }
    path
}

/// Makes lists longer that are short at the start.
async fn furnish(client: &Client) {
    let projects = first(client, "resource_groups").await + "/projects";
    post(client, &projects, json!({ "name": "second" })).await;
    let tokens = first(client, &projects).await + "/server_enrollment_tokens";
    client
        .send(Method::POST, "service_users/gateway/keys", None)
        .await;
    let member = json!({ "name": "person-0001" });
    post(client, "groups/owners/users", member).await;
    let folders = first(client, &projects).await + "/secret_folders";
    let parent = post(client, &folders, json!({ "name": "top" })).await.body;
    for name in ["a", "b"] {
        post(client, &folders, json!({ "name": name })).await;
        let inside = json!({ "name": name, "parent_folder_id": parent["id"] });
        post(client, &folders, inside).await;
        post(client, &tokens, json!({ "description": name })).await;
        let bundle = json!({ "name": name, "structured_commands": [] });
        post(client, "sudo_command_bundles", bundle).await;
    }
}

fn lists() -> impl Iterator<Item = (&'static str, Paging)> {
    let lists = catalog::operations().filter(|operation| operation.paging != Paging::No);
    lists.map(|operation| (operation.path, operation.paging))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn pages_together_are_the_whole_list(
        users in 1_usize..60,
        page_size in 1_usize..30,
        count in prop::option::of(1_usize..40),
        descending in any::<bool>(),
    ) {
        let config = Config { service_users: users, page_size, ..small() };
        let count_param = count.map(|count| format!("&count={count}")).unwrap_or_default();
        let path = format!("service_users?descending={descending}{count_param}");

        let (names, pages) = run(async { walk(&Client::new(config).await, &path).await });

        let mut wanted: Vec<_> = (1..users).map(|number| format!("svc-{number:04}")).collect();
        wanted.insert(0, "gateway".to_owned());
        if users > 49 {
            wanted[49] = "svc 0049/é".to_owned();
        }
        if descending {
            wanted.reverse();
        }
        prop_assert_eq!(names, wanted);
        let size = count.unwrap_or(page_size).min(page_size);
        prop_assert_eq!(pages, users.div_ceil(size));
    }

    #[test]
    fn pages_are_the_same_walked_back(users in 2_usize..40, page_size in 1_usize..12) {
        let config = Config { service_users: users, page_size, ..small() };

        let (whole, back) = run(async {
            let client = Client::new(config).await;
            let (whole, _) = walk(&client, "service_users").await;
            let last = client.get("service_users?descending=true&count=1").await;
            let last = last.body["list"][0]["id"].as_str().unwrap().to_owned();
            let mut path = Some(format!("service_users?prev=true&offset={last}"));
            let mut back = vec![whole[users - 1].clone()];
            while let Some(url) = path {
                let page = client.get(&url).await;
                let names = page.names().into_iter().map(str::to_owned);
                back.splice(0..0, names);
                let link = page.headers.get("link").map(|link| link.to_str().unwrap());
                path = link.map(|link| link.split(['<', '>']).nth(1).unwrap().to_owned());
            }
            (whole, back)
        });

        prop_assert_eq!(back, whole);
    }
}

#[tokio::test]
async fn list_that_fits_has_no_link() {
    let client = Client::new(Config {
        service_users: 5,
        page_size: 5,
        ..small()
    })
    .await;

    let got = client.get("service_users").await;

    assert_eq!(got.names().len(), 5);
    assert!(!got.headers.contains_key("link"));
}

#[tokio::test]
async fn next_link_is_on_the_host_asked_and_carries_the_query() {
    let client = Client::new(small()).await;

    let got = client.get("service_users?count=2&contains=svc").await;

    let last = got.body["list"][1]["id"].as_str().unwrap();
    let next = got.next().unwrap();
    assert_eq!(
        next,
        format!("http://opa.test:8443{T}/service_users?count=2&contains=svc&offset={last}")
    );
    assert_eq!(client.get(&next).await.names(), ["svc-0003", "svc-0004"]);
}

#[tokio::test]
async fn page_goes_on_where_it_was_if_its_boundary_is_gone() {
    let client = Client::new(small()).await;
    let first = client.get("groups?count=3").await;

    let deleted = client.send(Method::DELETE, "groups/group-0003", None).await;
    let second = client.get(&first.next().unwrap()).await;

    assert_eq!(deleted.status, NO_CONTENT);
    assert_eq!(first.names(), ["everyone", "owners", "group-0003"]);
    assert_eq!(second.names(), ["group-0004"]);
}

#[tokio::test]
async fn every_list_is_paged() {
    let client = Client::new(small()).await;
    furnish(&client).await;
    client.emulator.behave(Behaviour {
        page_everything: true,
        ..Behaviour::default()
    });

    for (template, _) in lists() {
        let path = fill(&client, template).await;
        let (whole, _) = walk_objects(&client, &path).await;
        let (pages, count) = walk_objects(&client, &format!("{path}?count=1")).await;

        assert_eq!(pages, whole, "{path}");
        assert_eq!(count, whole.len().max(1), "{path}");
    }
}

#[tokio::test]
async fn lists_that_are_not_paged_today_are_whole_whatever_is_asked() {
    let client = Client::new(small()).await;
    furnish(&client).await;

    for (template, paging) in lists() {
        let path = fill(&client, template).await;
        let whole = client.get(&path).await;
        let got = client.get(&format!("{path}?count=1")).await;

        let is_whole = got.body == whole.body && !got.headers.contains_key("link");
        let is_long = whole.body["list"].as_array().unwrap().len() > 1;
        assert_eq!(is_whole, paging == Paging::Someday || !is_long, "{path}");
    }
}

#[tokio::test]
async fn paging_that_makes_no_sense_is_refused() {
    let client = Client::new(small()).await;

    for query in [
        "count=0",
        "count=-1",
        "count=many",
        "offset=7",
        "offset=6052868b-1b04-4a14-8288-e6496d7f2f4b",
        "descending=perhaps",
        "prev=2",
    ] {
        let got = client.get(&format!("groups?{query}")).await;
        assert_eq!(got.kind(), (400, "invalid_request"), "{query}");
    }
}
