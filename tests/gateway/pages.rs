//! Callers that page themselves.

use crate::support::{Client, Gateway};

const LIST: &str = "/v1/teams/demo/service_users";

/// The target of a link to this gateway, if it has this relation.
fn target(link: &str, relation: &str) -> Option<String> {
    let (url, rest) = link.split_once('>')?;
    assert_eq!(rest, format!("; rel=\"{relation}\""));
    let path = url.strip_prefix("<http://gateway.test").unwrap();
    Some(path.to_owned())
}

/// Follows the links from `path` on; returns the names on each page.
async fn follow(client: &Client, path: &str, relation: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let reply = client.get(&path).await;
        assert_eq!(reply.status, 200, "{path}");
        pages.push(reply.names());
        next = target(reply.header("link"), relation);
    }
    pages
}

#[tokio::test(start_paused = true)]
async fn pages_lead_from_one_to_the_next_on_the_host_that_was_asked() {
    let gateway = Gateway::start();
    let whole = gateway.reader().get(LIST).await.names();

    let pages = follow(&gateway.reader(), &format!("{LIST}?count=60"), "next").await;

    let sizes: Vec<_> = pages.iter().map(Vec::len).collect();
    assert_eq!(sizes, [60, 60, 60, 60, 10]);
    assert_eq!(pages.concat(), whole);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn page_is_kept_like_any_other_answer() {
    let gateway = Gateway::start();
    let path = format!("{LIST}?count=60");

    let first = gateway.reader().get(&path).await;
    let second = gateway.reader().get(&path).await;

    assert_eq!(second.header("cache-status"), "opagate; hit; ttl=5");
    assert_eq!(first.header("link"), second.header("link"));
    assert_eq!(first.body, second.body);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn filters_go_along_with_a_merged_list() {
    let gateway = Gateway::start();

    let reply = gateway
        .reader()
        .get(&format!("{LIST}?contains=svc-00"))
        .await;

    let names = reply.names();
    assert!(names.len() > 90 && names.iter().all(|name| name.starts_with("svc-00")));
    gateway.finish().await;
}
