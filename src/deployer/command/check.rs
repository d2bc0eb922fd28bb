//! `deployer check`: every mistake of inventory, playbook and templates at once; no network.

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::base::say;
use crate::deployer::desk::{Desk, Secrets};
use crate::deployer::options::Input;
use crate::deployer::report;
use crate::deployer::run::Mode;
use crate::deployer::stack::Words;

/// Runs the command.
///
/// # Errors
/// Every mistake.
pub fn run(input: &Input, words: Words) -> Result<Exit, Vec<Diagnostic>> {
    let (desk, steps) = Desk::rehearsed(input, Secrets::Unknown, words, Mode::Change)?;
    say::line(format_args!(
        "{}: no mistakes ({}, {}, up to {} a host)",
        input.inventory.display(),
        report::counted(desk.hosts.len(), "host"),
        report::counted(desk.playbook.plays.len(), "play"),
        report::counted(steps, "step")
    ));
    Ok(Exit::Wanted)
}
