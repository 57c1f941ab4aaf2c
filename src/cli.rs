//! The command line: what can be asked for, what is said, and how it ends.
//!
//! Data goes to standard output, everything said about it to standard error. What runs for long is
//! not done here but handed to the function that [`run`] is given.

mod admin;
mod arguments;
mod check;
mod emulate;
mod health;
mod init;
mod keys;
mod policy;
mod simulate;
mod status;
mod store;
mod table;
mod why;

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

pub use self::arguments::Demo;
pub use self::emulate::{Emulate, Key, Team, Tls};

use self::arguments::{Arguments, Command, Policy, Store};
use crate::app;

/// What runs until it is stopped.
#[derive(Debug)]
pub enum Start {
    /// The gateway, with a configuration whose warnings have been told.
    Serve {
        /// The settings.
        config: Box<app::Config>,
        /// The file that they come from.
        file: PathBuf,
    },
    /// The emulator alone.
    Emulate(Box<Emulate>),
    /// Emulator and gateway together, with made-up callers.
    Demo(Demo),
}

/// Why something that was started came to a bad end.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// Somebody else listens there.
    #[error("port {} on {} is in use", .address.port(), .address.ip())]
    PortInUse {
        /// The address that was wanted.
        address: SocketAddr,
        /// What sets it, as in `listener.listen` or `--gateway-port`.
        setting: String,
    },
    /// An option leads nowhere.
    #[error("{option}: {because}")]
    Option {
        /// Which, as in `--seed-file`.
        option: &'static str,
        /// Why.
        because: String,
    },
    /// It stopped, but the grace period was over before all requests were.
    #[error("requests were cut at the end of the grace period")]
    Cut,
    /// Anything else.
    #[error(transparent)]
    Other(Box<dyn Error + Send + Sync>),
}

/// Does what `arguments` ask for; what runs for long is given to `start`.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    start: impl FnOnce(Start) -> Result<(), Failed>,
) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(said) => {
            // Help and version come this way too, and are no mistakes.
            said.print().unwrap_or_default();
            return ExitCode::from(u8::try_from(said.exit_code()).unwrap_or(2));
        }
    };
    let mut out = anstream::stdout().lock();
    let mut err = anstream::stderr().lock();
    let end = match arguments.command {
        Command::Serve(file) => match check::load(file.config, &mut err) {
            Ok((config, file)) => {
                // Whoever runs for long writes to both itself.
                drop((out, err));
                let config = Box::new(config);
                return ended(start(Start::Serve { config, file })).into();
            }
            Err(end) => Ok(end),
        },
        Command::Check(check) => check::check(check, &mut out, &mut err),
        Command::Healthcheck(health) => health::check(&health, &mut err),
        Command::Status(wanted) => status::status(&wanted, &mut out, &mut err),
        Command::Why(asked) => why::why(&asked, &mut out, &mut err),
        Command::Simulate(simulate) => simulate::simulate(simulate, &mut out, &mut err),
        Command::Policy(Policy::Explain(explain)) => policy::explain(&explain, &mut out, &mut err),
        Command::Store(Store::Backup(backup)) => store::backup(backup, &mut out, &mut err),
        Command::Store(Store::Restore(restore)) => store::restore(restore, &mut out, &mut err),
        Command::Keys(asked) => keys::keys(&asked, &mut out, &mut err),
        Command::Init(asked) => init::init(&asked, &mut out),
        Command::Emulate(emulate) => {
            drop((out, err));
            return ended(start(Start::Emulate(emulate))).into();
        }
        Command::Demo(demo) => {
            drop((out, err));
            return ended(start(Start::Demo(demo))).into();
        }
    };
    // A pipe that was closed early is no reason to complain.
    end.unwrap_or(End::Done).into()
}

/// How a command ends; the numbers are those of `sysexits.h` where it has one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    Done,
    Failed,
    /// It would take something away, and nobody said that it may.
    Unconfirmed,
    /// It works, but not as it should.
    Degraded,
    Misconfigured,
    Unavailable,
    Cut,
}

impl From<End> for ExitCode {
    fn from(end: End) -> Self {
        Self::from(match end {
            End::Done => 0,
            End::Failed => 1,
            End::Unconfirmed => 2,
            End::Degraded => 3,
            End::Misconfigured => 64,
            End::Unavailable => 69,
            End::Cut => 75,
        })
    }
}

/// Says how it ended, if not well.
fn ended(result: Result<(), Failed>) -> End {
    let Err(failed) = result else {
        return End::Done;
    };
    let mut err = anstream::stderr().lock();
    // Nothing is left to be done if nobody reads it.
    tell(&failed, &mut err).unwrap_or_default();
    match failed {
        Failed::PortInUse { .. } => End::Unavailable,
        Failed::Option { .. } => End::Misconfigured,
        Failed::Cut => End::Cut,
        Failed::Other(_) => End::Failed,
    }
}

fn tell(failed: &Failed, err: &mut dyn Write) -> io::Result<()> {
    writeln!(err, "error: {failed}")?;
    match failed {
        Failed::PortInUse { address, setting } => {
            let other = free_port(*address);
            let other = other.map_or_else(String::new, |p| format!(", for example {p}"));
            writeln!(
                err,
                " = help: stop what uses it, or set `{setting}` to a free port{other}"
            )
        }
        Failed::Cut => writeln!(err, " = help: a longer `drain.grace` lets them finish"),
        Failed::Option { .. } => Ok(()),
        Failed::Other(error) => {
            let mut cause = error.source();
            while let Some(error) = cause {
                writeln!(err, " = because: {error}")?;
                cause = error.source();
            }
            Ok(())
        }
    }
}

/// A port that nobody uses now beside `taken`.
fn free_port(taken: SocketAddr) -> Option<u16> {
    let listener = TcpListener::bind((taken.ip(), 0)).ok()?;
    Some(listener.local_addr().ok()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_in_use_is_told_with_the_setting_and_a_free_one() {
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let setting = "--gateway-port".to_owned();
        let mut err = Vec::new();

        tell(&Failed::PortInUse { address, setting }, &mut err).unwrap();

        let told = String::from_utf8(err).unwrap();
        assert!(told.contains("port 8080 on 127.0.0.1 is in use"), "{told}");
        assert!(
            told.contains("set `--gateway-port` to a free port"),
            "{told}"
        );
        let free = told.trim().rsplit(' ').next().unwrap();
        assert_ne!(free.parse::<u16>().unwrap(), 8080);
    }

    #[test]
    fn causes_are_told_one_a_line() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] io::Error);
        let failed = Failed::Other(Box::new(Outer(io::Error::other("inner"))));
        let mut err = Vec::new();

        tell(&failed, &mut err).unwrap();

        assert_eq!(
            String::from_utf8(err).unwrap(),
            "error: outer\n = because: inner\n"
        );
    }

    #[test]
    fn what_runs_for_long_is_handed_over() {
        let mut started = None;

        let end = run(
            ["opagate", "demo", "--admin-port", "1"].map(OsString::from),
            |start| {
                started = Some(start);
                Err(Failed::Cut)
            },
        );

        assert_eq!(format!("{end:?}"), format!("{:?}", ExitCode::from(75)));
        assert!(matches!(
            started,
            Some(Start::Demo(Demo {
                admin_port: 1,
                gateway_port: 8080,
                ..
            }))
        ));
    }
}
