//! The policies that `access` in the configuration stands for.

use std::fmt::Write;
use std::sync::Arc;

use super::{Policy, policy_path};
use crate::caller::Access;
use crate::operation::ROWS;

/// The policy that a short form stands for.
///
/// # Panics
///
/// Never: what it says is written here.
pub fn of_access(access: Access) -> Arc<Policy> {
    let (name, text) = match access {
        Access::Read => ("access=read", format!("{READER}{OURS}")),
        Access::Write => ("access=write", format!("{}{OURS}", writer())),
    };
    let policy = Policy::parse(name, &text).expect("our own policies are right");
    Arc::new(Policy {
        short_for: Some(access),
        ..policy
    })
}

const READER: &str = r#"path "*" {
  capabilities = ["read", "list"]
}
"#;

/// What short forms do not grant: the gateway's own paths, but to see who one is.
const OURS: &str = r#"path "auth/*" {
  capabilities = ["deny"]
}
path "sys/*" {
  capabilities = ["deny"]
}
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "sys/capabilities-self" {
  capabilities = ["update"]
}
"#;

/// Name and text of what every token may do unless it is made without; Vault's, as far as it is about
/// tokens.
pub(super) const DEFAULT: (&str, &str) = (
    "default",
    r#"# Tokens look themselves up, renew and revoke themselves, and ask what they may do.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
path "auth/token/revoke-self" {
  capabilities = ["update"]
}
path "sys/capabilities-self" {
  capabilities = ["update"]
}
"#,
);

/// Name and text of what may do everything.
pub(super) const ROOT: (&str, &str) = (
    "root",
    r#"path "*" {
  capabilities = ["create", "read", "update", "delete", "list", "patch", "sudo"]
}
"#,
);

/// One of those above.
pub(super) fn own((name, text): (&str, &str)) -> Arc<Policy> {
    Arc::new(Policy::parse(name, text).expect("our own policies are right"))
}

/// Everything but what belongs to the gateway itself; what shows a secret is named.
fn writer() -> String {
    let mut text = String::new();
    let secrets = ROWS.iter().filter(|row| row.shows_secret());
    let mut paths: Vec<String> = secrets.map(|row| spelled_out(row.route, None)).collect();
    paths.dedup();
    paths.push("*".to_owned());
    for path in paths {
        writeln!(text, "path \"{path}\" {{\n  capabilities = [{ALL}]\n}}")
            .expect("a String takes any text");
    }
    text
}

/// The path of a rule that names what `route` leads to: `+` for all that has no fixed name, but the
/// team if it is given.
pub fn spelled_out<'a>(route: &'a str, team: Option<&'a str>) -> String {
    let word = |word: &'a str| match word {
        "{team}" => team.unwrap_or("+"),
        _ if word.starts_with('{') => "+",
        _ => word,
    };
    let words = policy_path(route).split('/').map(word);
    words.collect::<Vec<_>>().join("/")
}

const ALL: &str = r#""create", "read", "update", "delete", "list", "patch""#;
