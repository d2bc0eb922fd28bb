//! A Debian package, by apt.

use serde::{Deserialize, Serialize};

use super::converge::{Change, Verbs};
use super::fault::Fault;
use super::host::{Host, Look, Ran, Run};

/// A package that is installed.
///
/// ```yaml
/// package: { name: nginx }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// The package's name, as `apt-get install` takes it.
    pub name: String,
    /// Seconds to wait for apt's lock before giving up.
    #[serde(default = "default_lock_wait")]
    pub lock_wait: u32,
}

/// Unattended upgrades of a fresh host take minutes; a person waits about that long.
fn default_lock_wait() -> u32 {
    120
}

/// `installed`, or what dpkg calls it otherwise (`absent`, `half-configured`, …).
type Status = String;

impl Verbs for Package {
    type State = Status;

    fn observe(&self, look: &dyn Look) -> Result<Status, Fault> {
        let ran = look.ask(&Run::new(&["dpkg-query", "-W", "-f=${Status}", &self.name]))?;
        Ok(status(&ran))
    }

    fn diff(&self, seen: &Status) -> Vec<Change> {
        Change::of("package", seen.as_str(), "installed").into_iter().collect()
    }

    fn apply(&self, _: &Status, host: &dyn Host) -> Result<(), Fault> {
        let wait = format!("DPkg::Lock::Timeout={}", self.lock_wait);
        let install = ["apt-get", "install", "-y", "--no-install-recommends", "-o", &wait, &self.name];
        if self.apt(host, &install).is_ok() {
            return Ok(());
        }
        // An interrupted install must be completed first. Only now, as apt waits for the lock of one that still
        // works and dpkg does not; whether this was the cause, the last try tells.
        drop(self.apt(host, &["dpkg", "--configure", "-a"]));
        // The lists of a fresh or long-unused host name versions that are gone.
        self.apt(host, &["apt-get", "update", "-o", &wait])?;
        self.apt(host, &install)
    }
}

impl Package {
    fn apt(&self, host: &dyn Host, argv: &[&str]) -> Result<(), Fault> {
        let mut run = Run::new(argv);
        run.env.push(("DEBIAN_FRONTEND".into(), "noninteractive".into()));
        let ran = host.run(&run)?;
        if ran.status == 0 {
            return Ok(());
        }
        let text = ran.text();
        let message = format!(
            "package `{}` not installed: `{}` failed (exit {})",
            self.name,
            argv[..2].join(" "),
            ran.status
        );
        let fault = Fault::new(message).output(&text);
        Err(match lock_holder(&text) {
            Some(holder) => fault.fix(format!("wait for {holder}, then run the same command again")),
            None if text.contains("Unable to locate package") => {
                fault.fix(format!("check the name: `apt-cache policy {}` on the host", self.name))
            }
            None => fault,
        })
    }
}

/// Reads `dpkg-query -W -f=${Status}`: three words, of which the last is the state.
fn status(ran: &Ran) -> Status {
    match ran.stdout.split_whitespace().last() {
        Some("not-installed") | None => "absent".to_string(),
        Some(word) => word.to_string(),
    }
}

/// `process 812 (unattended-upgr)` from apt's words about a lock.
fn lock_holder(text: &str) -> Option<String> {
    let rest = text.split("held by ").nth(1)?;
    Some(rest.split(['\n', '.', ',']).next()?.trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::fake::FakeHost;

    fn nginx() -> Package {
        Package { name: "nginx".into(), lock_wait: 1 }
    }

    #[test]
    fn what_dpkg_says_is_understood() {
        let said = |stdout: &str, status| {
            self::status(&Ran { status, stdout: stdout.into(), stderr: String::new() })
        };
        assert_eq!(said("install ok installed", 0), "installed");
        assert_eq!(said("deinstall ok config-files", 0), "config-files");
        assert_eq!(said("install ok half-configured", 0), "half-configured");
        assert_eq!(said("unknown ok not-installed", 0), "absent");
        assert_eq!(said("", 1), "absent");
    }

    #[test]
    fn the_holder_of_the_lock_is_named() {
        let text = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)\nN: Be aware";
        assert_eq!(lock_holder(text), Some("process 812 (unattended-upgr)".into()));
    }

    #[test]
    fn a_host_that_ignores_the_install_is_not_called_a_success() {
        let host = FakeHost::default();
        host.answer("dpkg-query", "", 1);
        host.answer("apt-get", "", 0);
        let outcome = crate::resource::converge::Converge::converge(&nginx(), &host);
        let wanted =
            Fault::new("still differs after it was applied: package is `absent`, wanted `installed`");
        assert_eq!(outcome, crate::resource::converge::Outcome::Failed(wanted));
    }
}
