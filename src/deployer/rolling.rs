//! How a run goes over its hosts: what the plays say, and what the inventory says over them.

use std::collections::BTreeSet;

use crate::base::diagnostic::{Diagnostic, kept};
use crate::base::yaml::Node;

use super::balance::Link;
use super::inventory::{Host, Inventory};
use super::playbook::{Play, Playbook, Serial, Share, max_fail};
use super::run::{Gate, Lane, Rolling};

/// How many hosts behind a balancer are changed together where nobody says.
const HALF: Share = Share::Percent(50);

/// The lanes and gates of the hosts that were chosen.
///
/// A variable `serial` or `max_fail` wins over the play's; hosts of a play with another `serial` take turns apart. Hosts
/// behind a balancer for which nobody says `serial` take turns too: half of them at a time, so the site always answers and
/// a run takes at most three batches. Balancers come last: they lead only to hosts that are done.
///
/// # Errors
/// A variable that is no number of hosts, each once. A pattern that chooses no host is told when plans compile.
pub fn rolling(
    playbook: &Playbook,
    inventory: &Inventory,
    chosen: &[Host],
    links: &[Link],
) -> Result<Rolling, Vec<Diagnostic>> {
    let (mut rolling, mut errors) = (Rolling::default(), Vec::new());
    let is_chosen = |name: &str| chosen.iter().any(|host| host.name == name);
    for play in &playbook.plays {
        let Ok(meant) = inventory.select_at(&play.hosts.value, &play.hosts.span) else { continue };
        let ours = |host: &&Host| is_chosen(&host.name);
        let hosts: Vec<&Host> = meant.into_iter().filter(ours).collect();
        rolling.lanes.extend(lanes(play, &hosts, &mut errors));
        let all: BTreeSet<String> = hosts.iter().map(|host| host.name.clone()).collect();
        let share = variable(&hosts, "max_fail").map(max_fail);
        let share = share.and_then(|read| kept(read.map_err(|error| [error]), &mut errors)).or(play.max_fail);
        let max_fail = share.unwrap_or(Share::Count(0)).of(all.len());
        rolling.gates.push(Gate { hosts: all, max_fail });
    }
    let said = rolling.lanes.len();
    for link in links {
        let by_default = |host: &&String| {
            is_chosen(host) && !rolling.lanes[..said].iter().any(|lane| lane.hosts.contains(*host))
        };
        let hosts = link.seats.iter().map(|seat| &seat.host).filter(by_default).cloned().collect();
        rolling.lanes.push(Lane { hosts, serial: Serial(vec![HALF]) });
        rolling.last.extend(Some(link.balancer.clone()).filter(|name| is_chosen(name)));
    }
    if errors.is_empty() { Ok(rolling) } else { Err(errors) }
}

/// The hosts of a play that take turns, those with the same sizes of batches together.
fn lanes(play: &Play, hosts: &[&Host], errors: &mut Vec<Diagnostic>) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    for host in hosts {
        let own = variable(&[host], "serial").map(Serial::read);
        let own = own.and_then(|read| kept(read.map_err(|error| [error]), errors)).or(play.serial.clone());
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
