//! The `deployer` binary: parses, runs, prints what went wrong, exits; the one place that knows both the deployer and
//! the settings of the server it deploys.

use std::process::ExitCode;

use clap::Parser;
use deployer::appserver::config::option;
use deployer::base::exit::Exit;
use deployer::base::say;
use deployer::deployer::cli::{Cli, run};

fn main() -> ExitCode {
    match run(Cli::parse(), option::words) {
        Ok(exit) => exit.into(),
        Err(errors) => {
            for error in &errors {
                say::aside(format_args!("{error}\n"));
            }
            Exit::worst(errors.iter().map(|e| e.exit)).unwrap_or(Exit::Bug).into()
        }
    }
}
