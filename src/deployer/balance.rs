//! Who passes requests on to whom: the sites that balance, and the hosts behind them, over the whole inventory.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::base::diagnostic::{self, Diagnostic};
use crate::base::source::Span;
use crate::base::yaml::Node;

use super::inventory::{Host, Inventory};
use super::run::Balancer;
use super::stack::{Balance, Bind, Program, Site, Stack, Words};
use super::target::Target;
use crate::resource::web::drain::Upstream;

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
    /// Whether it is asked by the PROXY protocol.
    pub is_proxied: bool,
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

/// What drains the hosts behind a site while those are changed, whether its host is part of the run or not.
pub fn front(link: &Link, target: Target) -> Balancer {
    let upstream = match link.program {
        Program::Nginx => Upstream::Nginx { site: link.id.clone(), servers: servers_file(&link.id) },
        Program::Haproxy => Upstream::Haproxy { backend: hosts_behind(&link.id) },
    };
    let seats = link.seats.iter().map(|seat| (seat.host.clone(), seat.server.clone())).collect();
    Balancer { target, upstream, seats }
}

/// Every site of the inventory that balances; hosts that were not chosen are read too.
///
/// # Errors
/// A group that does not exist, a balancer in its own group, a host without an address of its own, a host that would send
/// what it is passed back, or does not listen where it is asked; a balancer that cannot be read, chosen or not. Each once.
pub fn links(
    inventory: &Inventory,
    chosen: &BTreeMap<String, Stack>,
    words: Words,
) -> Result<Vec<Link>, Vec<Diagnostic>> {
    let stack_of = |host: &Host| chosen.get(&host.name).cloned().map_or_else(|| Stack::of(host, words), Ok);
    let (mut links, mut errors) = (Vec::new(), Vec::new());
    for host in inventory.hosts.iter().filter(|host| balances(host)) {
        let Some(stack) = diagnostic::kept(stack_of(host), &mut errors) else { continue };
        for site in &stack.sites {
            let Some(balance) = &site.balance else { continue };
            let group = behind(host, balance, inventory).map_err(|error| vec![error]);
            let Some(group) = diagnostic::kept(group, &mut errors) else { continue };
            // Other mistakes of a host that was not chosen are told when it is.
            let members: Vec<Member> = group.into_iter().map(|other| (other, stack_of(other).ok())).collect();
            let stacks = || members.iter().filter_map(|(_, stack)| stack.as_ref());
            diagnostic::add(&mut errors, unheard(host, balance, &members));
            diagnostic::add(&mut errors, stacks().filter_map(|stack| sent_back(balance, stack)));
            diagnostic::add(&mut errors, stacks().filter_map(|stack| not_spoken(host, balance, stack)));
            links.extend(diagnostic::kept(link(host, site, balance, &members), &mut errors));
        }
    }
    if errors.is_empty() { Ok(links) } else { Err(errors) }
}

/// Whether a host has a site that balances, whatever else is to be said of it.
fn balances(host: &Host) -> bool {
    let sites = host.vars.get("sites").map(Node::entries).unwrap_or_default();
    let mut sites = sites.iter().map(|(_, site)| site).chain(host.vars.get("site"));
    sites.any(|site| site.get("balance").is_some_and(|balance| !balance.is_null()))
}

/// A host behind a balancer, and what it runs, if that could be read.
type Member<'i> = (&'i Host, Option<Stack>);

/// The hosts behind a balancer.
fn behind<'i>(host: &Host, balance: &Balance, inventory: &'i Inventory) -> Result<Vec<&'i Host>, Diagnostic> {
    let group = &balance.group;
    let behind = inventory.select_at(&group.value, &group.span)?;
    if behind.iter().all(|other| other.name != host.name) {
        return Ok(behind);
    }
    let own = format!("{} would pass requests on to itself: it is in `{}`", host.name, group.value);
    let fix = format!("name another group, or leave it out: `{}:!{}`", group.value, host.name);
    Err(Diagnostic::error(own).at(&group.span).fix(fix))
}

/// Hosts that we give sites or apps, and none of these is where they are asked; what others listen at is their own.
fn unheard(host: &Host, balance: &Balance, members: &[Member]) -> Option<Diagnostic> {
    let is_ours = |member: &Host| {
        ["apps", "site", "sites"].iter().any(|key| member.vars.get(*key).is_some_and(|n| !n.is_null()))
    };
    let deaf = members.iter().filter_map(|(member, stack)| Some((member, stack.as_ref()?)));
    let deaf = deaf.filter(|(member, stack)| is_ours(member) && !is_heard(stack, balance.port));
    let (names, stacks): (Vec<&str>, Vec<&Stack>) = deaf.map(|(m, stack)| (m.name.as_str(), stack)).unzip();
    let port = stacks.first()?.sites[0].listen;
    let error = format!("no site of {} is at port {} over plain HTTP", names.join(", "), balance.port);
    let label = format!("{} asks them there", host.name);
    let fix = format!("write `port: {port}` into this `balance`: that is the `listen` of their site");
    Some(Diagnostic::error(error).at(&balance.group.span).label(label).fix(fix))
}

/// Whether a site or an app itself takes requests of other hosts at a port.
fn is_heard(stack: &Stack, port: u16) -> bool {
    let is_inside = |host: &str| host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_at =
        |bind: &Bind| matches!(bind, Bind::Tcp { host, port: own } if *own == port && !is_inside(host));
    stack.sites_at(port).next().is_some() || stack.apps.iter().any(|app| is_at(&app.bind))
}

/// A site that sends everybody to https sends the balancer's requests there too, and browsers come back to the balancer.
fn sent_back(balance: &Balance, stack: &Stack) -> Option<Diagnostic> {
    let mut redirects = stack.sites_at(balance.port).filter_map(Site::redirect);
    let at = &redirects.next()?.profile.span;
    let group = &balance.group;
    Some(
        Diagnostic::error(format!(
            "the hosts of `{}` would send what they are passed back to https",
            group.value
        ))
        .at(&group.span)
        .label("browsers would come to the balancer again, without end")
        .note("their TLS", at.to_string())
        .fix("give TLS to the balancer alone, or write `redirect: false` into the `tls` of those hosts"),
    )
}

fn link(host: &Host, site: &Site, balance: &Balance, members: &[Member]) -> Result<Link, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let mut met = |host: &Host| diagnostic::kept(address(host).map_err(|error| [error]), &mut errors);
    let address = met(host);
    let seat = |(other, stack): &Member| {
        let server = match met(other)? {
            IpAddr::V4(four) => format!("{four}:{}", balance.port),
            IpAddr::V6(six) => format!("[{six}]:{}", balance.port),
        };
        let is_proxied = stack.as_ref().and_then(|stack| proxied(stack, balance.port)).is_some();
        Some(Seat { host: other.name.clone(), server, is_proxied })
    };
    let seats: Vec<Seat> = members.iter().filter_map(seat).collect();
    match address.filter(|_| errors.is_empty()) {
        Some(address) => {
            let (balancer, program) = (host.name.clone(), balance.with.value);
            Ok(Link { balancer, address, id: site.id(), program, port: balance.port, seats })
        }
        None => Err(errors),
    }
}

/// Nginx passes requests on by HTTP alone.
fn not_spoken(host: &Host, balance: &Balance, stack: &Stack) -> Option<Diagnostic> {
    let at = proxied(stack, balance.port).filter(|_| balance.with.value == Program::Nginx)?;
    let error = format!("{}: nginx does not speak the PROXY protocol to hosts", host.name);
    let fix =
        "balance `with: haproxy`, or take `proxy_protocol` away: nginx tells the client by X-Forwarded-For";
    Some(Diagnostic::error(error).at(&balance.with.span).note("asked for", at.to_string()).fix(fix))
}

/// Where a host's site that is passed requests at a port asks for the PROXY protocol, if it does.
fn proxied(stack: &Stack, port: u16) -> Option<&Span> {
    stack.sites_at(port).find_map(|site| Some(&site.proxy_protocol.as_ref()?.at))
}

/// Warnings: sites that are asked by the PROXY protocol, and no balancer that would do so.
pub fn unasked(stacks: &BTreeMap<String, Stack>, links: &[Link]) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    for (host, site) in stacks.iter().flat_map(|(host, stack)| stack.sites.iter().map(move |s| (host, s))) {
        let Some(proxied) = site.proxy_protocol.as_ref().filter(|proxied| proxied.from.is_empty()) else {
            continue;
        };
        let asks = |link: &Link| link.program == Program::Haproxy && link.has(host) && site.is_at(link.port);
        if links.iter().any(asks) {
            continue;
        }
        let warning = Diagnostic::warning("nobody is believed who asks by the PROXY protocol");
        let warning = warning.at(&proxied.at).label(
            "no HAProxy of the inventory stands in front: applications take its address for every client's",
        );
        diagnostic::add(&mut warnings, [warning.fix("name who does: proxy_protocol: [10.0.0.0/8]")]);
    }
    warnings
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
        let seat =
            |host: &str, server: &str| Seat { host: host.into(), server: server.into(), is_proxied: false };
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
    fn haproxy_speaks_the_proxy_protocol_to_who_asks_for_it_and_nginx_cannot() {
        let with = |program: &str, port: u16| {
            read(&format!(
                "web: {{ hosts: {{ a: {{ ansible_host: 192.0.2.1, sites: {{ x: {{ proxy_protocol: true }}, y: {{ listen: 81 }} }} }} }} }}\nlb: {{ hosts: {{ lb-01: {{ ansible_host: 192.0.2.9, site: {{ balance: {{ group: web, with: {program}, port: {port} }} }} }} }} }}"
            ))
        };
        let is_proxied =
            |read: Result<Vec<Link>, Vec<String>>| read.map(|links| links[0].seats[0].is_proxied);
        assert_eq!(is_proxied(with("haproxy", 80)), Ok(true));
        assert_eq!(is_proxied(with("haproxy", 81)), Ok(false));
        let cannot = "lb-01: nginx does not speak the PROXY protocol to hosts";
        assert_eq!(is_proxied(with("nginx", 80)), Err(vec![cannot.into()]));
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

    #[test]
    fn a_host_that_sends_everybody_to_https_cannot_stand_behind_a_balancer() {
        let with = |tls: &str| {
            read(&format!(
                "web: {{ hosts: {{ a: {{ ansible_host: 192.0.2.1 }} }}, vars: {{ site: {{ tls: {tls} }} }} }}\nlb: {{ hosts: {{ lb-01: {{ ansible_host: 192.0.2.9, site: {{ balance: {{ group: web }} }} }} }} }}"
            ))
        };
        let wanted = "the hosts of `web` would send what they are passed back to https";
        assert_eq!(with("{ mode: self_signed }").unwrap_err(), [wanted]);
        assert_eq!(with("{ mode: self_signed, redirect: false }").unwrap().len(), 1);
    }

    #[test]
    fn of_several_sites_on_the_port_each_is_asked_whether_it_sends_back() {
        let text = "web: { hosts: { a: { ansible_host: 192.0.2.1 } }, vars: { sites: {
  shop: { server_name: a.test, tls: { mode: self_signed, redirect: false } },
  office: { server_name: b.test, tls: { mode: self_signed } } } } }
lb: { hosts: { lb-01: { ansible_host: 192.0.2.9, site: { balance: { group: web } } } } }";
        assert_eq!(
            read(text),
            Err(vec!["the hosts of `web` would send what they are passed back to https".into()])
        );
    }

    #[test]
    fn a_port_of_which_no_site_is_is_told_unless_the_host_is_nobody_of_ours() {
        let with = |vars: &str, port: u16| {
            read(&format!(
                "web: {{ hosts: {{ a: {{ ansible_host: 192.0.2.1 }}, b: {{ ansible_host: 192.0.2.2 }} }}, vars: {{ {vars} }} }}\nlb: {{ hosts: {{ lb-01: {{ ansible_host: 192.0.2.9, site: {{ balance: {{ group: web, port: {port} }} }} }} }} }}"
            ))
            .map(|links| links.len())
        };
        let deaf = |port: u16| Err(vec![format!("no site of a, b is at port {port} over plain HTTP")]);
        let tls = "site: { tls: { mode: self_signed, redirect: false } }";
        assert_eq!((with(tls, 443), with(tls, 80)), (deaf(443), Ok(1)));
        assert_eq!(
            (with("site: { listen: 8080 }", 80), with("site: { listen: 8080 }", 8080)),
            (deaf(80), Ok(1))
        );
        let app =
            |bind| format!("apps: {{ a: {{ run: '@hbnb', bind: '{bind}', routes: [{{ path: / }}] }} }}");
        assert_eq!(
            (with(&app("127.0.0.1:5000"), 5000), with(&app("0.0.0.0:5000"), 5000)),
            (deaf(5000), Ok(1))
        );
        assert_eq!(with("", 5000), Ok(1));
    }

    #[test]
    fn the_proxy_protocol_without_a_haproxy_in_front_is_a_warning() {
        let unasked = |proxied: &str, in_front: &str| {
            let file = tempfile::NamedTempFile::new().unwrap();
            let text = format!(
                "web: {{ hosts: {{ a: {{ ansible_host: 192.0.2.1 }} }}, vars: {{ sites: {{ x: {{ proxy_protocol: {proxied} }} }} }} }}\nlb: {{ hosts: {{ lb-01: {{ ansible_host: 192.0.2.9, site: {{ {in_front} }} }} }} }}"
            );
            fs::write(file.path(), text).unwrap();
            let inventory = Inventory::load(file.path(), &[]).unwrap();
            let stack = Stack::of(&inventory.hosts[0], |_| Ok(Vec::new())).unwrap();
            let stacks = BTreeMap::from([("a".to_string(), stack)]);
            let links = links(&inventory, &stacks, |_| Ok(Vec::new())).unwrap();
            unasked(&stacks, &links).into_iter().filter_map(|warning| warning.fix).collect::<Vec<_>>()
        };
        let fix = "name who does: proxy_protocol: [10.0.0.0/8]";
        assert_eq!(unasked("true", ""), [fix]);
        assert_eq!(unasked("true", "balance: { group: web, with: haproxy }"), [""; 0]);
        assert_eq!(unasked("[10.0.0.0/8]", ""), [""; 0]);
    }

    #[test]
    fn a_balancer_that_cannot_be_read_is_told_whoever_was_chosen() {
        let text = "web: { hosts: { a: { ansible_host: 192.0.2.1, site: { listen: 0 } } } }
lb: { hosts: { lb-01: { ansible_host: 192.0.2.9, site: { gzip: 7, balance: { group: web } } } } }";
        let errors = read(text).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].starts_with("site: "), "{errors:?}");
    }
}
