//! Tells what would happen to a request at a running gateway, and why.

use std::io::{self, Write};

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::End;
use super::arguments::Why;
use super::status::{number, seconds_of, text, told};
use super::table::Color;

/// Asks, and tells it: 0 if it would be let in, 1 if not.
pub(super) fn why(asked: &Why, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<End> {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut target = format!(
        "/api/why?method={}&path={}",
        encoded(asked.method.as_str()),
        encoded(&asked.path.to_string())
    );
    if let Some(caller) = &asked.caller {
        target = format!("{target}&caller={}", encoded(caller));
    }
    let told = match told(&asked.at.url, &target) {
        Ok(told) => told,
        Err(said) => {
            writeln!(err, "{}: {said}", asked.at.url)?;
            return Ok(End::Unavailable);
        }
    };
    if asked.at.json {
        writeln!(out, "{told}")?;
    } else {
        tell(asked, &told, out)?;
    }
    let is_allowed = told.pointer("/access/is_allowed") == Some(&Value::Bool(true));
    Ok(if is_allowed { End::Done } else { End::Failed })
}

fn tell(asked: &Why, told: &Value, out: &mut dyn Write) -> io::Result<()> {
    let allowed = text(told, "/access/principal");
    let (word, color) = if allowed.is_empty() {
        (
            format!("refused: {}", text(told, "/access/error")),
            Color::Bad,
        )
    } else {
        (format!("allowed, as {allowed}"), Color::Good)
    };
    let caller = text(told, "/caller");
    writeln!(out, "{} {} by `{caller}`", asked.method, asked.path)?;
    writeln!(out, "  then:    {}", text(told, "/then"))?;
    writeln!(
        out,
        "  access:  {}; {}",
        color.paint(&word),
        text(told, "/access/because")
    )?;
    let rule = text(told, "/access/rule/path");
    if !rule.is_empty() {
        let (policy, line) = (
            text(told, "/access/rule/policy"),
            number(told, "/access/rule/line"),
        );
        writeln!(
            out,
            "  rule:    policy `{policy}`, line {line}: path \"{rule}\""
        )?;
    }
    if told.pointer("/kept").is_some() && asked.method == Method::GET {
        writeln!(out, "  kept:    {}", kept(told))?;
    }
    if told.pointer("/limit").is_some() {
        let of = |name: &str| number(told, &format!("/limit/{name}"));
        let wait = match of("wait_seconds") {
            wait if wait < 0.001 => "it would not wait".to_owned(),
            wait => format!("it would wait {}", seconds_of(wait)),
        };
        writeln!(
            out,
            "  limit:   {:.0} of {:.0} left, {} wait; {wait}",
            of("remaining"),
            of("limit"),
            of("waiting")
        )?;
    }
    Ok(())
}

fn kept(told: &Value) -> String {
    let age = seconds_of(number(told, "/kept/age_seconds"));
    let left = seconds_of(number(told, "/kept/fresh_seconds"));
    match text(told, "/kept/state") {
        "fresh" => format!("{age} old, fresh for {left} more"),
        "old" => format!("{age} old, no longer fresh"),
        "touched" => format!("{age} old, but a write has touched it"),
        "absent" => "nothing".to_owned(),
        _ => "answers like it are never kept".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::arguments::Admin;

    #[test]
    fn each_answer_is_told_with_its_reason() {
        let asked = Why {
            at: Admin {
                url: "http://127.0.0.1:1".parse().unwrap(),
                json: false,
            },
            caller: None,
            method: Method::GET,
            path: "/v1/teams/acme/groups".parse().unwrap(),
        };
        let told = json!({
            "caller": "tool",
            "then": "answered from memory, without asking the upstream",
            "access": {"is_allowed": true, "principal": "acme/tf", "because": "the rule grants `list`",
                       "rule": {"policy": "groups", "line": 2, "path": "teams/acme/*"}},
            "kept": {"state": "fresh", "age_seconds": 12.0, "fresh_seconds": 180.0},
            "limit": {"remaining": 97.4, "limit": 100.0, "waiting": 0, "wait_seconds": 0.0},
        });
        let mut out = Vec::new();

        tell(&asked, &told, &mut out).unwrap();

        let expected = "\
GET /v1/teams/acme/groups by `tool`
  then:    answered from memory, without asking the upstream
  access:  allowed, as acme/tf; the rule grants `list`
  rule:    policy `groups`, line 2: path \"teams/acme/*\"
  kept:    12 s old, fresh for 3 min more
  limit:   97 of 100 left, 0 wait; it would not wait
";
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(anstream::adapter::strip_str(&shown).to_string(), expected);
    }
}
