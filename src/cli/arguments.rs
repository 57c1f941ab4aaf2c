//! What can be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::emulate::Emulate;
use super::simulate::Simulate;

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
    Emulate(Box<Emulate>),
    /// Ask a running gateway whether it is well: 0 if so, 1 if not.
    Healthcheck(Health),
    /// Show how a running gateway does: 0 if well, 3 if something is not as it should be.
    Status(Status),
    /// Tell what would happen to a request at a running gateway, and why; nothing is sent.
    Why(Why),
    /// Show what a limit would do to callers: with this gateway, and in three other ways.
    Simulate(Simulate),
    /// Look into the policies of a configuration.
    #[command(subcommand)]
    Policy(Policy),
    /// Make, list, rotate or revoke the virtual keys of a running gateway.
    #[command(subcommand)]
    Keys(Keys),
    /// Make a token that may do everything, for whoever sets up logins and policies.
    Init(Init),
    /// Copy the store of a configuration, or put a copy in its place; while no gateway runs on it.
    #[command(subcommand)]
    Store(Store),
}

/// What to do with the store.
#[derive(Debug, Subcommand)]
pub(super) enum Store {
    /// Copy it to a file. What it seals stays sealed: keep its key as well, elsewhere.
    Backup(Backup),
    /// Put a copy into its place.
    Restore(Restore),
}

/// Where to.
#[derive(Args, Debug)]
pub(super) struct Backup {
    #[command(flatten)]
    pub(super) file: File,
    /// The copy; nothing may be there yet.
    pub(super) copy: PathBuf,
}

/// Where from.
#[derive(Args, Debug)]
pub(super) struct Restore {
    #[command(flatten)]
    pub(super) file: File,
    /// Replace the store that is there.
    #[arg(long)]
    pub(super) yes: bool,
    /// The copy.
    pub(super) copy: PathBuf,
}

/// What to know of policies.
#[derive(Debug, Subcommand)]
pub(super) enum Policy {
    /// Tell which rule decides about a request, and why: 0 if it is allowed, 1 if not.
    Explain(Explain),
}

/// Which request.
#[derive(Args, Debug)]
pub(super) struct Explain {
    #[command(flatten)]
    pub(super) file: File,
    /// Who would ask: the name of a `[[caller]]`.
    #[arg(long, value_name = "NAME")]
    pub(super) caller: String,
    /// Answer in JSON.
    #[arg(long)]
    pub(super) json: bool,
    /// GET, POST, …
    pub(super) method: http::Method,
    /// As in a request, like /v1/teams/acme/groups; nothing is sent.
    pub(super) path: http::Uri,
}

/// What to do with virtual keys.
#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Make a key: an id and a secret, for OPA's own clients. The secret is shown this once.
    Create(CreateKey),
    /// List all keys.
    List(Admin),
    /// Give a key another secret.
    Rotate(RotateKey),
    /// Take a key away; its tokens end at once.
    Revoke(RevokeKey),
}

/// What the key is to be.
#[derive(Args, Debug)]
pub(super) struct CreateKey {
    /// Its name, in logs and records.
    #[arg(long)]
    pub(super) name: String,
    /// A policy that it has; may be given several times.
    #[arg(long = "policy", value_name = "POLICY", required = true)]
    pub(super) policies: Vec<String>,
    /// How long its tokens last, at least 1h; by default `keys.ttl`.
    #[arg(long, value_name = "TIME")]
    pub(super) ttl: Option<humantime::Duration>,
    /// An address or a network that it may be used from; may be given several times.
    #[arg(long = "cidr", value_name = "CIDR")]
    pub(super) cidrs: Vec<String>,
    #[command(flatten)]
    pub(super) admin: Admin,
}

/// Which key, and how long both secrets are good.
#[derive(Args, Debug)]
pub(super) struct RotateKey {
    /// Its name or its id.
    pub(super) key: String,
    /// How long the secret before is still good. With 0s it ends at once, and all tokens of the key.
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub(super) overlap: humantime::Duration,
    #[command(flatten)]
    pub(super) admin: Admin,
}

/// Which key.
#[derive(Args, Debug)]
pub(super) struct RevokeKey {
    /// Its name or its id.
    pub(super) key: String,
    /// Do it without asking back.
    #[arg(long)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) admin: Admin,
}

/// Which gateway, and how to answer.
#[derive(Args, Debug)]
pub(super) struct Admin {
    /// The admin listener.
    #[arg(
        long,
        value_name = "URL",
        env = "OPAGATE_ADMIN",
        default_value = "http://127.0.0.1:8081"
    )]
    pub(super) url: http::Uri,
    /// Answer in JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// How to answer.
#[derive(Args, Debug)]
pub(super) struct Init {
    /// Answer in JSON.
    #[arg(long)]
    pub(super) json: bool,
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

/// How to look.
#[derive(Args, Debug)]
pub(super) struct Status {
    #[command(flatten)]
    pub(super) at: Admin,
    /// Look again and again, until stopped; each second, if it is not said how often.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "1")]
    pub(super) watch: Option<std::num::NonZeroU16>,
}

/// Which request.
#[derive(Args, Debug)]
pub(super) struct Why {
    #[command(flatten)]
    pub(super) at: Admin,
    /// Who would ask: the name of a `[[caller]]`; the first if nobody is named.
    #[arg(long, value_name = "NAME")]
    pub(super) caller: Option<String>,
    /// GET, POST, …
    pub(super) method: http::Method,
    /// As in a request, like /v1/teams/acme/groups.
    pub(super) path: http::Uri,
}

const TEMPLATE: &str = "\
{about-with-newline}
Examples:
  opagate demo                           try it; nothing leaves this machine
  opagate check --init > opagate.toml    a configuration to start from
  opagate check -c opagate.toml          what is wrong with it, or what is in force
  opagate serve -c opagate.toml          run it
  opagate healthcheck --ready            0 if it can answer callers, 1 if not
  opagate status --watch                 how it does, each second
  opagate why GET /v1/teams/acme/groups  what would happen to this request, and why
  opagate simulate --scenario FILE       what would my limit do with these callers?
  opagate policy explain --caller terraform GET /v1/teams/acme/groups
                                         which rule decides, and why
  opagate keys create --name terraform --policy tf
                                         an id and a secret for OPA's own clients
  opagate store backup FILE              a copy of what outlives the process

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
}
