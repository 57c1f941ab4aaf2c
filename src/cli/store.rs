//! Copies the store of a configuration, and puts a copy into its place.

use std::io::{self, Write};

use crate::cli::End;
use crate::cli::arguments::{Backup, Restore};
use crate::cli::check::load;
use crate::store::{self, Error};

/// Copies the store to a file.
pub(super) fn backup(backup: Backup, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<End> {
    let Backup { file, copy } = backup;
    let store = match load(file.config, err) {
        Ok((config, _)) => config.store,
        Err(end) => return Ok(end),
    };
    let Some(store) = store else {
        return without(err);
    };
    let key = store.secret();
    let copied = key.and_then(|key| store::backup(&store.path, &key, &copy));
    told(copied, out, err, |count| {
        let (from, to) = (store.path.display(), copy.display());
        format!("{count} entries of {from} are in {to}; its key is not")
    })
}

/// Puts a copy into the store's place.
pub(super) fn restore(
    restore: Restore,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<End> {
    let Restore { file, yes, copy } = restore;
    let store = match load(file.config, err) {
        Ok((config, _)) => config.store,
        Err(end) => return Ok(end),
    };
    let Some(store) = store else {
        return without(err);
    };
    if store.path.exists() && !yes {
        let path = store.path.display();
        let help = format!("move {path} away, or say `--yes` to replace it");
        writeln!(err, "error: there is a store already\n = help: {help}")?;
        return Ok(End::Unconfirmed);
    }
    let key = store.secret();
    let copied = key.and_then(|key| store::restore(&copy, &key, &store.path));
    told(copied, out, err, |count| {
        let (from, to) = (copy.display(), store.path.display());
        format!("{count} entries of {from} are in {to}")
    })
}

fn without(err: &mut dyn Write) -> io::Result<End> {
    let help = "set `store.path` and `store.key`";
    writeln!(
        err,
        "error: the configuration has no store\n = help: {help}"
    )?;
    Ok(End::Misconfigured)
}

fn told(
    result: Result<usize, Error>,
    out: &mut dyn Write,
    err: &mut dyn Write,
    done: impl FnOnce(usize) -> String,
) -> io::Result<End> {
    match result {
        Ok(count) => {
            writeln!(out, "{}", done(count))?;
            Ok(End::Done)
        }
        Err(error) => {
            writeln!(err, "error: {error}")?;
            match error {
                Error::InUse(_) => {
                    writeln!(err, " = help: stop the gateway that runs on it first")?;
                    Ok(End::Unavailable)
                }
                Error::WrongKey | Error::ShortKey => Ok(End::Misconfigured),
                Error::File { .. }
                | Error::NotAStore(_)
                | Error::Version { .. }
                | Error::Disk(_)
                | Error::Sealed
                | Error::TooLarge(_) => Ok(End::Failed),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::cli::arguments::File;
    use crate::secret::Secret;
    use crate::store::{Change, Config, Store, Table};

    const KEY: &str = "canary-0123456789abcdef0123456789abcdef";

    /// A directory with a configuration of a store in it.
    fn configured() -> (tempfile::TempDir, File, Config) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store");
        let key = directory.path().join("key");
        fs::write(&key, KEY).unwrap();
        let text = format!(
            "[store]\npath = '{}'\nkey = '${{file:{}}}'\n",
            path.display(),
            key.display()
        );
        let file = directory.path().join("opagate.toml");
        fs::write(&file, text).unwrap();
        let config = crate::config::read(&file).unwrap().config.store.unwrap();
        let file = File { config: Some(file) };
        (directory, file, config)
    }

    fn again(file: &File) -> File {
        File {
            config: file.config.clone(),
        }
    }

    async fn put(store: &Store, name: &str) {
        let change = Change::Put {
            table: Table::Policies,
            key: name.as_bytes().to_vec(),
            value: b"text".to_vec(),
        };
        store.commit(vec![change]).await.unwrap();
    }

    fn names(path: &Path) -> Vec<Vec<u8>> {
        let store = Store::open(path, &Secret::new(KEY)).unwrap();
        let entries = store.load(Table::Policies).unwrap();
        entries.into_iter().map(|(name, _)| name).collect()
    }

    #[tokio::test]
    async fn copy_brings_back_what_was_there_when_it_was_made() {
        let (directory, file, config) = configured();
        let copy = directory.path().join("copy");
        let store = Store::of(&config).unwrap();
        put(&store, "before").await;
        drop(store);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let asked = Backup {
            file: again(&file),
            copy: copy.clone(),
        };
        let saved = backup(asked, &mut out, &mut err).unwrap();
        put(&Store::of(&config).unwrap(), "after").await;

        let asked = Restore {
            file: again(&file),
            yes: true,
            copy,
        };
        let restored = restore(asked, &mut out, &mut err).unwrap();

        let err = String::from_utf8(err).unwrap();
        assert_eq!((saved, restored), (End::Done, End::Done), "{err}");
        assert_eq!(names(&config.path), [b"before"]);
    }

    #[tokio::test]
    async fn store_in_use_is_neither_copied_nor_replaced() {
        let (directory, file, config) = configured();
        let copy = directory.path().join("copy");
        let store = Store::of(&config).unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());

        let asked = Backup {
            file: again(&file),
            copy: copy.clone(),
        };
        let saved = backup(asked, &mut out, &mut err).unwrap();
        Store::open(&copy, &Secret::new(KEY)).unwrap();
        let asked = Restore {
            file,
            yes: true,
            copy,
        };
        let restored = restore(asked, &mut out, &mut err).unwrap();

        assert_eq!((saved, restored), (End::Unavailable, End::Unavailable));
        assert!(String::from_utf8(err).unwrap().contains("is in use by"));
        put(&store, "still works").await;
    }

    #[tokio::test]
    async fn store_that_is_there_is_replaced_only_if_told_so() {
        let (directory, file, config) = configured();
        drop(Store::of(&config).unwrap());
        let (mut out, mut err) = (Vec::new(), Vec::new());

        let asked = Restore {
            file,
            yes: false,
            copy: directory.path().join("copy"),
        };
        let restored = restore(asked, &mut out, &mut err).unwrap();

        assert_eq!(restored, End::Unconfirmed);
        assert!(String::from_utf8(err).unwrap().contains("`--yes`"));
    }
}
