//! The command line: what can be typed, and which command answers.

use clap::{Parser, Subcommand};

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

use super::command;
use super::options::{Common, Input};
use super::stack::Words;

const EXAMPLES: &str = "\
Examples:
  deployer check inventories/production.yml    read everything, contact nobody
  deployer plan  inventories/production.yml    log in, show what would change
  deployer apply inventories/production.yml    change it, prove that it works

`deployer help COMMAND` tells more. Exit status: 0 as wanted, 1 a bug of ours,
2 wrong input, 3 a host is unreachable, 4 a step failed, 5 a probe failed,
6 `plan` found differences.";
const CHECK: &str = "\
Examples:
  deployer check inventories/production.yml
  deployer check inventories/production.yml --limit web-01
  deployer check inventories/production.yml --playbook playbooks/site.yml";
const PLAN: &str = "\
Examples:
  deployer plan inventories/production.yml
  deployer plan inventories/production.yml --limit 'web:!web-02'
  deployer plan inventories/production.yml --format json > plan.json";
const APPLY: &str = "\
Examples:
  deployer apply inventories/production.yml
  deployer apply inventories/production.yml --limit web-01
  deployer apply inventories/production.yml --check";
const RENDER: &str = "\
Examples:
  deployer render inventories/production.yml --out -
  deployer render inventories/production.yml --out tree --os debian-12
  deployer render inventories/production.yml --out tree --facts facts.yml";

/// Turns bare Ubuntu hosts into a verified web stack: they need only sshd and sudo.
#[derive(Debug, Parser)]
#[command(name = "deployer", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a commented inventory to start from
    Init(command::init::Arguments),
    /// Print what the inventory says, as `ansible-inventory` does
    Inventory(command::inventory::Arguments),
    /// Read everything, tell every mistake; contact nobody
    #[command(after_help = CHECK)]
    Check(Input),
    /// Write the files each host would get; contact nobody
    #[command(after_help = RENDER)]
    Render(command::render::Arguments),
    /// Log in, compare, print the differences; change nothing
    #[command(after_help = PLAN)]
    Plan(Common),
    /// Make the hosts as the inventory says, then prove it with the probes
    #[command(after_help = APPLY)]
    Apply(command::apply::Arguments),
    /// Ask the probes alone, from the hosts and from here
    Verify(Common),
    /// Open a shell on a host, or print the exact ssh command line
    Ssh(command::ssh::Arguments),
    /// Make throwaway hosts for an inventory, on this machine
    Sandbox(command::sandbox::Arguments),
    /// The part that runs on a host; started by the others
    #[command(hide = true)]
    Agent,
}

/// Runs the command that was typed; `words` knows the settings of the application server.
///
/// # Errors
/// Everything that is wrong with the input; nothing was contacted then.
pub fn run(cli: Cli, words: Words) -> Result<Exit, Vec<Diagnostic>> {
    match cli.command {
        Command::Init(arguments) => command::init::run(&arguments),
        Command::Inventory(arguments) => command::inventory::run(&arguments),
        Command::Check(input) => command::check::run(&input, words),
        Command::Render(arguments) => command::render::run(&arguments, words),
        Command::Plan(common) => command::plan::run(&common, words),
        Command::Apply(arguments) => command::apply::run(&arguments, words),
        Command::Verify(common) => command::verify::run(&common, words),
        Command::Ssh(arguments) => command::ssh::run(&arguments),
        Command::Sandbox(arguments) => command::sandbox::run(&arguments),
        Command::Agent => Ok(crate::agent::serve::serve(std::io::stdin().lock(), std::io::stdout().lock())),
    }
}
