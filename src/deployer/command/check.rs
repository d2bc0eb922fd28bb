//! `deployer check`: every mistake of inventory, playbook and templates at once; no network.

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::deployer::desk::{Desk, Secrets};
use crate::deployer::options::Common;

/// Runs the command.
///
/// # Errors
/// Every mistake.
pub fn run(common: &Common) -> Result<Exit, Vec<Diagnostic>> {
    let (desk, mut errors) = Desk::read(common, Secrets::Unknown);
    let rehearsed = desk.as_ref().map(Desk::rehearse);
    let (desk, steps) = match (desk, rehearsed) {
        (Some(desk), Some(Ok(steps))) if errors.is_empty() => (desk, steps),
        (_, rehearsed) => {
            errors.extend(rehearsed.and_then(Result::err).unwrap_or_default());
            return Err(errors);
        }
    };
    println!(
        "{}: no mistakes ({}, {}, up to {} a host)",
        common.inventory.display(),
        counted(desk.hosts.len(), "host"),
        counted(desk.playbook.plays.len(), "play"),
        counted(steps, "step"),
    );
    Ok(Exit::Wanted)
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
