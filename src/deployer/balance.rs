//! Who passes requests on to whom: the sites that balance, and the hosts behind them, over the whole inventory.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::base::diagnostic::Diagnostic;

use super::inventory::{Host, Inventory};
use super::reach;
use super::run::Balancer;
use super::stack::{Balance, Program, Site, Stack, Words};
use crate::resource::haproxy;

/// A site that balances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The host of the site.
    pub balancer: String,
    /// Where its requests come from.
    pub address: IpAddr,
    /// The site's name on its host.
    pub id: String,
    /// Who passes its requests on.
    pub program: Program,
    /// The port that the hosts behind it are asked at.
    pub port: u16,
    /// The hosts behind it.
    pub seats: Vec<Seat>,
}

/// A host behind a balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Its name.
    pub host: String,
    /// As it is asked: `10.88.0.11:80`, `[fd00::11]:80`.
    pub server: String,
}

impl Link {
    /// Whether a host is behind it.
    pub fn has(&self, host: &str) -> bool {
        self.seats.iter().any(|seat| seat.host == host)
    }
}

/// What the hosts behind a site are called together; no application's upstream has two `_` behind the prefix.
pub fn hosts_behind(id: &str) -> String {
    format!("{id}__hosts")
}

/// Nginx's file of the servers behind a site: the only one of its that draining touches.
pub fn servers_file(id: &str) -> String {
    format!("/etc/nginx/deployer/{id}.servers")
}

/// The balancers that drain hosts while those are changed, whether they are part of the run or not.
pub fn front(links: &[Link], inventory: &Inventory) -> Vec<Balancer> {
    let balancer = |link: &Link| {
        let target = reach::target(inventory.host(&link.balancer)?, inventory).ok()?;
        let seats = link.seats.iter().map(|seat| (seat.host.clone(), seat.server.clone()));
        let (site, file) = match link.program {
            Program::Nginx => (link.id.clone(), servers_file(&link.id)),
            Program::Haproxy => (hosts_behind(&link.id), haproxy::PATH.to_string()),
        };
        Some(Balancer { target, program: link.program, site, file, seats: seats.collect() })
    };
    links.iter().filter_map(balancer).collect()
}

/// Every site of the inventory that balances; hosts that were not chosen are read too.
///
/// # Errors
/// A group that does not exist, a balancer in its own group, a host without an address of its own: each once.
pub fn links(
    inventory: &Inventory,
    chosen: &BTreeMap<String, Stack>,
    words: Words,
) -> Result<Vec<Link>, Vec<Diagnostic>> {
    let (mut links, mut errors) = (Vec::new(), Vec::new());
    for host in &inventory.hosts {
        // Mistakes of a host that was not chosen are told when it is.
        let Some(stack) = chosen.get(&host.name).cloned().or_else(|| Stack::of(host, words).ok()) else {
            continue;
        };
        for site in &stack.sites {
            let Some(balance) = &site.balance else { continue };
            match link(host, site, balance, inventory) {
                Ok(link) => links.push(link),
                Err(more) => errors.extend(more),
            }
        }
    }
    let mut once: Vec<Diagnostic> = Vec::new();
    errors.into_iter().for_each(|error| {
        if !once.contains(&error) {
            once.push(error);
        }
    });
    if once.is_empty() { Ok(links) } else { Err(once) }
}

fn link(host: &Host, site: &Site, balance: &Balance, inventory: &Inventory) -> Result<Link, Vec<Diagnostic>> {
    let group = &balance.group;
    let behind = inventory.select_at(&group.value, &group.span).map_err(|error| vec![error])?;
    if behind.iter().any(|other| other.name == host.name) {
        let own = format!("{} would pass requests on to itself: it is in `{}`", host.name, group.value);
        let error = Diagnostic::error(own).at(&group.span);
        return Err(vec![
            error.fix(format!("name another group, or leave it out: `{}:!{}`", group.value, host.name)),
        ]);
    }
    let mut errors = Vec::new();
    let mut kept = |read: Result<IpAddr, Diagnostic>| read.map_err(|error| errors.push(error)).ok();
    let address = kept(address(host));
    let seat = |other: &&Host| {
        let server = match kept(self::address(other))? {
            IpAddr::V4(four) => format!("{four}:{}", balance.port),
            IpAddr::V6(six) => format!("[{six}]:{}", balance.port),
        };
        Some(Seat { host: other.name.clone(), server })
    };
    let seats: Vec<Seat> = behind.iter().filter_map(seat).collect();
    match address.filter(|_| errors.is_empty()) {
        Some(address) => {
            let (balancer, program) = (host.name.clone(), balance.with.value);
            Ok(Link { balancer, address, id: site.id(), program, port: balance.port, seats })
        }
        None => Err(errors),
    }
}

/// Where other hosts of the inventory meet this one: its `private_address`, or the address we log in at.
fn address(host: &Host) -> Result<IpAddr, Diagnostic> {
    let own = host.vars.get("private_address").filter(|node| !node.is_null());
    let text = own.map_or(Some(host.connection.address.as_str()), |node| node.text());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        let shown = own.map_or(format!("`{}`", host.connection.address), |node| node.kind());
        Diagnostic::error(format!("{}: {shown} is no address that balancing can use", host.name))
            .at(own.map_or(&host.span, |node| &node.span))
            .label("nginx would not start while a name has no address, and trust is given to addresses")
            .fix("give the host one: private_address: 10.0.0.11")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn read(text: &str) -> Result<Vec<Link>, Vec<String>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hosts.yml");
        fs::write(&path, text).unwrap();
        let inventory = Inventory::load(&path, &[]).unwrap();
        let errors = |errors: Vec<Diagnostic>| errors.into_iter().map(|e| e.message).collect();
        links(&inventory, &BTreeMap::new(), |_| Ok(Vec::new())).map_err(errors)
    }

    #[test]
    fn hosts_are_met_at_their_private_address_or_where_we_log_in() {
        let text = "web: { hosts: { a: { ansible_host: 192.0.2.1, private_address: 10.0.0.1 }, b: { ansible_host: 'fd00::2' } } }
lb: { hosts: { lb-01: { ansible_host: 192.0.2.9, site: { balance: { group: web, port: 8080 } } } } }";
        let seat = |host: &str, server: &str| Seat { host: host.into(), server: server.into() };
        let wanted = Link {
            balancer: "lb-01".into(),
            address: "192.0.2.9".parse().unwrap(),
            id: "deployer".into(),
            program: Program::Nginx,
            port: 8080,
            seats: vec![seat("a", "10.0.0.1:8080"), seat("b", "[fd00::2]:8080")],
        };
        assert_eq!(read(text), Ok(vec![wanted]));
    }

    #[test]
    fn a_name_an_unknown_group_and_a_circle_are_refused() {
        let with = |hosts: &str, group: &str| {
            read(&format!("web: {{ hosts: {{ {hosts} }} }}\nlb: {{ hosts: {{ lb-01: {{ ansible_host: 192.0.2.9, site: {{ balance: {{ group: {group} }} }} }} }} }}")).unwrap_err()
        };
        let name = "a: `a.example.com` is no address that balancing can use";
        assert_eq!(with("a: { ansible_host: a.example.com }", "web"), [name]);
        assert_eq!(with("a: { ansible_host: 192.0.2.1 }", "wbe"), ["`wbe` matches no host and no group"]);
        let circle = "lb-01 would pass requests on to itself: it is in `all`";
        assert_eq!(with("a: { ansible_host: 192.0.2.1 }", "all"), [circle]);
    }
}
