//! The `hbnb` binary: the database and the static files of the bundled Airbnb clone.

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

use clap::Parser;
use deployer::base::diagnostic::Diagnostic;
use deployer::hbnb::cli::{Cli, run};

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(outcome) => {
            if !outcome.said.is_empty() {
                // A reader that went away misses a sentence; what was done is done.
                let _ = writeln!(stdout(), "{}", outcome.said);
            }
            outcome.exit.into()
        }
        Err(error) => {
            let complaint = Diagnostic::from(error);
            let _ = writeln!(stderr(), "{complaint}");
            complaint.exit.into()
        }
    }
}
