//! The sandbox's network: a bridge, a namespace and a cable a host, and NAT in an nftables table of our own.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::lock::Lock;
use super::place::{MARK, Place, STATE};
use super::subnet::Subnet;
use super::{HostSpec, tool};
use crate::base::diagnostic::Diagnostic;

const FORWARDING: &str = "/proc/sys/net/ipv4/ip_forward";
/// There while forwarding is on only because of us; below /run, since a reboot of this machine turns it off too.
const FORWARDING_IS_OURS: &str = "/run/deployer-sandbox-forwarding";
/// What Ethernet carries, when no default route says less.
const ETHERNET_MTU: u64 = 1500;

/// This machine's IPv4 routes as `ip` knows them.
fn routes() -> Result<Vec<Value>, Diagnostic> {
    let text = tool::run("ip", &["-json", "-4", "route", "show"])?;
    serde_json::from_str(&text).map_err(|e| tool::failed("ip -json -4 route show", &e.to_string()))
}

/// Refuses a network that this machine already reaches in another way.
pub(super) fn refuse_clash(place: &Place, subnet: Subnet) -> Result<(), Diagnostic> {
    for route in routes()? {
        let (destination, device) = (text(&route, "dst"), text(&route, "dev"));
        if device != place.bridge() && subnet.overlaps(destination) {
            let said =
                format!("sandbox: the network {subnet} clashes with this machine's route {destination}");
            let fix = if device.starts_with(MARK) {
                "another sandbox has this network: `deployer sandbox down` it, or choose other addresses"
            } else {
                "choose other addresses (`ansible_host`), such as 10.99.0.11"
            };
            return Err(Diagnostic::error(said).note("device", device).fix(fix));
        }
    }
    Ok(())
}

fn text<'a>(route: &'a Value, key: &str) -> &'a str {
    route[key].as_str().unwrap_or_default()
}

/// The MTU of the way out; larger packets of a guest would be lost where nobody tells it so.
fn mtu() -> Result<String, Diagnostic> {
    let routes = routes()?;
    let device = routes.iter().find(|r| text(r, "dst") == "default").map(|r| text(r, "dev"));
    let read = |device: &str| fs::read_to_string(format!("/sys/class/net/{device}/mtu")).ok();
    let outer = device.and_then(read).and_then(|m| m.trim().parse().ok()).unwrap_or(ETHERNET_MTU);
    Ok(outer.min(ETHERNET_MTU).to_string())
}

fn exists(device: &str) -> bool {
    Path::new("/sys/class/net").join(device).exists()
}

/// Makes bridge, NAT and forwarding; what is there already is left as it is.
pub(super) fn ensure(place: &Place, subnet: Subnet) -> Result<(), Diagnostic> {
    let bridge = place.bridge();
    if !exists(&bridge) {
        tool::run("ip", &["link", "add", &bridge, "type", "bridge"])?;
    }
    let gateway = format!("{}/24", subnet.gateway());
    if !tool::run("ip", &["-o", "-4", "address", "show", "dev", &bridge])?.contains(&format!(" {gateway} ")) {
        tool::run("ip", &["address", "flush", "dev", &bridge])?;
        tool::run("ip", &["address", "add", &gateway, "dev", &bridge])?;
    }
    tool::run("ip", &["link", "set", &bridge, "up"])?;
    let table = place.table();
    let rules = format!(
        "add table ip {table}; delete table ip {table}; table ip {table} {{
           chain postrouting {{
             type nat hook postrouting priority srcnat;
             ip saddr {subnet} oifname != \"{bridge}\" masquerade
           }}
           chain forward {{
             type filter hook forward priority filter;
             iifname \"{bridge}\" accept
             oifname \"{bridge}\" ct state established,related accept
           }}
         }}"
    );
    tool::run("nft", &[&rules])?;
    let _lock = Lock::take(Path::new(STATE))?;
    if fs::read_to_string(FORWARDING).is_ok_and(|on| on.trim() == "0") {
        let ours = Path::new(FORWARDING_IS_OURS);
        tool::file(fs::write(ours, ""), "write", ours)?;
        tool::file(fs::write(FORWARDING, "1"), "write", Path::new(FORWARDING))?;
    }
    Ok(())
}

/// Whether the host's cable is in place and carries its address.
pub(super) fn is_wired(place: &Place, host: &HostSpec) -> bool {
    let name = place.unit(&host.name);
    let address = format!(" {}/24 ", host.address);
    exists(&place.cable(&host.name))
        && place.namespace(&host.name).exists()
        && tool::run("ip", &["-n", &name, "-o", "-4", "address", "show", "dev", "eth0"])
            .is_ok_and(|said| said.contains(&address))
}

/// Makes the host's namespace and its cable into the bridge, anew.
pub(super) fn wire(place: &Place, host: &HostSpec, subnet: Subnet) -> Result<(), Diagnostic> {
    unwire(place, &host.name)?;
    let (namespace, cable, bridge) = (place.unit(&host.name), place.cable(&host.name), place.bridge());
    let (address, gateway, mtu) = (format!("{}/24", host.address), subnet.gateway().to_string(), mtu()?);
    let (n, c) = (namespace.as_str(), cable.as_str());
    let steps: [&[&str]; 7] = [
        &["netns", "add", n],
        &["link", "add", c, "mtu", &mtu, "type", "veth", "peer", "name", "eth0", "mtu", &mtu, "netns", n],
        &["link", "set", c, "master", &bridge, "up"],
        &["-n", n, "address", "add", &address, "dev", "eth0"],
        &["-n", n, "link", "set", "lo", "up"],
        &["-n", n, "link", "set", "eth0", "up"],
        &["-n", n, "route", "add", "default", "via", &gateway],
    ];
    for step in steps {
        tool::run("ip", step)?;
    }
    Ok(())
}

/// Takes a host's cable and namespace away, as far as they are there.
pub(super) fn unwire(place: &Place, host: &str) -> Result<(), Diagnostic> {
    let cable = place.cable(host);
    if exists(&cable) {
        tool::run("ip", &["link", "delete", &cable])?;
    }
    if place.namespace(host).exists() {
        tool::run("ip", &["netns", "delete", &place.unit(host)])?;
    }
    Ok(())
}

/// Hosts that have a namespace, whether anything else of them is left or not.
pub(super) fn hosts(place: &Place) -> Vec<String> {
    let entries = fs::read_dir("/run/netns").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(|name| name.strip_prefix(&place.prefix()).map(String::from)).collect()
}

/// Takes bridge and NAT away, and forwarding with the last sandbox if it was us who turned it on.
pub(super) fn remove(place: &Place) -> Result<(), Diagnostic> {
    let bridge = place.bridge();
    if exists(&bridge) {
        tool::run("ip", &["link", "delete", &bridge])?;
    }
    if has_table(place) {
        tool::run("nft", &["delete", "table", "ip", &place.table()])?;
    }
    let _lock = Lock::take(Path::new(STATE))?;
    let devices = fs::read_dir("/sys/class/net").into_iter().flatten().flatten();
    let others = devices.filter(|d| d.file_name().to_string_lossy().starts_with(MARK)).count();
    let ours = Path::new(FORWARDING_IS_OURS);
    if others == 0 && ours.exists() {
        tool::file(fs::write(FORWARDING, "0"), "write", Path::new(FORWARDING))?;
        tool::file(fs::remove_file(ours), "remove", ours)?;
    }
    Ok(())
}

fn has_table(place: &Place) -> bool {
    tool::succeeds("nft", &["list", "table", "ip", &place.table()])
}

/// What of the network is still there, in words.
pub(super) fn leftovers(place: &Place) -> Vec<String> {
    let mut found: Vec<String> =
        hosts(place).iter().map(|host| format!("network namespace {}", place.unit(host))).collect();
    if exists(&place.bridge()) {
        found.push(format!("bridge {}", place.bridge()));
    }
    if has_table(place) {
        found.push(format!("nftables table {}", place.table()));
    }
    found
}
