//! The `deployer` binary: parses, runs, prints what went wrong, exits.

use std::process::ExitCode;

use clap::Parser;
use deployer::base::exit::Exit;
use deployer::base::say;
use deployer::deployer::cli::{Cli, run};

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(exit) => exit.into(),
        Err(errors) => {
            for error in &errors {
                say::aside(format_args!("{error}\n"));
            }
            Exit::worst(errors.iter().map(|e| e.exit)).unwrap_or(Exit::Bug).into()
        }
    }
}
