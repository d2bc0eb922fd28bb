//! The command line: what can be typed, and which command answers.

use clap::{Parser, Subcommand};

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

use super::command;
use super::options::Common;

/// Turns bare Ubuntu hosts into a verified web stack.
#[derive(Debug, Parser)]
#[command(name = "deployer", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a commented inventory to start from
    Init(command::init::Arguments),
    /// Print the resolved inventory, as `ansible-inventory` does
    Inventory(command::inventory::Arguments),
    /// Read inventory, playbook and templates; tell every mistake; no network
    Check(Common),
    /// Write the files each host would get, offline
    Render(command::render::Arguments),
    /// Connect, compare, print the differences; change nothing
    Plan(Common),
    /// Make it so, then prove it
    Apply(command::apply::Arguments),
    /// Ask the probes alone, from here and from the hosts
    Verify(Common),
    /// A shell on a host, or the exact ssh command line
    Ssh(command::ssh::Arguments),
    /// Throwaway hosts for an inventory, on this machine
    Sandbox(command::sandbox::Arguments),
    /// The part that runs on a host; started by the others
    #[command(hide = true)]
    Agent,
}

/// Runs the command that was typed.
///
/// # Errors
/// Everything that is wrong with the input; nothing was contacted then.
pub fn run(cli: Cli) -> Result<Exit, Vec<Diagnostic>> {
    match cli.command {
        Command::Init(arguments) => command::init::run(&arguments),
        Command::Inventory(arguments) => command::inventory::run(&arguments),
        Command::Check(common) => command::check::run(&common),
        Command::Render(arguments) => command::render::run(&arguments),
        Command::Plan(common) => command::plan::run(&common),
        Command::Apply(arguments) => command::apply::run(&arguments),
        Command::Verify(common) => command::verify::run(&common),
        Command::Ssh(arguments) => command::ssh::run(&arguments),
        Command::Sandbox(arguments) => command::sandbox::run(&arguments),
        Command::Agent => Ok(crate::agent::serve::serve(std::io::stdin().lock(), std::io::stdout().lock())),
    }
}
