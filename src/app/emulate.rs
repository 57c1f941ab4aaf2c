//! The emulator alone.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use tokio_util::sync::CancellationToken;

mod introduction;

use self::introduction::introduction;
use super::Runtimes;
use super::demo::say;
use super::run::{bind, other, stop_signal};
use crate::cli::{Emulate, Failed, Tls};
use crate::emulator::{self, Behaviour, Emulator, Seed, Wire};

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
        say(&introduction(arguments, address, &config));
        let emulator = Emulator::new(config);
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
    let behaviour = arguments.behaviour.as_deref().map(Behaviour::parse);
    let behaviour = behaviour.transpose();
    let behaviour = behaviour.map_err(|error| option("--behaviour", &error))?;
    let secret = arguments.key.secret.as_ref();
    Ok(emulator::Config {
        team: team.name.clone(),
        service_users: team.service_users,
        people: team.people,
        groups: team.groups,
        policies: team.policies,
        content,
        page_size: arguments.page_size,
        behaviour: behaviour.unwrap_or_default(),
        burst: arguments.burst.get(),
        refill_per_second: arguments
            .refill_per_second
            .unwrap_or(made_up.refill_per_second),
        token_life: arguments.token_life,
        key_id: arguments.key.id.clone().unwrap_or(made_up.key_id),
        key_secret: secret.map_or(made_up.key_secret, |secret| secret.expose().to_owned()),
        ..made_up
    })
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

    fn told(option: &str, value: &str) -> String {
        let line = Line::try_parse_from(["emulate", option, value]).unwrap();
        config(&line.emulate).unwrap_err().to_string()
    }

    #[test]
    fn file_that_cannot_be_used_is_told_with_its_option() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), r#"{ "users": [{}] }"#).unwrap();
        let path = file.path().to_str().unwrap();
        let told = told("--seed-file", path);

        assert_eq!(told, format!("--seed-file: {path}: users[0].name: missing"));
    }

    #[test]
    fn wrong_behaviour_is_told_with_its_option_and_field() {
        let cases = [
            (
                r#"{"limiter":"leaky"}"#,
                "--behaviour: limiter: unknown variant",
            ),
            (
                r#"{"links":{"prev":1}}"#,
                "--behaviour: links.prev: invalid type",
            ),
            (r#"{"burst":1}"#, "--behaviour: burst: unknown field"),
            ("7", "--behaviour: not a JSON object"),
            ("{", "--behaviour: EOF while parsing"),
        ];

        for (value, start) in cases {
            let told = told("--behaviour", value);
            assert!(told.starts_with(start), "{told}");
        }
    }

    #[test]
    fn behaviour_and_page_size_are_those_that_are_given() {
        let words = [
            "emulate",
            "--behaviour",
            r#"{"page_everything":true}"#,
            "--page-size",
            "7",
        ];
        let line = Line::try_parse_from(words).unwrap();

        let config = config(&line.emulate).unwrap();

        assert!(config.behaviour.page_everything);
        assert_eq!(config.page_size, 7);
    }
}
