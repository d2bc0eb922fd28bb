//! `deployer check`: every mistake of inventory, playbook and templates at once; no network.

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::deployer::desk::{Desk, Secrets};
use crate::deployer::options::Common;
use crate::deployer::os;

/// A release of each kind: systemd with and without `notify-reload`, and Upstart.
const TRIED: [&str; 3] = ["ubuntu-14.04", "ubuntu-22.04", "ubuntu-24.04"];

/// Runs the command.
///
/// # Errors
/// Every mistake.
pub fn run(common: &Common) -> Result<Exit, Vec<Diagnostic>> {
    let desk = Desk::open(common, Secrets::Unknown)?;
    let mut errors: Vec<Diagnostic> = Vec::new();
    let mut steps = 0;
    for host in &desk.hosts {
        for release in TRIED {
            let facts = os::facts(release, &host.name).map_err(|error| vec![error])?;
            match desk.compile(host, &facts) {
                Ok(plan) => steps = steps.max(plan.steps.len()),
                Err(more) => {
                    errors.extend(more.into_iter().filter(|e| !errors.contains(e)).collect::<Vec<_>>())
                }
            }
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    println!(
        "{}: {} hosts, {} plays, up to {steps} steps a host: no mistakes",
        common.inventory.display(),
        desk.hosts.len(),
        desk.playbook.plays.len()
    );
    Ok(Exit::Wanted)
}
