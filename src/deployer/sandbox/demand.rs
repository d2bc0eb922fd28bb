//! What a sandbox needs of this machine and of its inventory, asked before anything is made.

use super::{HostSpec, Spec, mirror, tool};
use crate::base::diagnostic::Diagnostic;

/// The programs, and the Debian package of each.
const PROGRAMS: [(&str, &str); 7] = [
    ("systemd-nspawn", "systemd-container"),
    ("debootstrap", "debootstrap"),
    ("nft", "nftables"),
    ("ip", "iproute2"),
    ("ssh", "openssh-client"),
    ("ssh-keygen", "openssh-client"),
    ("setsid", "util-linux"),
];
/// A kernel's host name has 64 bytes, and a unit's prefix takes 13 of them.
const LONGEST_NAME: usize = 48;

/// Refuses where no sandbox can be made.
pub(super) fn machine() -> Result<(), Diagnostic> {
    if !rustix::process::geteuid().is_root() {
        return Err(Diagnostic::error(
            "a sandbox needs root: it mounts, makes network devices and boots hosts",
        )
        .fix("run the same command with `sudo`"));
    }
    let missing = missing(|program| tool::find(program).is_some());
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    Err(Diagnostic::error(format!("a sandbox needs programs of the packages: {packages}"))
        .fix(format!("apt-get install {packages}")))
}

/// The packages of the programs that are not there, each once.
fn missing(is_there: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let mut packages: Vec<&str> =
        PROGRAMS.into_iter().filter(|(program, _)| !is_there(program)).map(|(_, package)| package).collect();
    packages.dedup();
    packages
}

/// Refuses names that could not be a path, a host name or a user.
pub(super) fn names(spec: &Spec) -> Result<(), Diagnostic> {
    name("sandbox", &spec.name)?;
    for (number, host) in spec.hosts.iter().enumerate() {
        name("host", &host.name)?;
        name("user", &host.user)?;
        mirror::of(&host.suite)?;
        if spec.hosts[..number].iter().any(|other: &HostSpec| other.name == host.name) {
            return Err(Diagnostic::error(format!("sandbox: the host `{}` is there twice", host.name)));
        }
    }
    Ok(())
}

fn name(what: &str, name: &str) -> Result<(), Diagnostic> {
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins && name.len() <= LONGEST_NAME && name.chars().all(good) {
        return Ok(());
    }
    Err(Diagnostic::error(format!("sandbox: the {what} name `{name}` cannot be used"))
        .fix(format!("at most {LONGEST_NAME} letters, digits, `-`, `_` and `.`, a letter or digit first")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_missing_package_is_named_once() {
        assert_eq!(missing(|program| !program.starts_with("ssh")), ["openssh-client"]);
        assert_eq!(missing(|_| true), Vec::<&str>::new());
    }

    #[test]
    fn a_name_that_leaves_its_place_is_refused() {
        let refused =
            ["", "..", ".ssh", "a/b", "a b", "a,b", "a:b", "-x", "ä"].map(|n| name("host", n).is_err());
        assert_eq!(refused, [true; 9]);
        let accepted = ["web-01", "web-01.example.com", "7"].map(|n| name("host", n).is_ok());
        assert_eq!(accepted, [true; 3]);
    }
}
