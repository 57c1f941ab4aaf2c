//! No message shows a secret, and secrets come from where they are said to be.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

const ID: &str = "00000000-0000-4000-8000-000000000001";

/// A team with `key` as the body of its one key.
fn team(key: &str) -> String {
    format!(
        "[[team]]\nname = 'a'\nurl = 'https://a.example'\n[[team.principal]]\nname = 'p'\n\
         [[team.principal.key]]\n{key}\n"
    )
}

#[test]
fn no_mistake_shows_a_secret() {
    for key in [
        format!("id = '{ID}'\nsecret = 'canary'\nnope = 1"),
        format!("id = '{ID}'\nsecrt = 'canary'"),
        "id = 'canary'\nsecret = 'canary'".to_owned(),
        format!("id = '{ID}'\nsecret = ['canary']"),
        format!("id = '{ID}'\nsecret = {{ value = 'canary' }}"),
        format!("id = '{ID}'\nsecret.value = 'canary'"),
        format!("id = '{ID}'\nsecret = '''\ncanary\n${{file:x}}'''"),
        format!("id = '{ID}'\nsecret = '${{NOPE:-canary}}${{NOPE}}'"),
        format!("id = '{ID}'\nsecret = 'canary\nid = 2"),
        format!("id = '{ID}'\nsecret = canary"),
        format!("id = '{ID}'\nsecret = \"\"\"\ncanary\n"),
        format!("id = '{ID}'\nsecret = 'x'\n[[team.principal.kye]]\nsecret = 'canary'"),
        format!("id = '{ID}'\nsecret = 'x'\n[[caller]]\nname = 'c'\ntoken_sha256 = 'canary'"),
        format!("id = '{ID}'\nsecret = 'x'\n[[caller]]\nname = 'c'\ntoken = 'canary'"),
        format!("id = '{ID}'\nsecret = 'x'\n[[team]]\nname='b'\nurl = 'https://u:canary@x'"),
        format!("id = '{ID}'\nsecret = 'x'\n[[team]]\nname='b'\nproxy = 'http://u:canary@x'"),
        format!("id = '{ID}'\nsecret = 'x'\n[trace]\notlp_endpoint = 'https://u:canary@x'"),
    ] {
        let mistakes = load(&team(&key), "opagate.toml", []).unwrap_err();

        let shown = format!("{mistakes} {} {mistakes:?}", mistakes.styled());
        assert!(!shown.contains("canary"), "{key}\n{shown}");
    }
}

#[test]
fn place_right_of_a_secret_is_still_right() {
    let shown = refused(
        "[[team]]\nname = 'a'\nurl = 'https://a.example'\n[[team.principal]]\nname = 'p'\n\
         key = [{ secret = 'canary', nope = 1, id = '00000000-0000-4000-8000-000000000001' }]\n",
        &[],
    );

    assert!(shown.contains("--> opagate.toml:6:29"), "{shown}");
    assert!(shown.contains("secret = ********, nope"), "{shown}");
}

#[test]
fn secret_may_be_a_file_that_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    fs::write(&file, "canary\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let text = team(&format!(
        "id = '{ID}'\nsecret = '${{file:{}}}'",
        file.display()
    ));

    let loaded = load(&text, "opagate.toml", []).unwrap();

    let source = &loaded.config.teams[0].principals[0].keys[0].secret;
    assert!(matches!(source, Source::File(path) if *path == file));
    assert!(!loaded.warnings.to_string().contains("everybody"));
    assert_eq!(
        show(&accepted(&show(&loaded.config), &[])),
        show(&loaded.config)
    );
}

#[test]
fn file_that_everybody_may_read_is_warned_of() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    fs::write(&file, "canary").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();

    let shown = warned(&team(&format!(
        "id = '{ID}'\nsecret = '${{file:{}}}'",
        file.display()
    )));

    assert!(
        shown.contains("warning: everybody on this machine may read"),
        "{shown}"
    );
    assert!(shown.contains("--> opagate.toml:8:10"), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn file_that_is_empty_or_not_there_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty");
    fs::write(&empty, "\n").unwrap();
    let of = |path: &Path| {
        team(&format!(
            "id = '{ID}'\nsecret = '${{file:{}}}'",
            path.display()
        ))
    };

    let shown = refused(&of(&empty), &[]);
    assert!(
        shown.contains("is read from a file that is empty"),
        "{shown}"
    );
    let shown = refused(&of(&directory.path().join("none")), &[]);
    assert!(
        shown.contains("is in a file that cannot be read"),
        "{shown}"
    );
    assert!(shown.contains("--> opagate.toml:8:10"), "{shown}");
}

#[test]
fn store_takes_its_key_from_a_file_and_shows_neither_it_nor_a_value() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    fs::write(&file, "canary-0123456789abcdef0123456789abcdef\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let of = |key: &str| format!("[store]\npath = '/tmp/store'\nkey = '{key}'\n");
    let named = format!("${{file:{}}}", file.display());

    let by_file = accepted(&of(&named), &[]);
    let by_value = accepted(&of("canary-0123456789abcdef0123456789abcdef"), &[]);
    let short = refused(&of("canary-short"), &[]);
    let alone = refused("[store]\npath = '/tmp/store'\n", &[]);
    let nowhere = refused(&format!("[store]\nkey = '{named}'\n"), &[]);

    assert_eq!(show(&accepted(&show(&by_file), &[])), show(&by_file));
    assert!(!show(&by_value).contains("canary"));
    assert!(short.contains("`store.key` must have at least 32 characters"));
    assert!(!short.contains("canary"), "{short}");
    assert!(short.contains("--> opagate.toml:3:7"), "{short}");
    assert!(alone.contains("`store.key` is missing"), "{alone}");
    assert!(nowhere.contains("`store.path` is missing"), "{nowhere}");
}
