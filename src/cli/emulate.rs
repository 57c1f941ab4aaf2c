//! What can be written after `opagate emulate`.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use uuid::Uuid;

use crate::secret::Secret;

/// What the made-up upstream is like.
#[derive(Args, Clone, Debug)]
pub struct Emulate {
    /// IP address and port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// Whether it speaks TLS.
    #[command(flatten)]
    pub tls: Tls,
    /// What the team owns.
    #[command(flatten)]
    pub team: Team,
    /// What it is asked with.
    #[command(flatten)]
    pub key: Key,
    /// Requests that may come at once before 429.
    #[arg(long, value_name = "N", default_value = "10000", help_heading = LIMITS)]
    pub burst: NonZeroU32,
    /// Requests a second that may come in the long run; OPA's 10,000 an hour by default.
    #[arg(long, value_name = "N", value_parser = rate, help_heading = LIMITS)]
    pub refill_per_second: Option<f64>,
    /// How long a token is valid, as in `90s`.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = life, help_heading = LIMITS)]
    pub token_life: Duration,
    /// The most objects on one page.
    #[arg(long, value_name = "N", default_value = "100", value_parser = page, help_heading = LIMITS)]
    pub page_size: usize,
    /// What it does otherwise than OPA is believed to, as in `{"limit_per":"team"}`;
    /// docs/emulator.md has all of it.
    #[arg(long, value_name = "JSON", help_heading = LIMITS)]
    pub behaviour: Option<String>,
}

/// Whether it speaks TLS.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "TLS")]
pub struct Tls {
    /// Serve HTTPS, with a certificate made at the start for localhost and the address.
    #[arg(long)]
    pub tls: bool,
    /// Write what a client is to trust to this file, as for `curl --cacert`.
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub tls_cert_out: Option<PathBuf>,
    /// One more name that the certificate is for; may be given several times.
    #[arg(long, value_name = "NAME", requires = "tls")]
    pub tls_name: Vec<String>,
}

/// What the team owns.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Team")]
pub struct Team {
    /// The team's name.
    #[arg(long = "team", value_name = "NAME", default_value = "demo", value_parser = word)]
    pub name: String,
    /// What is made up: the same number, the same things.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Content in place of what is made up, as JSON; docs/emulator.md has an example of all of it.
    #[arg(long, value_name = "FILE")]
    pub seed_file: Option<PathBuf>,
    /// How many service users are made up.
    #[arg(long, value_name = "N", default_value = "250", value_parser = from_1)]
    pub service_users: usize,
    /// How many people are made up.
    #[arg(long, value_name = "N", default_value = "150", value_parser = from_0)]
    pub people: usize,
    /// How many groups are made up.
    #[arg(long, value_name = "N", default_value = "40", value_parser = groups)]
    pub groups: usize,
    /// How many security policies are made up.
    #[arg(long, value_name = "N", default_value = "120", value_parser = from_0)]
    pub policies: usize,
}

/// The API key that is known from the start.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "API key")]
pub struct Key {
    /// The id of the API key, a UUID; made up by default.
    #[arg(long = "key-id", value_name = "ID", value_parser = uuid)]
    pub id: Option<String>,
    /// Its secret; made up by default.
    #[arg(
        long = "key-secret",
        value_name = "SECRET",
        env = "OPAGATE_EMULATOR_KEY_SECRET",
        hide_env_values = true,
        value_parser = secret
    )]
    pub secret: Option<Secret>,
}

/// What can stand in a path, in JSON and in a shell's quotes as it is.
fn word(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if (1..=255).contains(&text.len()) && text.chars().all(fits) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 255 letters, digits, `-`, `_` or `.`".to_owned())
    }
}

fn secret(text: &str) -> Result<Secret, String> {
    if (1..=512).contains(&text.len()) {
        Ok(Secret::new(text))
    } else {
        Err("must be 1 to 512 bytes".to_owned())
    }
}

fn from_0(text: &str) -> Result<usize, String> {
    count(text, 0, 1_000_000)
}

fn from_1(text: &str) -> Result<usize, String> {
    count(text, 1, 1_000_000)
}

fn page(text: &str) -> Result<usize, String> {
    count(text, 1, 10_000)
}

fn groups(text: &str) -> Result<usize, String> {
    count(text, 2, 10_000)
}

fn count(text: &str, least: usize, most: usize) -> Result<usize, String> {
    let count = text.parse().ok();
    let count = count.filter(|count| (least..=most).contains(count));
    count.ok_or_else(|| format!("must be a number from {least} to {most}"))
}

fn uuid(text: &str) -> Result<String, String> {
    let uuid = text.parse::<Uuid>().map(|uuid| uuid.to_string());
    uuid.map_err(|_| "must be a UUID, as OPA's are".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text
        .parse()
        .ok()
        .filter(|r: &f64| r.is_finite() && *r > 0.0);
    rate.ok_or_else(|| "must be a number above zero".to_owned())
}

fn life(text: &str) -> Result<Duration, String> {
    let life = humantime::parse_duration(text)
        .ok()
        .filter(|l| !l.is_zero());
    life.ok_or_else(|| "must be a time above zero with its unit, as in `90s` or `1h`".to_owned())
}

const LIMITS: &str = "Limits and behaviour";

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        emulate: Emulate,
    }

    fn parse(arguments: &[&str]) -> Result<Emulate, String> {
        let words = ["emulate"].iter().chain(arguments);
        let line = Line::try_parse_from(words);
        line.map(|line| line.emulate).map_err(|e| e.to_string())
    }

    const KEY: &str = "52d3e1ab-6f2c-4d55-9a53-1c1a3b2d9c11";

    #[test]
    fn key_id_is_taken_in_any_case() {
        let emulate = parse(&["--key-id", &KEY.to_uppercase()]).unwrap();

        assert_eq!(emulate.key.id.as_deref(), Some(KEY));
    }

    #[test]
    fn mistake_is_told_with_its_option() {
        let wrong = [
            ["--token-life", "90"],
            ["--refill-per-second", "0"],
            ["--refill-per-second", "NaN"],
            ["--burst", "0"],
            ["--service-users", "0"],
            ["--people", "1000001"],
            ["--groups", "1"],
            ["--page-size", "0"],
            ["--team", "a/b"],
            ["--key-id", "id-1"],
            ["--key-secret", ""],
        ];

        for line in wrong {
            let told = parse(&line).unwrap_err();
            assert!(told.contains(line[0]), "{told}");
        }
    }

    #[test]
    fn certificate_needs_tls() {
        let told = parse(&["--tls-cert-out", "ca.pem"]).unwrap_err();

        assert!(told.contains("--tls\n"), "{told}");
        assert!(
            parse(&["--tls", "--tls-cert-out", "ca.pem"])
                .unwrap()
                .tls
                .tls
        );
    }

    #[test]
    fn given_secret_is_not_shown() {
        let emulate = parse(&["--key-id", KEY, "--key-secret", "hidden"]).unwrap();

        assert_eq!(emulate.key.secret.as_ref().unwrap().expose(), "hidden");
        assert!(!format!("{emulate:?}").contains("hidden"));
    }
}
