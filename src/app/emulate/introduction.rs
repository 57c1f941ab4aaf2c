//! What is said at the start: where everything is, and lines to try.

use std::fmt::Write;
use std::net::SocketAddr;

use crate::cli::{Emulate, Team, Tls};
use crate::emulator::{self, okta};

/// Says what the emulator is like, with lines that work as they stand.
pub(super) fn introduction(
    arguments: &Emulate,
    address: SocketAddr,
    config: &emulator::Config,
) -> String {
    let url = url(address, arguments.tls.tls);
    let curl = curl(&arguments.tls);
    let mut text = head(arguments, &url, config);
    let okta = config.content.okta(&config.okta);
    let login = Login::of(&okta, arguments);
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "{}",
        okta_side(&url, &okta, login.as_ref(), arguments)
    );
    if arguments.tls.tls {
        let trusted = match &arguments.tls.tls_cert_out {
            Some(file) => format!("trust {}; made for this run", file.display()),
            None => "made for this run; --tls-cert-out FILE writes what to trust".to_owned(),
        };
        let _ = writeln!(text, "TLS        {trusted}");
    }
    text.push_str(&lines(arguments, &url, &curl, config));
    if let Some(login) = &login {
        let body = &login.body;
        let _ = write!(
            text,
            "\n  a login, as with Okta\n    {curl} {url}/api/v1/authn \
             -H 'content-type: application/json' \\\n      -d {body}\n"
        );
    }
    let _ = write!(
        text,
        "\nmore\n\n  \
         {url}/_emulator                 faults, behaviours, what was asked\n  \
         {url}/_emulator/openapi.json    the API, for clients\n  \
         docs/emulator.md    all of it, and content from a file\n\n\
         Ctrl-C stops.\n"
    );
    text
}

fn head(arguments: &Emulate, url: &str, config: &emulator::Config) -> String {
    let (team, id) = (&config.team, &config.key_id);
    let content = content(&arguments.team);
    // A secret that somebody keeps elsewhere is not shown, not even this one.
    let shown = match arguments.key.secret {
        Some(_) => "as given; for what follows also in $OPAGATE_EMULATOR_KEY_SECRET",
        None => &config.key_secret,
    };
    format!(
        "emulator   {url}     plays Okta Privileged Access\n\
         team       {team}: {content}\n\
         key id     {id}\n\
         secret     {shown}\n"
    )
}

fn okta_side(url: &str, okta: &okta::Config, login: Option<&Login>, arguments: &Emulate) -> String {
    let token = if okta.api_token == okta::Config::seeded(arguments.team.seed).api_token {
        format!("SSWS {}", okta.api_token.expose())
    } else {
        format!("SSWS with the token {}", given(&arguments.team))
    };
    let mut text = format!(
        "Okta       {url}     plays Okta's logins, below /api/v1\n\
         API token  {token}\n"
    );
    if let Some(Login { name, shown, .. }) = login {
        let _ = writeln!(text, "a user     {name}, password {shown}");
    }
    text
}

fn lines(arguments: &Emulate, url: &str, curl: &str, config: &emulator::Config) -> String {
    let (id, secret) = (&config.key_id, &config.key_secret);
    let body = match arguments.key.secret {
        Some(_) => {
            format!(r#""{{\"key_id\":\"{id}\",\"key_secret\":\"$OPAGATE_EMULATOR_KEY_SECRET\"}}""#)
        }
        None => format!(r#"'{{"key_id":"{id}","key_secret":"{secret}"}}'"#),
    };
    let at = format!("{url}/v1/teams/{}", config.team);
    let control = format!("{url}/_emulator");
    let limit = arguments.burst;
    format!(
        r#"
try, and see

  a token, for the next lines
    TOKEN=$({curl} {at}/service_token -H 'content-type: application/json' \
      -d {body} | grep -o 'eyJ[^"]*')

  a list, page by page: the headers lead to the next one
    {curl}i -H "authorization: Bearer $TOKEN" '{at}/service_users?count=2'

  the limit of {limit} requests at once
    {curl}i -H "authorization: Bearer $TOKEN" {at}/current_user | grep -i x-ratelimit

  faults: the next request fails, the one after it does not
    {curl} {control}/faults -d '{{"effect":{{"status":{{"status":503}}}},"times":1}}'
    {curl}i -H "authorization: Bearer $TOKEN" {at}/current_user | head -1

  what was asked, and how often
    {curl} {control}/counters
"#
    )
}

/// Somebody who can log in with a password alone.
struct Login {
    name: String,
    /// The password, or where it stands.
    shown: String,
    /// What to send, in a shell's quotes.
    body: String,
}

impl Login {
    fn of(okta: &okta::Config, arguments: &Emulate) -> Option<Self> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.+@".contains(c);
        let user = okta.users.iter().find(|user| {
            user.state == okta::State::Active
                && user.factors.is_empty()
                && !user.password.is_empty()
                && user.login.chars().all(is_plain)
        })?;
        let name = user.login.clone();
        let password = user.password.expose();
        Some(if password == okta::PASSWORD {
            Self {
                shown: password.to_owned(),
                body: format!(r#"'{{"username":"{name}","password":"{password}"}}'"#),
                name,
            }
        } else {
            let given = given(&arguments.team);
            Self {
                shown: format!("{given}; for what follows also in $OKTA_PASSWORD"),
                body: format!(r#""{{\"username\":\"{name}\",\"password\":\"$OKTA_PASSWORD\"}}""#),
                name,
            }
        })
    }
}

fn content(team: &Team) -> String {
    match &team.seed_file {
        Some(_) => format!("{}, the rest is made up", given(team)),
        None => format!(
            "{} service users, {} people, {} groups, {} policies",
            team.service_users, team.people, team.groups, team.policies
        ),
    }
}

/// Where it stands what is given.
fn given(team: &Team) -> String {
    let file = team.seed_file.as_deref();
    file.map_or_else(
        || "as given".to_owned(),
        |file| format!("as in {}", file.display()),
    )
}

/// Where it is reached from this machine.
fn url(address: SocketAddr, is_secure: bool) -> String {
    let scheme = if is_secure { "https" } else { "http" };
    if address.ip().is_unspecified() {
        format!("{scheme}://localhost:{}", address.port())
    } else {
        format!("{scheme}://{address}")
    }
}

/// The command, to which one-letter options can be added.
fn curl(arguments: &Tls) -> String {
    match (&arguments.tls_cert_out, arguments.tls) {
        (Some(file), _) => format!("curl --cacert '{}' -s", file.display()),
        (None, true) => "curl -ks".to_owned(),
        (None, false) => "curl -s".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::config;
    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        emulate: Emulate,
    }

    fn introduced(arguments: &[&str]) -> String {
        let words = ["emulate"].iter().chain(arguments);
        let arguments = Line::try_parse_from(words).unwrap().emulate;
        let config = config(&arguments).unwrap();
        introduction(&arguments, ([127, 0, 0, 1], 8090).into(), &config)
    }

    #[test]
    fn made_up_key_is_shown_and_a_given_secret_is_not() {
        let made_up = introduced(&[]);
        let given = introduced(&[
            "--key-id",
            "52d3e1ab-6f2c-4d55-9a53-1c1a3b2d9c11",
            "--key-secret",
            "hidden",
        ]);

        let secret = emulator::Config::default().key_secret;
        assert!(
            made_up.contains(&format!("\"key_secret\":\"{secret}\"")),
            "{made_up}"
        );
        assert!(
            given.contains("52d3e1ab-6f2c-4d55-9a53-1c1a3b2d9c11") && !given.contains("hidden"),
            "{given}"
        );
    }

    #[test]
    fn lines_to_try_trust_what_was_written() {
        let plain = introduced(&[]);
        let trusting = introduced(&["--tls", "--tls-cert-out", "ca.pem"]);
        let blind = introduced(&["--tls"]);

        assert!(plain.contains("curl -si -H"), "{plain}");
        assert!(
            trusting.contains("curl --cacert 'ca.pem' -s https://127.0.0.1:8090/"),
            "{trusting}"
        );
        assert!(
            blind.contains("curl -ks https://127.0.0.1:8090/"),
            "{blind}"
        );
    }

    #[test]
    fn made_up_login_and_api_token_are_shown() {
        let told = introduced(&["--seed", "7"]);

        let token = okta::Config::seeded(7).api_token;
        assert!(told.contains(&format!("SSWS {}", token.expose())), "{told}");
        let body = r#"-d '{"username":"ada@example.com","password":"Correct-Horse-7"}'"#;
        assert!(told.contains(body), "{told}");
    }

    #[test]
    fn given_password_and_api_token_are_not_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = r#"{ "okta": { "api_token": "hidden-1", "users": [
            { "login": "kim@acme.example", "password": "hidden-2", "factors": [{}] },
            { "login": "lee@acme.example", "password": "hidden-3" }] } }"#;
        std::fs::write(file.path(), text).unwrap();

        let told = introduced(&["--seed-file", file.path().to_str().unwrap()]);

        assert!(!told.contains("hidden"), "{told}");
        let body = r#"-d "{\"username\":\"lee@acme.example\",\"password\":\"$OKTA_PASSWORD\"}""#;
        assert!(told.contains(body), "{told}");
    }

    #[test]
    fn nobody_is_named_who_cannot_log_in_with_a_password() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), r#"{ "okta": { "users": [] } }"#).unwrap();

        let told = introduced(&["--seed-file", file.path().to_str().unwrap()]);

        assert!(!told.contains("/api/v1/authn"), "{told}");
    }
}
