//! `deployer sandbox`: throwaway hosts for an inventory, on this machine.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::base::say;
use crate::deployer::command;
use crate::deployer::inventory::Inventory;
use crate::deployer::reach;
use crate::deployer::sandbox::{self, State};

/// What it takes.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// Make and boot a host for every host of the inventory
    Up {
        /// The inventory
        inventory: PathBuf,
    },
    /// Take them away, and everything that was made for them
    Down {
        /// The inventory
        inventory: PathBuf,
    },
    /// Show what is there
    List {
        /// The inventory
        inventory: PathBuf,
    },
    /// A shell on one of them: the same as `deployer ssh`
    Ssh(command::ssh::Arguments),
}

/// Runs the command.
///
/// # Errors
/// Mistakes of the inventory; a machine that cannot make hosts; a step that failed.
pub fn run(arguments: &Arguments) -> Result<Exit, Vec<Diagnostic>> {
    let one = |error: Diagnostic| vec![error];
    let mut progress = |line: &str| say::aside(line);
    match &arguments.action {
        Action::Up { inventory } => {
            let spec = reach::sandbox(&Inventory::load(inventory, &[])?)?;
            sandbox::up(&spec, &mut progress).map_err(one)?;
        }
        Action::Down { inventory } => {
            let spec = reach::sandbox(&Inventory::load(inventory, &[])?)?;
            sandbox::down(&spec.name, &mut progress).map_err(one)?;
        }
        Action::List { inventory } => {
            let spec = reach::sandbox(&Inventory::load(inventory, &[])?)?;
            for (host, state) in sandbox::list(&spec) {
                let word = match state {
                    State::Running => "running",
                    State::Stopped => "stopped",
                    State::Absent => "absent",
                };
                say::line(format_args!("{}  {}  {}  {word}", host.name, host.address, host.suite));
            }
        }
        Action::Ssh(arguments) => return command::ssh::run(arguments),
    }
    Ok(Exit::Wanted)
}
