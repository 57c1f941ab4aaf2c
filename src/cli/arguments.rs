//! What can be written on the command line.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// Stands in front of the Okta Privileged Access API: holds its keys, answers from memory, spends
/// its rate limit fairly.
#[derive(Debug, Parser)]
#[command(name = "opagate", version, help_template = TEMPLATE)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the gateway.
    Serve(File),
    /// Tell every mistake of a configuration, or what is in force.
    Check(Check),
    /// Run a made-up upstream and a gateway in front of it, to try things out.
    Demo(Demo),
    /// Run the made-up upstream alone.
    Emulate(Emulate),
    /// Ask a running gateway whether it is well: 0 if so, 1 if not.
    Healthcheck(Health),
}

/// Which configuration.
#[derive(Args, Debug)]
pub(super) struct File {
    /// The configuration; by default ./opagate.toml, then /etc/opagate/opagate.toml.
    #[arg(short, long, value_name = "FILE", env = "OPAGATE_CONFIG")]
    pub(super) config: Option<PathBuf>,
}

/// What to check.
#[derive(Args, Debug)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) file: File,
    /// Print a configuration to start from instead.
    #[arg(long)]
    pub(super) init: bool,
}

/// On which ports of this machine the demo is.
#[derive(Args, Clone, Copy, Debug, Eq, PartialEq)]
pub struct Demo {
    /// Where callers ask.
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub gateway_port: u16,
    /// Where health, metrics and state are.
    #[arg(long, value_name = "PORT", default_value_t = 8081)]
    pub admin_port: u16,
    /// Where the made-up upstream is.
    #[arg(long, value_name = "PORT", default_value_t = 8090)]
    pub emulator_port: u16,
}

/// What the made-up upstream is like.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct Emulate {
    /// IP address and port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// What is made up: the same number, the same things.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The team's name.
    #[arg(long, value_name = "NAME", default_value = "demo")]
    pub team: String,
    /// Requests that may come at once before 429.
    #[arg(long, value_name = "N", default_value = "100")]
    pub burst: NonZeroU32,
    /// Requests a second that may come in the long run.
    #[arg(long, value_name = "N", default_value = "20", value_parser = rate)]
    pub refill_per_second: f64,
    /// How long a token is valid, as in `90s`.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = life)]
    pub token_life: Duration,
}

/// What to ask.
#[derive(Args, Debug)]
pub(super) struct Health {
    /// Ask whether it can answer callers, not only whether it lives.
    #[arg(long)]
    pub(super) ready: bool,
    /// The admin listener.
    #[arg(
        long,
        value_name = "URL",
        env = "OPAGATE_ADMIN",
        default_value = "http://127.0.0.1:8081"
    )]
    pub(super) url: http::Uri,
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

const TEMPLATE: &str = "\
{about-with-newline}
Examples:
  opagate demo                           try it; nothing leaves this machine
  opagate check --init > opagate.toml    a configuration to start from
  opagate check -c opagate.toml          what is wrong with it, or what is in force
  opagate serve -c opagate.toml          run it
  opagate healthcheck --ready            0 if it can answer callers, 1 if not

{usage-heading} {usage}

{all-args}
";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn help_shows_examples_before_options() {
        let help = Arguments::command().render_help().to_string();

        let examples = help.find("opagate demo").unwrap();
        assert!(examples < help.find("Usage:").unwrap(), "{help}");
        assert!(examples < help.find("--help").unwrap(), "{help}");
    }

    #[test]
    fn emulator_takes_times_and_rates_with_sense_only() {
        let parse = |arguments: &[&str]| {
            let words = ["opagate", "emulate"].iter().chain(arguments);
            Arguments::try_parse_from(words)
        };

        assert!(parse(&["--token-life", "90s", "--refill-per-second", "2.8"]).is_ok());
        assert!(parse(&["--token-life", "90"]).is_err());
        assert!(parse(&["--refill-per-second", "0"]).is_err());
        assert!(parse(&["--refill-per-second", "NaN"]).is_err());
        assert!(parse(&["--burst", "0"]).is_err());
    }
}
