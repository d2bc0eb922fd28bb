//! How a run goes over its hosts: what the plays say, and what the inventory says over them.

use std::collections::BTreeSet;

use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::Node;

use super::inventory::{Host, Inventory};
use super::playbook::{Play, Playbook, Serial, Share, max_fail};
use super::run::{Gate, Lane, Rolling};

/// The lanes and gates of the hosts that were chosen.
///
/// A variable `serial` or `max_fail` wins over the play's; hosts of a play with another `serial` take turns apart.
///
/// # Errors
/// A variable that is no number of hosts, each once. A pattern that chooses no host is told when plans compile.
pub fn rolling(
    playbook: &Playbook,
    inventory: &Inventory,
    chosen: &[Host],
) -> Result<Rolling, Vec<Diagnostic>> {
    let (mut rolling, mut errors) = (Rolling::default(), Vec::new());
    for play in &playbook.plays {
        let Ok(meant) = inventory.select_at(&play.hosts.value, &play.hosts.span) else { continue };
        let ours = |host: &&Host| chosen.iter().any(|c| c.name == host.name);
        let hosts: Vec<&Host> = meant.into_iter().filter(ours).collect();
        rolling.lanes.extend(lanes(play, &hosts, &mut errors));
        let all: BTreeSet<String> = hosts.iter().map(|host| host.name.clone()).collect();
        let share = variable(&hosts, "max_fail").map(max_fail);
        let share = share.and_then(|read| kept(read, &mut errors)).or(play.max_fail);
        let max_fail = share.unwrap_or(Share::Count(0)).of(all.len());
        rolling.gates.push(Gate { hosts: all, max_fail });
    }
    if errors.is_empty() { Ok(rolling) } else { Err(errors) }
}

/// The hosts of a play that take turns, those with the same sizes of batches together.
fn lanes(play: &Play, hosts: &[&Host], errors: &mut Vec<Diagnostic>) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    for host in hosts {
        let own = variable(&[host], "serial").map(Serial::read);
        let own = own.and_then(|read| kept(read, errors)).or(play.serial.clone());
        let Some(serial) = own else { continue };
        match lanes.iter_mut().find(|lane| lane.serial == serial) {
            Some(lane) => drop(lane.hosts.insert(host.name.clone())),
            None => lanes.push(Lane { hosts: [host.name.clone()].into(), serial }),
        }
    }
    lanes
}

/// The first value of a variable that any of the hosts has.
fn variable<'h>(hosts: &[&'h Host], name: &str) -> Option<&'h Node> {
    hosts.iter().filter_map(|host| host.vars.get(name)).find(|node| !node.is_null())
}

/// What could be read; a group's mistake is met at each of its hosts and told once.
fn kept<T>(read: Result<T, Diagnostic>, errors: &mut Vec<Diagnostic>) -> Option<T> {
    read.map_err(|error| {
        if !errors.contains(&error) {
            errors.push(error);
        }
    })
    .ok()
}
