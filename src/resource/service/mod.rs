//! A service or socket that runs, starts at boot, and has taken up its newest files.

pub mod init;
pub mod served;
pub mod unit;
pub mod upstart;

use serde::{Deserialize, Serialize};

use super::converge::{Change, Verbs};
use super::fault::Fault;
use super::host::{Host, Look, Run, run_or_fault};
use super::stamp;
use init::{Init, UnitState, Verb};

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
    /// Where the releases of its code lie; if it cannot take up a new one, `current` goes back to what served last.
    #[serde(default)]
    pub release: Option<String>,
    /// A log file of its own; what it adds there is shown when it fails.
    #[serde(default)]
    pub log: Option<String>,
}

/// How many bytes of a log file are read at most; the last lines are enough.
const LOG_BYTES: u64 = 64 * 1024;

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

    /// Does it; a failure carries what the service said in its own log, and turns its code back to what served.
    fn take_up(&self, verb: Verb, host: &dyn Host) -> Result<(), Fault> {
        if verb != Verb::Reload {
            self.stop_service_of_socket(host)?;
        }
        let before = self.log_size(host);
        self.init.ask_for(host, verb, &self.name).map_err(|fault| {
            let fault = fault.log(&self.log_since(before, host));
            self.turned_back(verb, fault, host)
        })
    }

    fn log_size(&self, look: &dyn Look) -> u64 {
        let stat = self.log.as_ref().and_then(|path| look.stat(path).ok()?);
        stat.map_or(0, |stat| stat.size)
    }

    /// What was added to the log behind so many bytes; all of it if it was begun anew.
    fn log_since(&self, before: u64, look: &dyn Look) -> String {
        let now = self.log_size(look);
        let added = if now < before { now } else { now - before };
        let bytes = added.min(LOG_BYTES).to_string();
        let read = |path: &String| look.ask(&Run::new(&["tail", "-c", &bytes, path])).ok();
        self.log.as_ref().filter(|_| added > 0).and_then(read).map_or(String::new(), |ran| ran.stdout)
    }

    /// Whatever starts the service next starts what served last; a service that was stopped is started with it.
    fn turned_back(&self, verb: Verb, mut fault: Fault, host: &dyn Host) -> Fault {
        let Some(root) = &self.release else { return fault };
        match served::turn_back(host, root) {
            Ok(None) => {}
            Ok(Some(target)) => {
                fault.message += &format!("; {root}/current points at {target} again, which served last");
                if verb != Verb::Reload {
                    let started = self.init.ask_for(host, Verb::Start, &self.name);
                    fault.message += if started.is_ok() { " and runs" } else { " and does not start either" };
                }
            }
            Err(other) => fault.message += &format!("; {root}/current still points at it: {other}"),
        }
        fault
    }
}

/// What a service needs to run with its newest files.
fn wanted(seen: &Seen) -> Option<Verb> {
    if !seen.unit.running {
        Some(Verb::Start)
    } else if seen.restart.0 != seen.restart.1 {
        Some(Verb::Restart)
    } else {
        (seen.reload.0 != seen.reload.1).then_some(Verb::Reload)
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
        changes.extend(match wanted(seen) {
            Some(Verb::Restart) => Some(Change::new("state", "runs with older files", "restarted")),
            Some(Verb::Reload) => Some(Change::new("state", "runs with older files", "reloaded")),
            Some(_) => Some(Change::new("state", "stopped", "running")),
            None if seen.unit.stale => {
                Some(Change::new("unit", "changed on disk", "read by the init system"))
            }
            None => None,
        });
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
        let verb = wanted(seen);
        if let Some(verb) = verb {
            self.take_up(verb, host)?;
        }
        let is_known = verb.is_none_or(|verb| self.init.knows_end_of(verb));
        if let Some(root) = self.release.as_ref().filter(|_| is_known) {
            served::note(host, root)?;
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
            release: None,
            log: None,
        }
    }

    /// A service with the code of `r1` in work and that of `r2` put down.
    fn python(host: &FakeHost) -> Service {
        host.set_unit("web.service", &UP);
        host.answer("systemctl", "", 0);
        for id in ["r1", "r2"] {
            host.put(&format!("/app/releases/{id}/app.py"), "");
        }
        let service = Service {
            restart_when: Vec::new(),
            reload_when: vec!["/app/current".into()],
            release: Some("/app".into()),
            ..web()
        };
        host.link("/app/current", "releases/r1").unwrap();
        assert!(matches!(service.converge(host), Outcome::Changed(_)));
        host.link("/app/current", "releases/r2").unwrap();
        service
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
    fn code_that_cannot_serve_is_current_no_more() {
        let host = FakeHost::default();
        let service = python(&host);
        host.answer("systemctl show", "StatusText=reload failed, the old 2 workers serve on\n", 0);
        for _ in 0..2 {
            host.link("/app/current", "releases/r2").unwrap();
            let Outcome::Failed(fault) = service.converge(&host) else { panic!("it did not fail") };
            let wanted = "`web.service` runs on with its older files: reload failed, the old 2 workers serve on; \
                /app/current points at releases/r1 again, which served last";
            assert_eq!(fault.message, wanted);
            assert_eq!(service.changes(&host).unwrap(), [], "it has taken up what is current");
        }
    }

    #[test]
    fn code_is_noted_as_what_served_only_where_that_is_known() {
        let host = FakeHost::default();
        host.answer("timeout", "", 0);
        host.answer("initctl status web", "web start/running, process 411\n", 0);
        let upstart = Service { init: Init::Upstart, ..python(&host) };
        let served = || served::target(&host, "/app", "served").unwrap();
        assert!(matches!(upstart.converge(&host), Outcome::Changed(_)));
        assert_eq!(served(), Some("releases/r1".into()), "nobody said how the reload of r2 ended");
        let restarted = Service { restart_when: vec!["/app/current".into()], ..upstart };
        assert!(matches!(restarted.converge(&host), Outcome::Changed(_)));
        assert_eq!(served(), Some("releases/r2".into()));
    }

    #[test]
    fn a_service_that_was_stopped_for_code_that_cannot_serve_runs_with_the_older_code() {
        let host = FakeHost::default();
        let service = Service { restart_when: vec!["/app/current".into()], ..python(&host) };
        host.answer("systemctl restart", "", 1);
        let Outcome::Failed(fault) = service.converge(&host) else { panic!("it did not fail") };
        let wanted = "`systemctl restart web.service` failed (exit 1); \
            /app/current points at releases/r1 again, which served last and runs";
        assert_eq!(fault.message, wanted);
        assert!(host.writes().contains(&"run systemctl start web.service".to_string()));
    }

    #[test]
    fn a_failure_shows_what_the_service_added_to_its_own_log() {
        let host = FakeHost::default();
        host.set_unit("web.service", &[("LoadState", "loaded"), ("UnitFileState", "static")]);
        host.answer("systemctl start", "", 1);
        host.answer("journalctl", "web.service failed\n", 0);
        host.answer("tail -c 12 /var/log/web.log", "SyntaxError\n", 0);
        let service = Service { log: Some("/var/log/web.log".into()), ..web() };
        host.put("/var/log/web.log", "SyntaxError\n");
        let Outcome::Failed(fault) = service.converge(&host) else { panic!("it did not fail") };
        assert_eq!(fault.output, "web.service failed", "what was there before is not shown");
        assert_eq!(service.log_since(0, &host), "SyntaxError\n");
        assert_eq!(service.log_since(99, &host), "SyntaxError\n", "it was begun anew");
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
