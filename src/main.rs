//! The `opagate` binary: hands the command line to [`cli`], and what runs for long to [`app`].

use std::process::ExitCode;

use mimalloc::MiMalloc;
use opagate::app;
use opagate::cli::{self, Start};

/// A hit is a score of small allocations, which the system's own allocator takes longer for.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::run(std::env::args_os(), |start| match start {
        Start::Serve { config, .. } => app::serve(*config),
        Start::Emulate(arguments) => app::emulate(&arguments),
        Start::Demo(arguments) => app::demo(arguments),
    })
}
