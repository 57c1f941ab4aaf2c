//! Files that are no stores, and disks that are full.

use std::collections::BTreeSet;
use std::fs;

use super::killed::{Child, limited};
use super::*;

#[tokio::test]
async fn store_of_another_version_is_told_with_both() {
    let (_directory, path) = place();
    drop(Store::open(&path, &key()).unwrap());
    let file = disk::open(&path).unwrap();
    let transaction = file.begin_write().unwrap();
    let later = 2_u32.to_be_bytes();
    disk::fill(&transaction, disk::META, [(&b"version"[..], &later[..])]).unwrap();
    transaction.commit().unwrap();
    drop(file);

    let refused = Store::open(&path, &key()).unwrap_err();

    assert_eq!(
        refused.to_string(),
        "the store has version 2, and this program knows version 1 only"
    );
}

#[tokio::test]
async fn what_is_no_store_is_refused_and_left_as_it_is() {
    let (_directory, path) = place();
    for other in ["", "[store]\n", "redb but not really", &"x".repeat(100_000)] {
        fs::write(&path, other).unwrap();

        let refused = Store::open(&path, &key()).unwrap_err();

        let is_told = matches!(refused, Error::NotAStore(_));
        assert!(is_told, "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), other);
    }
}

#[tokio::test]
async fn place_that_cannot_be_is_told() {
    let (directory, path) = place();
    fs::create_dir(&path).unwrap();

    let of_directory = Store::open(&path, &key()).unwrap_err();
    let nowhere = Store::open(&directory.path().join("no/store"), &key()).unwrap_err();

    assert!(matches!(of_directory, Error::File { .. }), "{of_directory}");
    assert!(matches!(nowhere, Error::File { .. }), "{nowhere}");
}

/// The file may not grow beyond two megabytes: to the program, a full disk.
#[test]
fn full_disk_is_told_and_nothing_is_half_written() {
    let (_directory, path) = place();
    drop(Store::open(&path, &key()).unwrap());
    let mut child = Child::start(limited(2048), &path, 0, 100_000);

    let (written, refused) = child.until_end();

    let store = Store::open(&path, &key()).unwrap();
    let kept = names(&store, Table::Sessions);
    let twins = names(&store, Table::Users);
    assert!(written.len() > 100, "{} were written", written.len());
    assert!(!refused.is_empty());
    assert_eq!(
        kept,
        written
            .iter()
            .map(|number| format!("{number:08}"))
            .collect::<BTreeSet<_>>()
    );
    assert_eq!(kept, twins);
}
