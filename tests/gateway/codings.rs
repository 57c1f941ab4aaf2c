//! gzip: asked for above, given below, never at the cost of a hit.

use std::time::Duration;

use http::header::{ACCEPT_ENCODING, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderName, HeaderValue, Method, Request};
use opagate::coding::gunzip;
use opagate::exchange::Body;
use tokio::time::sleep;

use crate::support::{Gateway, Reply, Setup, get, request};

const LIST: &str = "/v1/teams/demo/service_users";
const SMALL: &str = "/v1/teams/demo/groups/owners";

fn with(mut asked: Request<Body>, name: HeaderName, value: &str) -> Request<Body> {
    asked
        .headers_mut()
        .insert(name, HeaderValue::from_str(value).unwrap());
    asked
}

async fn ask(gateway: &Gateway, path: &str, accepted: &str) -> Reply {
    let asked = with(get(path), ACCEPT_ENCODING, accepted);
    let reply = gateway.reader().send(asked).await;
    // What is made in the background is there before time goes on.
    sleep(Duration::from_millis(1)).await;
    reply
}

/// Has the gzip form of `path` made; gives the plain answer.
async fn warm(gateway: &Gateway, path: &str) -> Reply {
    let plain = ask(gateway, path, "identity").await;
    ask(gateway, path, "gzip").await;
    plain
}

#[tokio::test(start_paused = true)]
async fn gzip_is_given_from_the_second_gzip_hit_on() {
    let gateway = Setup::new().gzip().start();

    let mut seen = Vec::new();
    for accepted in ["gzip", "identity", "gzip", "gzip", "gzip, br", "identity"] {
        let reply = ask(&gateway, LIST, accepted).await;
        assert_eq!(reply.header("vary"), "accept-encoding");
        seen.push(reply.header("content-encoding").to_owned());
    }

    assert_eq!(seen, ["", "", "", "gzip", "gzip", ""]);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn both_codings_are_the_same_list_under_strong_validators_of_their_own() {
    let gateway = Setup::new().gzip().start();
    let plain = warm(&gateway, LIST).await;

    let coded = ask(&gateway, LIST, "gzip").await;

    assert_eq!(plain.names().len(), 250);
    assert_eq!(coded.header("content-encoding"), "gzip");
    assert_eq!(gunzip(&coded.body, 1 << 20).await, Ok(plain.body.clone()));
    assert!(coded.body.len() * 3 < plain.body.len());
    assert_ne!(coded.header("etag"), plain.header("etag"));
    assert!(coded.header("etag").starts_with('"'));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn gzip_form_counts_in_what_is_kept() {
    let gateway = Setup::new().gzip().start();
    ask(&gateway, LIST, "identity").await;
    let (before, _) = gateway.parts.store.size();

    ask(&gateway, LIST, "gzip").await;
    let coded = ask(&gateway, LIST, "gzip").await;

    let length = u64::try_from(coded.body.len()).unwrap();
    let (after, entries) = gateway.parts.store.size();
    // With what the allocator rounds up.
    let added = length + length / 8;
    assert!((added..=added + 1).contains(&(after - before)), "{after}");
    assert_eq!(entries, 1);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn small_answer_stays_plain() {
    let gateway = Setup::new().gzip().start();

    for _ in 0..4 {
        let reply = ask(&gateway, SMALL, "gzip").await;
        assert_eq!(reply.header("content-encoding"), "");
    }

    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn caller_that_refuses_the_plain_form_never_gets_it() {
    let gateway = Setup::new().gzip().start();
    let only = "gzip, identity;q=0";
    let plain = ask(&gateway, SMALL, "identity").await;

    let hit = ask(&gateway, SMALL, only).await;
    let miss = ask(&gateway, LIST, only).await;
    let neither = ask(&gateway, SMALL, "br, *;q=0").await;

    assert_eq!(hit.header("content-encoding"), "gzip");
    assert_eq!(gunzip(&hit.body, 1 << 20).await, Ok(plain.body));
    assert_eq!(miss.header("content-encoding"), "gzip");
    assert_eq!(neither.error(), (406, "not_acceptable".to_owned()));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn caller_that_has_either_form_is_told_so_whichever_is_there() {
    let gateway = Setup::new().gzip().start();
    let plain = warm(&gateway, LIST).await;
    let coded = ask(&gateway, LIST, "gzip").await;
    let tags = [plain.header("etag"), coded.header("etag")];

    for (accepted, known, status) in [
        ("gzip", tags[0], 304),
        ("gzip", tags[1], 304),
        ("identity", tags[0], 304),
        ("identity", tags[1], 200),
        ("gzip, identity;q=0", tags[0], 200),
    ] {
        let asked = with(get(LIST), ACCEPT_ENCODING, accepted);
        let reply = gateway
            .reader()
            .send(with(asked, IF_NONE_MATCH, known))
            .await;

        assert_eq!(reply.status, status, "{accepted} {known}");
        if status == 304 {
            assert_eq!(reply.header("etag"), known);
            assert_eq!(reply.header("content-encoding"), "");
            assert_eq!(reply.body.len(), 0);
        }
    }
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn upstream_hears_its_own_validator_and_the_coding_that_is_wanted() {
    let gateway = Setup::new().gzip().start();
    let coded = "\"abc;opagate-gzip\", \"def\"";
    let mut asked = request(Method::DELETE, SMALL, "");
    asked = with(asked, IF_MATCH, coded);

    gateway.writer().send(asked).await;
    gateway.reader().get(LIST).await;
    let head = with(request(Method::HEAD, LIST, ""), ACCEPT_ENCODING, "gzip");
    let head = gateway.reader().send(head).await;

    let heard = gateway.heard();
    let of = |method: Method, name: HeaderName| -> Vec<String> {
        let asked = heard.iter().filter(|asked| asked.0 == method);
        let values = asked.filter_map(|asked| asked.1.get(&name));
        values.map(|v| v.to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(of(Method::DELETE, IF_MATCH), ["\"abc\", \"def\""]);
    assert_eq!(of(Method::DELETE, ACCEPT_ENCODING), ["identity"]);
    assert_eq!(of(Method::GET, ACCEPT_ENCODING), ["gzip"; 3]);
    assert_eq!(of(Method::HEAD, ACCEPT_ENCODING), ["gzip"]);
    assert_eq!(head.header("content-encoding"), "");
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn it_can_be_turned_off() {
    let gateway = Setup::new().gzip().set("cache.gzip", "false").start();

    for _ in 0..4 {
        let reply = ask(&gateway, LIST, "gzip").await;
        assert_eq!(reply.header("content-encoding"), "");
        assert_eq!(reply.header("vary"), "");
    }

    let heard = gateway.heard();
    let mut asked = heard.iter().map(|asked| asked.1.get(ACCEPT_ENCODING));
    assert!(asked.all(|coding| coding.is_none_or(|coding| coding == "identity")));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn answer_that_only_its_coding_makes_small_is_an_error_and_is_not_kept() {
    let gateway = Setup::new()
        .gzip()
        .set("limits.response_body_bytes", "8000")
        .start();
    let whole = gateway.reader().get(&format!("{LIST}?count=100")).await;

    assert_eq!(whole.error(), (502, "response_too_large".to_owned()));
    assert_eq!(gateway.parts.store.size().1, 0);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn old_answer_is_given_in_gzip_and_fetched_anew_in_gzip_once() {
    let setup = Setup::new().set("cache.class.identity.stale_for", "5m");
    let gateway = setup.gzip().start();
    warm(&gateway, LIST).await;
    let before = gateway.emulator.calls_to(LIST);
    sleep(Duration::from_secs(40)).await;

    let old = ask(&gateway, LIST, "gzip").await;
    let plain = ask(&gateway, LIST, "identity").await;

    assert_eq!(old.header("content-encoding"), "gzip");
    assert!(
        old.header("cache-status")
            .starts_with("opagate; hit; ttl=-")
    );
    assert_eq!(gunzip(&old.body, 1 << 20).await, Ok(plain.body.clone()));
    assert_eq!(plain.header("content-encoding"), "");
    assert!(
        plain
            .header("cache-status")
            .starts_with("opagate; hit; ttl=4")
    );
    let pages = gateway.emulator.calls_to(LIST) - before;
    assert_eq!(pages, before, "as many pages as the first time");
    gateway.finish().await;
}
