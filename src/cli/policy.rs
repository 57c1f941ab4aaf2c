//! Tells which rule decides about a request; nothing is sent, and nobody needs to run.

use std::io::{self, Write};

use crate::app::{self, principals};
use crate::auth::Accounts;
use crate::authorize::{Authorize, Explanation, Told};
use crate::cli::End;
use crate::cli::arguments::Explain;
use crate::cli::check::load;
use crate::operation::Operation;

/// Prints what the policies of the configuration say of a request.
pub(super) fn explain(
    explain: &Explain,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<End> {
    let config = match load(explain.file.config.clone(), err) {
        Ok((config, _)) => config,
        Err(end) => return Ok(end),
    };
    let explanation = match explanation(explain, &config) {
        Ok(explanation) => explanation,
        Err(said) => {
            writeln!(err, "error: {said}")?;
            return Ok(End::Misconfigured);
        }
    };
    if explain.json {
        serde_json::to_writer_pretty(&mut *out, &explanation)?;
        writeln!(out)?;
    } else {
        tell(&explanation, out)?;
    }
    Ok(if explanation.is_allowed {
        End::Done
    } else {
        End::Failed
    })
}

fn explanation(explain: &Explain, config: &app::Config) -> Result<Explanation, String> {
    let principals = principals(&config.teams);
    let accounts = Accounts::new(&config.callers, &principals);
    let caller = accounts.of_name(&explain.caller).ok_or_else(|| {
        let names = config.callers.iter().map(|caller| caller.name.as_str());
        let names = names.collect::<Vec<_>>().join(", ");
        format!("no caller is named `{}`\n = known: {names}", explain.caller)
    })?;
    let operation = Operation::parse(&explain.method, &explain.path);
    let operation = operation.map_err(|error| error.to_string())?;
    Ok(Authorize::new(&principals).explain(&caller, &operation))
}

fn tell(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let answer = match (&explanation.principal, explanation.error) {
        (Some(principal), _) => format!("allowed, as {principal}"),
        (None, error) => format!("refused: {}", error.unwrap_or_default()),
    };
    writeln!(out, "{answer}")?;
    writeln!(
        out,
        "  asked:      {} needs `{}` at {}",
        explanation.operation, explanation.capability, explanation.path
    )?;
    if let Some(rule) = &explanation.rule {
        tell_rule("  decided by:", rule, out)?;
    }
    writeln!(out, "  because:    {}", explanation.because)?;
    for other in &explanation.others {
        tell_rule("  not by:    ", other, out)?;
    }
    Ok(())
}

fn tell_rule(what: &str, rule: &Told, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{what} policy `{}`, line {}: path \"{}\" [{}], as {}",
        rule.policy,
        rule.line,
        rule.path,
        rule.capabilities.join(", "),
        rule.principal
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use http::Method;
    use serde_json::Value;

    use super::*;
    use crate::cli::arguments::File;

    const FILE: &str = r#"
[[team]]
name = "acme"
url = "https://acme.pam.okta.com"
[[team.principal]]
name = "opagate"
[[team.principal.key]]
id = "00000000-0000-4000-8000-000000000000"
secret = "s"

[[policy]]
name = "groups"
rules = '''
path "teams/acme/*" {
  capabilities = ["list"]
}
path "teams/acme/groups/*" {
  capabilities = ["read", "create"]
  principal    = "acme/opagate"
}
'''

[[caller]]
name = "tool"
token_sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
policies = ["groups"]
"#;

    fn explained(caller: &str, method: Method, path: &str, json: bool) -> (End, String, String) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("opagate.toml");
        fs::write(&file, FILE).unwrap();
        let asked = Explain {
            file: File { config: Some(file) },
            caller: caller.to_owned(),
            json,
            method,
            path: path.parse().unwrap(),
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());

        let end = explain(&asked, &mut out, &mut err).unwrap();

        let [out, err] = [out, err].map(|said| String::from_utf8(said).unwrap());
        (end, out, err)
    }

    #[test]
    fn what_is_allowed_is_told_with_its_rule_and_principal() {
        let path = "/v1/teams/ACME/groups/%61dmins";

        let (end, out, err) = explained("tool", Method::GET, path, false);

        assert_eq!((end, err.as_str()), (End::Done, ""));
        let expected = "\
allowed, as acme/opagate
  asked:      groups.get needs `read` at teams/acme/groups/admins
  decided by: policy `groups`, line 4: path \"teams/acme/groups/*\" [create, read], as acme/opagate
  because:    the rule grants `read`, and it is done as acme/opagate
  not by:     policy `groups`, line 1: path \"teams/acme/*\" [list], as the caller's own
";
        assert_eq!(out, expected);
    }

    #[test]
    fn what_is_refused_is_told_in_json_too() {
        let path = "/v1/teams/acme/groups/admins";

        let (end, out, _) = explained("tool", Method::DELETE, path, true);

        assert_eq!(end, End::Failed);
        let said: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(said["is_allowed"], false);
        assert_eq!(said["error"], "forbidden_error");
        assert_eq!(said["capability"], "delete");
        assert_eq!(said["rule"]["path"], "teams/acme/groups/*");
        assert_eq!(said["rule"]["capabilities"][1], "read");
    }

    #[test]
    fn silence_and_unknown_teams_are_told_apart() {
        let (_, silence, _) = explained("tool", Method::POST, "/v1/resolve", false);
        let (_, unknown, _) = explained("tool", Method::GET, "/v1/teams/other/groups", false);

        assert!(silence.contains("no rule is for this path"), "{silence}");
        assert!(unknown.contains("refused: unknown_team"), "{unknown}");
    }

    #[test]
    fn caller_that_is_not_there_is_told_with_those_that_are() {
        let (end, _, err) = explained("tol", Method::GET, "/v1/teams/acme/groups", false);

        assert_eq!(end, End::Misconfigured);
        assert!(err.contains("known: tool"), "{err}");
    }
}
