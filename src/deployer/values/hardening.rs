//! What `playbooks/hardening.yml` is told: ports, and who takes up what under which init system.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::agent::facts::Facts;
use crate::deployer::stack::{Hardening, Protocol, Site, Stack};
use crate::resource::service::init::Init;

/// Where sshd listens as long as nobody has logged in.
const SSH: u16 = 22;
/// What the rest of the world comes for, whether or not a site is there yet.
const WEB: [u16; 2] = [80, 443];
/// Where the rules lie.
const RULES: &str = "/etc/nftables.d/deployer.nft";

/// Everything about the hardening of one host.
pub fn values(stack: &Stack, facts: &Facts) -> Value {
    let hardening = &stack.hardening;
    let ssh_ports = if facts.ssh_ports.is_empty() { &[SSH][..] } else { &facts.ssh_ports };
    let mut tcp = BTreeSet::from(WEB);
    tcp.extend(ssh_ports);
    tcp.extend(stack.sites.iter().flat_map(Site::ports));
    tcp.extend(open(hardening, Protocol::Tcp));
    let udp: BTreeSet<u16> = open(hardening, Protocol::Udp).collect();
    let is_systemd = facts.init == Init::Systemd;
    let ban_packages: &[&str] = match (hardening.fail2ban, is_systemd) {
        (true, true) => &["fail2ban", "python3-systemd"],
        (true, false) => &["fail2ban"],
        (false, _) => &[],
    };
    let sysctl = hardening.sysctl.iter().map(|(name, value)| json!({ "name": name, "value": value }));
    json!({
        "ssh_ports": ssh_ports,
        "tcp": tcp,
        "udp": udp,
        "rules": RULES,
        // nftables came after Upstart.
        "firewall": is_systemd,
        "fail2ban": hardening.fail2ban,
        "ban_packages": ban_packages,
        "reboot": hardening.reboot,
        "sysctl": sysctl.collect::<Vec<_>>(),
        "confirm": hardening.confirm,
        // A container has only some of the settings; neither program calls that a failure.
        "load_sysctl": if is_systemd {
            vec!["/lib/systemd/systemd-sysctl", "/etc/sysctl.d/60-deployer.conf"]
        } else {
            vec!["sysctl", "-e", "-p", "/etc/sysctl.d/60-deployer.conf"]
        },
        // With a socket of systemd's, sshd may not run between two logins.
        "reload_sshd": if is_systemd {
            vec!["systemctl", "try-reload-or-restart", "ssh.service"]
        } else {
            vec!["initctl", "reload", "ssh"]
        },
    })
}

fn open(hardening: &Hardening, protocol: Protocol) -> impl Iterator<Item = u16> {
    hardening.open.iter().filter(move |port| port.protocol == protocol).map(|port| port.number)
}
