//! A service or socket that runs, starts at boot, and has taken up its newest files.

use serde::{Deserialize, Serialize};

use super::converge::{Change, Verbs};
use super::fault::Fault;
use super::host::{Host, Look, Run, run_or_fault};
use super::init::{Init, UnitState, Verb};
use super::stamp;

/// A unit that is enabled and active.
///
/// ```yaml
/// service: { name: hbnb-web.service, restart_when: [/etc/default/hbnb-web] }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// systemd's name, with its suffix.
    pub name: String,
    /// The host's init system.
    pub init: Init,
    /// Paths whose change needs a restart.
    #[serde(default)]
    pub restart_when: Vec<String>,
    /// Paths whose change needs a reload.
    #[serde(default)]
    pub reload_when: Vec<String>,
}

/// What the init system says, and the digests of the files as they are and as they were taken up.
pub struct Seen {
    unit: UnitState,
    restart: (String, String),
    reload: (String, String),
}

impl Service {
    fn wants_stamp(&self) -> bool {
        !(self.restart_when.is_empty() && self.reload_when.is_empty())
    }

    /// A socket can only be opened anew while its service is not running; the service's own step starts it again.
    fn stop_service_of_socket(&self, host: &dyn Host) -> Result<(), Fault> {
        match self.name.strip_suffix(".socket") {
            Some(base) => {
                run_or_fault(host, &Run::new(&["systemctl", "stop", &format!("{base}.service")])).map(drop)
            }
            None => Ok(()),
        }
    }
}

impl Verbs for Service {
    type State = Seen;

    fn observe(&self, look: &dyn Look) -> Result<Seen, Fault> {
        let taken = stamp::read(look, &self.name)?;
        let (restart, reload) = taken.split_once(' ').unwrap_or_default();
        let pair = |taken: &str, paths: &[String]| -> Result<(String, String), Fault> {
            if paths.is_empty() {
                return Ok(Default::default());
            }
            Ok((taken.to_string(), stamp::of(look, paths)?))
        };
        Ok(Seen {
            unit: self.init.state(look, &self.name)?,
            restart: pair(restart, &self.restart_when)?,
            reload: pair(reload, &self.reload_when)?,
        })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let mut changes = Vec::new();
        if !seen.unit.enabled {
            changes.push(Change::new("boot", "not enabled", "enabled"));
        }
        if !seen.unit.running {
            changes.push(Change::new("state", "stopped", "running"));
        } else if seen.restart.0 != seen.restart.1 {
            changes.push(Change::new("state", "runs with older files", "restarted"));
        } else if seen.reload.0 != seen.reload.1 {
            changes.push(Change::new("state", "runs with older files", "reloaded"));
        } else if seen.unit.stale {
            changes.push(Change::new("unit", "changed on disk", "read by the init system"));
        }
        changes
    }

    fn apply(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        // Once for all units that were written before: reading them anew takes longer than starting one.
        if seen.unit.stale || !seen.unit.loaded {
            self.init.read_again(host)?;
        }
        if !seen.unit.enabled {
            self.init.ask_for(host, Verb::Enable, &self.name)?;
            // A newer systemd (257) takes the new link for a change of every unit.
            if self.init.state(host, &self.name)?.stale {
                self.init.read_again(host)?;
            }
        }
        if !seen.unit.running {
            self.stop_service_of_socket(host)?;
            self.init.ask_for(host, Verb::Start, &self.name)?;
        } else if seen.restart.0 != seen.restart.1 {
            self.stop_service_of_socket(host)?;
            self.init.ask_for(host, Verb::Restart, &self.name)?;
        } else if seen.reload.0 != seen.reload.1 {
            self.init.ask_for(host, Verb::Reload, &self.name)?;
        }
        if self.wants_stamp() {
            let taken = [stamp::of(host, &self.restart_when)?, stamp::of(host, &self.reload_when)?];
            stamp::write(host, &self.name, &taken.join(" "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;

    const UP: [(&str, &str); 3] =
        [("LoadState", "loaded"), ("ActiveState", "active"), ("UnitFileState", "static")];

    fn web() -> Service {
        Service {
            name: "web.service".into(),
            init: Init::Systemd,
            restart_when: vec!["/etc/default/web".into()],
            reload_when: Vec::new(),
        }
    }

    #[test]
    fn a_running_service_that_never_took_up_its_files_is_restarted_once() {
        let host = FakeHost::default();
        host.set_unit("web.service", &UP);
        host.put("/etc/default/web", "A=1\n");
        host.answer("systemctl restart", "", 0);
        assert_eq!(
            web().changes(&host).unwrap(),
            [Change::new("state", "runs with older files", "restarted")]
        );
        web().converge(&host);
        assert!(host.writes().contains(&"run systemctl restart web.service".to_string()));
        assert_eq!(web().changes(&host).unwrap(), []);
        host.put("/etc/default/web", "A=2\n");
        assert_eq!(web().changes(&host).unwrap().len(), 1);
    }

    #[test]
    fn a_stopped_service_is_one_change_and_its_failure_shows_the_journal() {
        let host = FakeHost::default();
        host.answer("systemctl start", "", 1);
        host.answer("journalctl", "bind: address in use\n", 0);
        host.set_unit("web.service", &[("LoadState", "loaded"), ("UnitFileState", "static")]);
        assert_eq!(web().changes(&host).unwrap(), [Change::new("state", "stopped", "running")]);
        let seen = web().observe(&host).unwrap();
        let fault = web().apply(&seen, &host).unwrap_err();
        assert_eq!(fault.message, "`systemctl start web.service` failed (exit 1)");
        assert_eq!(fault.output, "bind: address in use");
    }

    #[test]
    fn a_reload_that_failed_is_a_failure_and_is_tried_again() {
        let host = FakeHost::default();
        host.set_unit("web.service", &UP);
        host.put("/opt/web", "old");
        host.answer("systemctl reload", "", 0);
        let service = Service { restart_when: Vec::new(), reload_when: vec!["/opt/web".into()], ..web() };
        assert!(matches!(service.converge(&host), Outcome::Changed(_)));
        host.put("/opt/web", "new");
        host.answer("systemctl show", "StatusText=reload failed, the old 3 workers serve on\n", 0);
        host.answer("journalctl", "SyntaxError: invalid syntax\n", 0);
        let Outcome::Failed(fault) = service.converge(&host) else { panic!("it did not fail") };
        let wanted = "`web.service` runs on with its older files: reload failed, the old 3 workers serve on";
        assert_eq!((fault.message.as_str(), fault.output.as_str()), (wanted, "SyntaxError: invalid syntax"));
        let again = Change::new("state", "runs with older files", "reloaded");
        assert_eq!(service.changes(&host).unwrap(), [again]);
    }

    #[test]
    fn a_unit_changed_behind_systemds_back_is_read_again() {
        let host = FakeHost::default();
        host.set_unit("web.service", &[UP.as_slice(), &[("NeedDaemonReload", "yes")]].concat());
        let service = Service { restart_when: Vec::new(), ..web() };
        let wanted = [Change::new("unit", "changed on disk", "read by the init system")];
        assert_eq!(service.changes(&host).unwrap(), wanted);
        service.converge(&host);
        assert_eq!(host.writes(), ["run systemctl daemon-reload"]);
    }

    #[test]
    fn units_are_read_again_where_enabling_one_makes_them_old() {
        let host = FakeHost::default();
        let properties = [("LoadState", "loaded"), ("ActiveState", "active"), ("NeedDaemonReload", "yes")];
        host.set_unit("web.service", &properties);
        host.answer("systemctl", "", 0);
        let service = Service { restart_when: Vec::new(), ..web() };
        service.apply(&service.observe(&host).unwrap(), &host).unwrap();
        let wanted = ["daemon-reload", "--no-reload enable web.service", "daemon-reload"];
        assert_eq!(host.writes(), wanted.map(|words| format!("run systemctl {words}")));
    }

    #[test]
    fn a_unit_is_enabled_when_a_target_wants_it() {
        let host = FakeHost::default();
        host.set_unit("web.service", &UP[..2]);
        let service = Service { restart_when: Vec::new(), ..web() };
        assert_eq!(service.changes(&host).unwrap(), [Change::new("boot", "not enabled", "enabled")]);
        host.put("/etc/systemd/system/multi-user.target.wants/web.service", "");
        assert_eq!(service.changes(&host).unwrap(), []);
    }
}
