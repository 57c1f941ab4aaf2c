//! The `opagate` binary: hands the command line to [`cli`], and what runs for long to [`app`].

use std::process::ExitCode;

use opagate::app;
use opagate::cli::{self, Start};

fn main() -> ExitCode {
    cli::run(std::env::args_os(), |start| match start {
        Start::Serve { config, .. } => app::serve(*config),
        Start::Emulate(arguments) => app::emulate(&arguments),
        Start::Demo(arguments) => app::demo(arguments),
    })
}
