//! The `opagate` binary.

use std::process::ExitCode;

use opagate::cli::{self, Failed};

fn main() -> ExitCode {
    cli::run(std::env::args_os(), |_| {
        Err(Failed::Other("this cannot be run yet".into()))
    })
}
