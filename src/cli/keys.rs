//! Virtual keys of a running gateway: made, listed, rotated, revoked.

use std::io::{self, Write};

use http::Uri;
use serde_json::{Value, json};

use crate::cli::End;
use crate::cli::admin::{Answer, call};
use crate::cli::arguments::{Admin, CreateKey, Keys, RevokeKey, RotateKey};

/// Does what is asked for.
pub(super) fn keys(keys: &Keys, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<End> {
    match keys {
        Keys::Create(create) => {
            let CreateKey {
                name,
                policies,
                ttl,
                cidrs,
                admin,
            } = create;
            let ttl = ttl.map(|ttl| humantime::format_duration(*ttl).to_string());
            let wish = json!({ "name": name, "policies": policies, "ttl": ttl, "cidrs": cidrs });
            let answer = call(&admin.url, "POST", PATH, &wish);
            finish(admin, answer, out, err, tell_secret)
        }
        Keys::List(admin) => {
            let answer = call(&admin.url, "GET", PATH, &Value::Null);
            finish(admin, answer, out, err, tell_list)
        }
        Keys::Rotate(RotateKey {
            key,
            overlap,
            admin,
        }) => {
            let wish = json!({ "overlap": humantime::format_duration(**overlap).to_string() });
            let path = format!("{PATH}/{key}/rotate");
            let answer = call(&admin.url, "POST", &path, &wish);
            finish(admin, answer, out, err, tell_secret)
        }
        Keys::Revoke(RevokeKey { key, yes, admin }) => {
            if !yes {
                let help = "say `--yes`; its tokens end at once, and nothing brings them back";
                writeln!(
                    err,
                    "error: this takes the key `{key}` away\n = help: {help}"
                )?;
                return Ok(End::Unconfirmed);
            }
            let path = format!("{PATH}/{key}");
            let answer = call(&admin.url, "DELETE", &path, &Value::Null);
            finish(admin, answer, out, err, |answer, out| {
                let id = answer["revoked"].as_str().unwrap_or_default();
                writeln!(out, "{id} is revoked, and its tokens with it")
            })
        }
    }
}

fn finish(
    admin: &Admin,
    answer: Result<Answer, String>,
    out: &mut dyn Write,
    err: &mut dyn Write,
    tell: impl FnOnce(&Value, &mut dyn Write) -> io::Result<()>,
) -> io::Result<End> {
    match answer {
        Ok((status, body)) if status < 300 => {
            if admin.json {
                serde_json::to_writer_pretty(&mut *out, &body)?;
                writeln!(out)?;
            } else {
                tell(&body, out)?;
            }
            Ok(End::Done)
        }
        Ok((status, body)) => {
            let why = body
                .get("message")
                .and_then(Value::as_str)
                .unwrap_or("no reason told");
            writeln!(err, "error: {why} ({status})")?;
            Ok(End::Failed)
        }
        Err(why) => {
            let url: &Uri = &admin.url;
            writeln!(err, "error: {url}: {why}")?;
            writeln!(
                err,
                " = help: `--url` says where the admin listener of the gateway is"
            )?;
            Ok(End::Unavailable)
        }
    }
}

fn tell_secret(key: &Value, out: &mut dyn Write) -> io::Result<()> {
    let word = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
    writeln!(out, "name        {}", word("name"))?;
    writeln!(out, "key_id      {}", word("key_id"))?;
    writeln!(out, "key_secret  {}", word("key_secret"))?;
    if let Some(until) = key["old_secret_until"].as_str() {
        writeln!(out, "the secret before is good until {until}")?;
    }
    writeln!(out, "the secret is shown this once")
}

fn tell_list(body: &Value, out: &mut dyn Write) -> io::Result<()> {
    let keys = body["keys"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let width = |name: &str| {
        let lengths = keys
            .iter()
            .map(|key| key[name].as_str().unwrap_or_default().len());
        lengths.max().unwrap_or(0).max(name.len())
    };
    let (name, id) = (width("name"), width("key_id"));
    writeln!(
        out,
        "{:name$}  {:id$}  {:20}  POLICIES",
        "NAME", "KEY_ID", "CREATED"
    )?;
    for key in keys {
        let word = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
        let policies = key["policies"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let policies: Vec<_> = policies.iter().filter_map(Value::as_str).collect();
        writeln!(
            out,
            "{:name$}  {:id$}  {:20}  {}",
            word("name"),
            word("key_id"),
            word("created"),
            policies.join(", ")
        )?;
    }
    Ok(())
}

const PATH: &str = "/api/keys";

#[cfg(test)]
mod tests {
    use super::*;

    fn admin() -> Admin {
        Admin {
            url: "http://127.0.0.1:1".parse().unwrap(),
            json: false,
        }
    }

    #[test]
    fn key_is_not_taken_away_unless_that_is_said() {
        let revoke = Keys::Revoke(RevokeKey {
            key: "tf".to_owned(),
            yes: false,
            admin: admin(),
        });
        let (mut out, mut err) = (Vec::new(), Vec::new());

        let end = keys(&revoke, &mut out, &mut err).unwrap();

        assert_eq!(end, End::Unconfirmed);
        assert!(String::from_utf8(err).unwrap().contains("`--yes`"));
    }

    #[test]
    fn answers_are_told_and_refusals_too() {
        let mut out = Vec::new();
        let key = json!({ "name": "tf", "key_id": "1", "policies": ["a", "b"], "created": "now" });
        tell_list(&json!({ "keys": [key] }), &mut out).unwrap();
        let list = String::from_utf8(out).unwrap();
        let refused = json!({ "message": "there is no such key" });
        let (mut out, mut err) = (Vec::new(), Vec::new());

        let answer = Ok((404, refused));
        let end = finish(&admin(), answer, &mut out, &mut err, tell_secret).unwrap();
        let nobody = Err("cannot be reached".to_owned());
        let gone = finish(&admin(), nobody, &mut out, &mut err, tell_secret).unwrap();

        assert!(
            list.lines().nth(1).unwrap().starts_with("tf    1"),
            "{list}"
        );
        assert!(list.ends_with("a, b\n"), "{list}");
        assert_eq!((end, gone), (End::Failed, End::Unavailable));
        let err = String::from_utf8(err).unwrap();
        assert!(
            err.starts_with("error: there is no such key (404)"),
            "{err}"
        );
    }
}
