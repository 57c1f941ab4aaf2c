//! The emulator alone.

use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::Runtimes;
use super::demo::say;
use super::run::{bind, other, stop_signal};
use crate::cli::{Emulate, Failed, Team, Tls};
use crate::emulator::{self, Emulator, Seed, Wire};

/// Plays OPA until SIGTERM or Ctrl-C, and says what to try.
///
/// # Errors
///
/// Fails if the port is in use, or an option leads nowhere.
pub fn emulate(arguments: &Emulate) -> Result<(), Failed> {
    let runtimes = Runtimes::start(super::Runtime::default()).map_err(other)?;
    runtimes.work().block_on(async {
        let config = config(arguments)?;
        let listener = bind(arguments.listen, "--listen").await;
        let listener = listener.map_err(|failed| match failed {
            Failed::Other(error) => option("--listen", &error),
            failed @ (Failed::PortInUse { .. } | Failed::Option { .. } | Failed::Cut) => failed,
        })?;
        let address = listener.local_addr().map_err(other)?;
        let tls = tls(&arguments.tls, address)?;
        let emulator = Emulator::new(config);
        say(&introduction(arguments, address, &emulator.key()));
        let stop = CancellationToken::new();
        let wire = Wire {
            tls,
            ..Wire::default()
        };
        let serving = tokio::spawn(wire.serve(emulator, listener, stop.clone()));
        stop_signal().await;
        stop.cancel();
        serving.await.map_err(other)?.map_err(other)
    })
}

fn tls(arguments: &Tls, address: SocketAddr) -> Result<Option<emulator::Tls>, Failed> {
    if !arguments.tls {
        return Ok(None);
    }
    let tls = emulator::Tls::self_made(address.ip(), &arguments.tls_name);
    let tls = tls.map_err(|error| option("--tls-name", &error))?;
    if let Some(file) = &arguments.tls_cert_out {
        let written = fs::write(file, tls.authority());
        written.map_err(|error| in_file("--tls-cert-out", file, &error))?;
    }
    Ok(Some(tls))
}

fn config(arguments: &Emulate) -> Result<emulator::Config, Failed> {
    let team = &arguments.team;
    let made_up = emulator::Config::seeded(team.seed);
    let content = match &team.seed_file {
        None => Seed::default(),
        Some(file) => {
            let wrong = |error: String| in_file("--seed-file", file, &error);
            let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
            Seed::parse(&text).map_err(wrong)?
        }
    };
    let secret = arguments.key.secret.as_ref();
    Ok(emulator::Config {
        team: team.name.clone(),
        service_users: team.service_users,
        people: team.people,
        groups: team.groups,
        policies: team.policies,
        content,
        burst: arguments.burst.get(),
        refill_per_second: arguments.refill_per_second,
        token_life: arguments.token_life,
        key_id: arguments.key.id.clone().unwrap_or(made_up.key_id),
        key_secret: secret.map_or(made_up.key_secret, |secret| secret.expose().to_owned()),
        ..made_up
    })
}

fn introduction(arguments: &Emulate, address: SocketAddr, key: &(String, String)) -> String {
    let team = &arguments.team.name;
    let url = url(address, arguments.tls.tls);
    let curl = curl(&arguments.tls);
    let (id, secret) = key;
    // A secret that somebody keeps elsewhere is not shown, not even this one.
    let (shown, body) = match arguments.key.secret {
        Some(_) => (
            "as given; for what follows also in $OPAGATE_EMULATOR_KEY_SECRET",
            format!(r#""{{\"key_id\":\"{id}\",\"key_secret\":\"$OPAGATE_EMULATOR_KEY_SECRET\"}}""#),
        ),
        None => (
            secret.as_str(),
            format!(r#"'{{"key_id":"{id}","key_secret":"{secret}"}}'"#),
        ),
    };
    let content = content(&arguments.team);
    let mut text = format!(
        "emulator   {url}     plays Okta Privileged Access\n\
         team       {team}: {content}\n\
         key id     {id}\n\
         secret     {shown}\n"
    );
    if arguments.tls.tls {
        let trusted = match &arguments.tls.tls_cert_out {
            Some(file) => format!("trust {}; made for this run", file.display()),
            None => "made for this run; --tls-cert-out FILE writes what to trust".to_owned(),
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "TLS        {trusted}");
    }
    let at = format!("{url}/v1/teams/{team}");
    let control = format!("{url}/_emulator");
    let limit = arguments.burst;
    let _ = write!(
        text,
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

Ctrl-C stops.
"#
    );
    text
}

fn content(team: &Team) -> String {
    match &team.seed_file {
        Some(file) => format!("as in {}, the rest is made up", file.display()),
        None => format!(
            "{} service users, {} people, {} groups, {} policies",
            team.service_users, team.people, team.groups, team.policies
        ),
    }
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

fn option(option: &'static str, because: &dyn ToString) -> Failed {
    Failed::Option {
        option,
        because: because.to_string(),
    }
}

fn in_file(name: &'static str, file: &Path, because: &dyn ToString) -> Failed {
    option(
        name,
        &format!("{}: {}", file.display(), because.to_string()),
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;

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
        let key = (config.key_id, config.key_secret);
        introduction(&arguments, ([127, 0, 0, 1], 8090).into(), &key)
    }

    #[test]
    fn made_up_key_is_shown_and_a_given_secret_is_not() {
        let made_up = introduced(&[]);
        let given = introduced(&["--key-id", "id-1", "--key-secret", "hidden"]);

        let secret = emulator::Config::default().key_secret;
        assert!(
            made_up.contains(&format!("\"key_secret\":\"{secret}\"")),
            "{made_up}"
        );
        assert!(
            given.contains("id-1") && !given.contains("hidden"),
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
    fn file_that_cannot_be_used_is_told_with_its_option() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), r#"{ "users": [{}] }"#).unwrap();
        let path = file.path().to_str().unwrap();
        let line = Line::try_parse_from(["emulate", "--seed-file", path]).unwrap();

        let told = config(&line.emulate).unwrap_err().to_string();

        assert_eq!(told, format!("--seed-file: {path}: users[0].name: missing"));
    }
}
