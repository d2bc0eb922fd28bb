//! What is true of a host and decides what it gets.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::resource::fault::Fault;
use crate::resource::host::{Look, Run};
use crate::resource::service::init::Init;

/// Facts, read from the host, from a file (`--facts`) or from the table of releases (`--os`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// `uname -n`.
    pub hostname: String,
    /// `ID` of os-release: `ubuntu`, `debian`.
    pub os: String,
    /// `VERSION_ID`: `22.04`, `12`.
    pub os_version: String,
    /// `uname -m`: `x86_64`, `aarch64`.
    pub arch: String,
    /// What PID 1 is.
    pub init: Init,
    /// systemd's version; 0 where it does not run.
    pub systemd: u32,
    /// Nginx's version, three numbers; `None` before it is installed.
    pub nginx: Option<[u32; 3]>,
    /// HAProxy's version, three numbers; `None` before it is installed.
    #[serde(default)]
    pub haproxy: Option<[u32; 3]>,
    /// Whether Nginx can send files that were packed before; `true` where nothing is said, as in every package of Debian
    /// and Ubuntu.
    #[serde(default = "yes")]
    pub gzip_static: bool,
    /// Whether the kernel speaks IPv6; `true` where nothing is said.
    #[serde(default = "yes")]
    pub ipv6: bool,
    /// The port of sshd that this login came through; all that sshd listens at, where it came another way; none where that
    /// is not known.
    #[serde(default)]
    pub ssh_ports: Vec<u16>,
}

fn yes() -> bool {
    true
}

/// Reads the facts of this machine.
pub fn read(look: &dyn Look) -> Result<Facts, Fault> {
    let release = text(look, "/etc/os-release")?;
    let init = read_init(look)?;
    let nginx = look.ask(&Run::new(&["nginx", "-V"]))?.stderr;
    let version = nginx_version(&nginx);
    Ok(Facts {
        hostname: text(look, "/proc/sys/kernel/hostname")?.trim().to_string(),
        os: release_value(&release, "ID"),
        os_version: release_value(&release, "VERSION_ID"),
        arch: std::env::consts::ARCH.to_string(),
        init,
        systemd: match init {
            Init::Systemd => first_number(&look.ask(&Run::new(&["systemctl", "--version"]))?.stdout),
            Init::Upstart => 0,
        },
        nginx: version,
        haproxy: haproxy_version(&look.ask(&Run::new(&["haproxy", "-v"]))?.stdout),
        gzip_static: version.is_none() || nginx.contains("--with-http_gzip_static_module"),
        ipv6: look.stat("/proc/net/if_inet6")?.is_some(),
        ssh_ports: ssh_ports(look, std::process::id())?,
    })
}

/// Where parts of sshd's configuration lie, from Ubuntu 20.04 on.
const SSHD_PARTS: &str = "/etc/ssh/sshd_config.d";

/// The port that others come through, even if this run was begun on a console.
fn ssh_ports(look: &dyn Look, process: u32) -> Result<Vec<u16>, Fault> {
    if let Some(port) = ssh_port(look, process)? {
        return Ok(vec![port]);
    }
    let said = look.ask(&Run::new(&["/usr/sbin/sshd", "-T"]))?;
    let ports: BTreeSet<u16> = if said.status == 0 {
        let addresses = said.stdout.lines().filter_map(|line| line.strip_prefix("listenaddress "));
        addresses.filter_map(|address| address.rsplit(':').next()?.parse().ok()).collect()
    } else {
        written_ports(look)?
    };
    Ok(ports.into_iter().collect())
}

/// The ports that sshd's files name, where it does not say itself what they mean: as without `/run/sshd`, which a socket
/// of systemd makes with the first connection.
fn written_ports(look: &dyn Look) -> Result<BTreeSet<u16>, Fault> {
    let mut files = vec!["/etc/ssh/sshd_config".to_string()];
    files.extend(look.list(SSHD_PARTS)?.iter().map(|name| format!("{SSHD_PARTS}/{name}")));
    let mut ports = BTreeSet::new();
    for file in files {
        let text = look.text(&file)?.unwrap_or_default();
        ports.extend(text.lines().filter_map(|line| {
            let mut words = line.split([' ', '\t', '=']).filter(|word| !word.is_empty());
            words.next()?.eq_ignore_ascii_case("port").then(|| words.next()?.parse::<u16>().ok())?
        }));
    }
    Ok(ports)
}

/// The port of `SSH_CONNECTION`, which sshd gives to its children and sudo keeps to itself: of this process, or of the
/// nearest one above it that has it.
fn ssh_port(look: &dyn Look, process: u32) -> Result<Option<u16>, Fault> {
    let mut process = process.to_string();
    while process != "0" {
        let environment = look.read(&format!("/proc/{process}/environ"))?.unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        if let Some(value) = variables.find_map(|v| v.strip_prefix(b"SSH_CONNECTION=")) {
            let value = String::from_utf8_lossy(value);
            return Ok(value.split(' ').nth(3).and_then(|port| port.parse().ok()));
        }
        let status = look.read(&format!("/proc/{process}/status"))?.unwrap_or_default();
        let status = String::from_utf8_lossy(&status);
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        process = parent.map_or("0", str::trim).to_string();
    }
    Ok(None)
}

fn read_init(look: &dyn Look) -> Result<Init, Fault> {
    if look.stat("/run/systemd/system")?.is_some() {
        return Ok(Init::Systemd);
    }
    let said = look.ask(&Run::new(&["/sbin/initctl", "version"]))?;
    if said.stdout.contains("upstart") {
        return Ok(Init::Upstart);
    }
    Err(Fault::new("neither systemd nor Upstart is PID 1 on this host")
        .fix("use a host (or a container) booted with an init system"))
}

fn text(look: &dyn Look, path: &str) -> Result<String, Fault> {
    Ok(look.text(path)?.unwrap_or_default())
}

/// The value of `KEY=` in os-release, quotes removed.
fn release_value(release: &str, key: &str) -> String {
    let value = release.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix('='));
    value.unwrap_or_default().trim_matches(['"', '\'']).to_string()
}

/// `systemd 252 (252.39-1~deb12u2)` → 252.
fn first_number(text: &str) -> u32 {
    text.split_whitespace().find_map(|w| w.parse().ok()).unwrap_or(0)
}

/// `nginx version: nginx/1.22.1 (Ubuntu)` → 1.22.1.
pub fn nginx_version(text: &str) -> Option<[u32; 3]> {
    three_numbers(text.split("nginx/").nth(1)?)
}

/// `HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/` → 2.6.12; before 2.4 it was `HA-Proxy`.
fn haproxy_version(text: &str) -> Option<[u32; 3]> {
    three_numbers(text.split("Proxy version ").nth(1)?)
}

/// The version that a text begins with.
fn three_numbers(text: &str) -> Option<[u32; 3]> {
    let version = text.split(|c: char| c != '.' && !c.is_ascii_digit()).next()?;
    let mut numbers = version.split('.').map(str::parse);
    Some([numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::fake::FakeHost;

    #[test]
    fn versions_are_read_from_what_the_tools_print() {
        assert_eq!(nginx_version("nginx version: nginx/1.18.0 (Ubuntu)\n"), Some([1, 18, 0]));
        assert_eq!(nginx_version("nginx version: nginx/1.4.6\n"), Some([1, 4, 6]));
        assert_eq!(nginx_version("nginx: not found"), None);
        assert_eq!(
            haproxy_version("HA-Proxy version 2.0.33-0ubuntu0.1 2023/10/31 - https://haproxy.org/\n"),
            Some([2, 0, 33])
        );
        assert_eq!(
            haproxy_version("HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/\n"),
            Some([2, 6, 12])
        );
        assert_eq!(haproxy_version(""), None);
        assert_eq!(first_number("systemd 229\n+PAM -AUDIT"), 229);
        assert_eq!(first_number("systemd 252 (252.39-1~deb12u2)\n"), 252);
    }

    #[test]
    fn the_port_of_the_login_is_found_above_sudo_or_with_sshd() {
        let host = FakeHost::default();
        for (process, parent, environment) in [
            (9, 8, "A=1"),
            (8, 7, "B=2\0SSH_CONNECTION=10.0.0.1 5000 10.0.0.2 2222\0"),
            (7, 1, ""),
            (5, 1, ""),
        ] {
            host.put(&format!("/proc/{process}/status"), &format!("Name:\tsh\nPPid:\t{parent}\n"));
            host.put(&format!("/proc/{process}/environ"), environment);
        }
        assert_eq!(ssh_ports(&host, 9).unwrap(), [2222]);
        assert_eq!(ssh_ports(&host, 5).unwrap(), [0; 0], "there is no sshd");
        let said =
            "port 22\nlistenaddress [::]:2022\nlistenaddress 0.0.0.0:2022\nlistenaddress 10.0.0.2:2222\n";
        host.answer("/usr/sbin/sshd -T", said, 0);
        assert_eq!(ssh_ports(&host, 5).unwrap(), [2022, 2222], "on a console");
        host.answer("/usr/sbin/sshd -T", "Missing privilege separation directory: /run/sshd", 255);
        host.put("/etc/ssh/sshd_config", "#Port 22\nport=2022\nPermitRootLogin no\n");
        host.put("/etc/ssh/sshd_config.d/other.conf", "Port 2200\n");
        assert_eq!(ssh_ports(&host, 5).unwrap(), [2022, 2200], "sshd does not say it itself");
    }

    #[test]
    fn os_release_is_read_with_and_without_quotes() {
        let release = "NAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\nID=ubuntu\nID_LIKE=debian\n";
        assert_eq!(release_value(release, "ID"), "ubuntu");
        assert_eq!(release_value(release, "VERSION_ID"), "22.04");
    }
}
