//! Keys, as operators' tools ask for them.

use bytes::Bytes;
use http_body_util::Full;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::keys;
use crate::policy::Book;
use crate::sessions::{self, Epoch, Sessions};
use crate::testing;

fn open(directory: &TempDir) -> Keys {
    let store = testing::store(directory.path());
    let (book, epoch) = (Book::new(&[], [], 0), Epoch::default());
    let sessions = Sessions::load(sessions::Config::default(), &store, &book, &epoch, &[]);
    let taken = vec!["taken".to_owned()];
    Keys::load(keys::Config::default(), &store, &sessions.unwrap(), taken).unwrap()
}

/// Status and body.
async fn ask(keys: Option<&Keys>, method: &str, path: &str, body: &str) -> (u16, Value) {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1:8081")
        .header("x-opagate-admin", "1")
        .header("content-type", "application/json");
    let (head, ()) = request.body(()).unwrap().into_parts();
    let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
    let response = answer(keys, &head, body).await;
    let response = response.unwrap_or_else(Refusal::to_response);
    let body = response.body().whole().unwrap();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    (response.status().as_u16(), body)
}

#[tokio::test(start_paused = true)]
async fn secret_is_shown_to_who_makes_it_and_to_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let keys = open(&directory);
    let keys = Some(&keys);
    let wish = r#"{"name":"tf","policies":["dev"],"ttl":"2h","cidrs":["10.0.0.0/8"]}"#;

    let (status, made) = ask(keys, "POST", PATH, wish).await;
    let (_, listed) = ask(keys, "GET", PATH, "").await;
    let (_, rotated) = ask(keys, "POST", "/api/keys/tf/rotate", "{}").await;

    assert_eq!((status, &made["ttl_seconds"]), (201, &7200.into()));
    let secret = made["key_secret"].as_str().unwrap();
    assert_eq!(secret.len(), 64);
    assert_ne!(rotated["key_secret"], secret);
    assert!(rotated["old_secret_until"].is_string());
    assert_eq!(listed["keys"][0]["name"], "tf");
    assert!(!listed.to_string().contains("secret\":\""), "{listed}");
    let path = format!("/api/keys/{}", made["key_id"].as_str().unwrap());
    assert_eq!(ask(keys, "DELETE", &path, "").await.0, 200);
    assert_eq!(ask(keys, "DELETE", &path, "").await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_meant_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let keys = open(&directory);
    for (method, path, body, status) in [
        ("POST", PATH, "", 400),
        ("POST", PATH, "[]", 400),
        ("POST", PATH, r#"{"name":"a b"}"#, 400),
        ("POST", PATH, r#"{"name":"a","ttl":"59m"}"#, 400),
        ("POST", PATH, r#"{"name":"a","ttl":"soon"}"#, 400),
        ("POST", PATH, r#"{"name":"a","cidrs":["x"]}"#, 400),
        ("POST", PATH, r#"{"name":"a","policies":["root"]}"#, 400),
        ("POST", PATH, r#"{"name":"a","policy":"dev"}"#, 400),
        ("POST", PATH, r#"{"name":"Taken"}"#, 409),
        ("POST", "/api/keys/none/rotate", "{}", 404),
        ("POST", "/api/keys/none/spin", "{}", 404),
        ("DELETE", "/api/keys/none", "", 404),
        ("PUT", PATH, "{}", 405),
        ("GET", "/api/keys/none", "", 405),
    ] {
        let (found, told) = ask(Some(&keys), method, path, body).await;

        assert_eq!(found, status, "{method} {path} {body}: {told}");
        assert!(told["message"].is_string(), "{told}");
    }
    assert!(keys.list().is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_a_store_it_is_said_what_to_set() {
    let (status, told) = ask(None, "POST", PATH, r#"{"name":"a"}"#).await;

    assert_eq!((status, &told["type"]), (409, &"no_store".into()));
    assert!(told["message"].as_str().unwrap().contains("`store.path`"));
}
