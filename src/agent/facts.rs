//! What is true of a host and decides what it gets.

use serde::{Deserialize, Serialize};

use crate::resource::fault::Fault;
use crate::resource::host::{Look, Run};
use crate::resource::init::Init;

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
    /// Whether Nginx can send files that were packed before; `true` where nothing is said, as in every package of Debian
    /// and Ubuntu.
    #[serde(default = "yes")]
    pub gzip_static: bool,
    /// Whether the kernel speaks IPv6; `true` where nothing is said.
    #[serde(default = "yes")]
    pub ipv6: bool,
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
        gzip_static: version.is_none() || nginx.contains("--with-http_gzip_static_module"),
        ipv6: look.stat("/proc/net/if_inet6")?.is_some(),
    })
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
    Ok(String::from_utf8_lossy(&look.read(path)?.unwrap_or_default()).into_owned())
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
    let version = text.split("nginx/").nth(1)?.split_whitespace().next()?;
    let mut numbers = version.split('.').map(str::parse);
    Some([numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_the_tools_print() {
        assert_eq!(nginx_version("nginx version: nginx/1.18.0 (Ubuntu)\n"), Some([1, 18, 0]));
        assert_eq!(nginx_version("nginx version: nginx/1.4.6\n"), Some([1, 4, 6]));
        assert_eq!(nginx_version("nginx: not found"), None);
        assert_eq!(first_number("systemd 229\n+PAM -AUDIT"), 229);
        assert_eq!(first_number("systemd 252 (252.39-1~deb12u2)\n"), 252);
    }

    #[test]
    fn os_release_is_read_with_and_without_quotes() {
        let release = "NAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\nID=ubuntu\nID_LIKE=debian\n";
        assert_eq!(release_value(release, "ID"), "ubuntu");
        assert_eq!(release_value(release, "VERSION_ID"), "22.04");
    }
}
