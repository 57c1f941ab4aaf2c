//! What a store keeps, and what it says when it cannot.

mod damage;
mod killed;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use futures_util::future::join_all;

use super::*;

const KEY: &str = "canary-0123456789abcdef0123456789abcdef";

fn key() -> Secret {
    Secret::new(KEY)
}

/// A place for a store, which is gone when this is dropped.
fn place() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    (directory, path)
}

fn put(table: Table, key: &str, value: &str) -> Change {
    Change::Put {
        table,
        key: key.as_bytes().to_vec(),
        value: value.as_bytes().to_vec(),
    }
}

fn delete(table: Table, key: &str) -> Change {
    Change::Delete {
        table,
        key: key.as_bytes().to_vec(),
    }
}

fn names(store: &Store, table: Table) -> BTreeSet<String> {
    let entries = store.load(table).unwrap().into_iter();
    entries
        .map(|(key, _)| String::from_utf8(key).unwrap())
        .collect()
}

#[tokio::test]
async fn what_was_committed_is_there_when_opened_again() {
    let (_directory, path) = place();
    let store = Store::open(&path, &key()).unwrap();
    let put = |name| put(Table::Users, name, "v");
    store.commit(vec![put("a"), put("b")]).await.unwrap();
    store
        .commit(vec![delete(Table::Users, "a"), put("c")])
        .await
        .unwrap();
    drop(store);

    let store = Store::open(&path, &key()).unwrap();

    assert_eq!(
        names(&store, Table::Users),
        ["b", "c"].map(String::from).into()
    );
    assert_eq!(names(&store, Table::Groups), BTreeSet::new());
}

#[tokio::test]
async fn hashes_and_seals_outlive_the_process() {
    let (_directory, path) = place();
    let store = Store::open(&path, &key()).unwrap();
    let sealed = store.seal("mount", b"canary-token");
    let mac = store.mac("session", b"canary-session");
    drop(store);

    let store = Store::open(&path, &key()).unwrap();

    assert_eq!(
        store.unseal("mount", &sealed).unwrap().expose(),
        "canary-token"
    );
    assert_eq!(store.mac("session", b"canary-session"), mac);
}

#[tokio::test]
async fn many_commits_share_a_write_and_keep_their_order() {
    let (_directory, path) = place();
    let store = Store::open(&path, &key()).unwrap();
    let order = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let commit = |number: usize| {
        let (store, order) = (store.clone(), Arc::clone(&order));
        async move {
            let change = put(Table::Keys, "one", &number.to_string());
            let then = move || order.lock().push(number);
            store.commit_then(vec![change], then).await.unwrap();
        }
    };

    join_all((0..500).map(commit)).await;

    let last = *order.lock().last().unwrap();
    let kept = store.load(Table::Keys).unwrap();
    assert_eq!(kept[0].1, last.to_string().into_bytes());
    drop(store);
    let meta = disk::entries(&disk::open(&path).unwrap(), disk::META).unwrap();
    let writes = meta.iter().find(|(key, _)| key == b"write").unwrap();
    let writes = u64::from_be_bytes(writes.1.as_slice().try_into().unwrap());
    assert!(writes < 50, "{writes} writes for 500 commits");
}

#[tokio::test]
async fn file_is_its_owners_only_even_if_it_was_not() {
    let (_directory, path) = place();
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    drop(Store::open(&path, &key()).unwrap());
    let made = mode();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();

    drop(Store::open(&path, &key()).unwrap());

    assert_eq!((made, mode()), (0o600, 0o600));
}

#[tokio::test]
async fn second_process_is_refused() {
    let (_directory, path) = place();
    let _store = Store::open(&path, &key()).unwrap();

    let second = Store::open(&path, &key()).unwrap_err();

    assert!(matches!(second, Error::InUse(_)), "{second}");
}

#[tokio::test]
async fn other_key_is_refused_and_changes_nothing() {
    let (_directory, path) = place();
    drop(Store::open(&path, &key()).unwrap());
    let other = Secret::new("canary-fedcba9876543210fedcba9876543210");

    let refused = Store::open(&path, &other).unwrap_err();

    assert!(matches!(refused, Error::WrongKey), "{refused}");
    assert!(!format!("{refused} {refused:?}").contains("canary"));
    Store::open(&path, &key()).unwrap();
}

#[tokio::test]
async fn value_that_nobody_keeps_is_refused() {
    let (_directory, path) = place();
    let store = Store::open(&path, &key()).unwrap();
    let large = put(Table::Users, "a", &"x".repeat(disk::LARGEST));

    let refused = store.commit(vec![large]).await.unwrap_err();

    assert!(matches!(refused, Error::TooLarge(_)), "{refused}");
}
