//! What undoes an unconfirmed change if the host boots meanwhile: before sshd and every firewall.

use crate::resource::fault::Fault;
use crate::resource::host::{Access, Host};
use crate::resource::service::init::Init;

/// What it is called.
pub const UNIT: &str = "deployer-guard.service";
/// Where systemd looks for what it starts early.
const WANTS: &str = "/etc/systemd/system/sysinit.target.wants";
/// As long as the root file system can only be read, nothing can be put back.
const SYSTEMD: &str = "\
[Unit]
Description=Undo a change by deployer that nobody confirmed
DefaultDependencies=no
ConditionPathExists=|/var/lib/deployer/guard/armed/undo
ConditionPathExists=|/var/lib/deployer/guard/undoing/undo
RequiresMountsFor=/var/lib/deployer /etc
After=systemd-remount-fs.service
Before=sysinit.target network-pre.target systemd-sysctl.service nftables.service deployer-firewall.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=-/bin/sh /var/lib/deployer/guard/undoing/undo boot
ExecStart=-/bin/sh /var/lib/deployer/guard/armed/undo boot

[Install]
WantedBy=sysinit.target
";
/// The job of Upstart, which stops a script at the first command that fails.
pub const UPSTART: &str = "\
description \"undo a change by deployer that nobody confirmed\"

start on starting rc-sysinit
task

script
    for state in undoing armed; do
        if [ -f /var/lib/deployer/guard/$state/undo ]; then
            sh /var/lib/deployer/guard/$state/undo boot || true
        fi
    done
end script
";

/// Installs it, once.
///
/// # Errors
/// It cannot be installed.
pub fn watch(host: &dyn Host, init: Init) -> Result<(), Fault> {
    let (path, link) = (init.path(UNIT), format!("{WANTS}/{UNIT}"));
    let text = if init == Init::Systemd { SYSTEMD } else { UPSTART };
    let is_linked = init == Init::Upstart || host.stat(&link)?.is_some();
    if is_linked && host.read(&path)?.as_deref() == Some(text.as_bytes()) {
        return Ok(());
    }
    host.write(&path, text.as_bytes(), &Access::root(0o644))?;
    if init == Init::Systemd {
        host.make_directory(WANTS, &Access::root(0o755))?;
        host.link(&link, &path)?;
    }
    init.read_again(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::fake::FakeHost;
    use crate::resource::host::Look;

    #[test]
    fn a_unit_that_nothing_starts_is_installed_anew() {
        let host = FakeHost::default();
        host.answer("systemctl daemon-reload", "", 0);
        watch(&host, Init::Systemd).unwrap();
        let link = format!("{WANTS}/{UNIT}");
        host.remove(&link).unwrap();
        watch(&host, Init::Systemd).unwrap();
        assert!(host.stat(&link).unwrap().is_some());
        let before = host.writes();
        watch(&host, Init::Systemd).unwrap();
        assert_eq!(host.writes(), before, "once is enough");
    }

    #[test]
    fn nothing_is_put_back_before_the_root_can_be_written() {
        assert!(SYSTEMD.lines().any(|line| line == "After=systemd-remount-fs.service"));
    }
}
