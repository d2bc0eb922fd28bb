//! The two init systems behind one door: systemd and Upstart.

use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use super::upstart::{self, Refusal, Status};
use crate::resource::fault::Fault;
use crate::resource::host::{Host, Look, Run};

/// What our application server says of itself while it reloads, and how its words begin when that failed.
const RELOADING: &str = "reloading";
const RELOAD_FAILED: &str = "reload failed";
/// A signalled server says within milliseconds that it reloads; one that is done by then says the same as before.
const BEGINS_WITHIN: Duration = Duration::from_secs(1);
/// Longer than the server itself waits for new workers.
const ENDS_WITHIN: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(20);

/// Which init system is PID 1; read from the host, not from its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    /// systemd, `/run/systemd/system` exists.
    Systemd,
    /// Upstart, Ubuntu 14.04.
    Upstart,
}

/// What an init system knows of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitState {
    /// It exists.
    pub loaded: bool,
    /// It runs, with a live process where it has one.
    pub running: bool,
    /// It starts at boot.
    pub enabled: bool,
    /// Its file is newer than what the init system has read.
    pub stale: bool,
}

/// What can be asked of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Make it run.
    Start,
    /// Stop and start, taking up a new definition.
    Restart,
    /// Take up new configuration without a gap.
    Reload,
    /// Start at boot.
    Enable,
}

impl Init {
    /// Where a unit's file lies. `name` is systemd's (`x.service`); Upstart's job is `x`.
    pub fn path(self, name: &str) -> String {
        match self {
            Self::Systemd => format!("/etc/systemd/system/{name}"),
            Self::Upstart => format!("/etc/init/{}.conf", job(name)),
        }
    }

    /// Reads the state of a unit.
    pub fn state(self, look: &dyn Look, name: &str) -> Result<UnitState, Fault> {
        match self {
            Self::Systemd => {
                let properties = look.unit(name)?;
                let enabled = is_wanted(look, name)?;
                Ok(systemd_state(&properties, enabled))
            }
            Self::Upstart => Ok(upstart_state(upstart::ask(look, job(name))?)),
        }
    }

    /// Does it; a failure carries the init system's words and the service's last log lines.
    pub fn ask_for(self, host: &dyn Host, verb: Verb, name: &str) -> Result<(), Fault> {
        let begun = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |t| t.as_secs());
        if self == Self::Systemd && matches!(verb, Verb::Start | Verb::Restart) {
            // What failed too often before it was repaired may start again; a unit that never failed is fine too.
            host.run(&Run::new(&["systemctl", "reset-failed", name]))?;
        }
        let failed = |words: String, said: &str| {
            let log = self.last_lines(host, name, begun);
            let fault = Fault::new(words).output(said).log(&log);
            Err(fault.fix(match log.contains("Address already in use") {
                true => "end what listens there (on the host: ss -ltnp) or choose another `bind`, then run the same command again".to_string(),
                false => format!("repair what the last lines name (more of them on the host: {}), then run the same command again", self.where_log(name)),
            }))
        };
        let before = if verb == Verb::Reload { self.status(host, name)? } else { String::new() };
        if let Some(Refusal { command, status, text }) = self.tell(host, verb, name)? {
            return failed(format!("`{command}` failed (exit {status})"), &text);
        }
        match self.reloaded(host, name, &before)? {
            Some(status) => failed(format!("`{name}` runs on with its older files: {status}"), ""),
            None => Ok(()),
        }
    }

    /// Whether something that was done without an error is known to have worked: Upstart passes the signal of a reload on,
    /// and hears nothing of what comes of it.
    pub fn knows_end_of(self, verb: Verb) -> bool {
        (self, verb) != (Self::Upstart, Verb::Reload)
    }

    /// What a service says of itself; empty if it says nothing.
    fn status(self, look: &dyn Look, name: &str) -> Result<String, Fault> {
        if self == Self::Upstart {
            return Ok(String::new());
        }
        let shown = look.ask(&Run::new(&["systemctl", "show", "-p", "StatusText", name]))?;
        Ok(shown.stdout.trim().strip_prefix("StatusText=").unwrap_or_default().to_string())
    }

    /// Waits for the end of a reload, which systemd does not do before 253 and never calls a failure; then what the
    /// service says of itself, if it failed. A service that said nothing before is taken at systemd's word.
    fn reloaded(self, look: &dyn Look, name: &str, before: &str) -> Result<Option<String>, Fault> {
        let (begin, mut began) = (Instant::now(), false);
        while !before.is_empty() {
            let status = self.status(look, name)?;
            began |= status != before;
            if status != RELOADING && (began || begin.elapsed() > BEGINS_WITHIN) {
                return Ok(status.starts_with(RELOAD_FAILED).then_some(status));
            }
            if begin.elapsed() > ENDS_WITHIN {
                return Ok(Some(status));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(None)
    }

    /// Makes the init system read changed unit files; Upstart sees them by itself.
    pub fn read_again(self, host: &dyn Host) -> Result<(), Fault> {
        match self {
            Self::Systemd => {
                crate::resource::host::run_or_fault(host, &Run::new(&["systemctl", "daemon-reload"]))
                    .map(drop)
            }
            Self::Upstart => Ok(()),
        }
    }

    /// Tells the init system; what it said if it refused.
    fn tell(self, host: &dyn Host, verb: Verb, name: &str) -> Result<Option<Refusal>, Fault> {
        let words: &[&str] = match (self, verb) {
            (Self::Systemd, Verb::Start) => &["systemctl", "start", name],
            (Self::Systemd, Verb::Restart) => &["systemctl", "restart", name],
            (Self::Systemd, Verb::Reload) => &["systemctl", "reload", name],
            (Self::Systemd, Verb::Enable) => &["systemctl", "--no-reload", "enable", name],
            (Self::Upstart, Verb::Start) => return upstart::start(host, job(name)),
            (Self::Upstart, Verb::Restart) => return upstart::restart(host, job(name)),
            (Self::Upstart, Verb::Reload) => return upstart::reload(host, job(name)),
            (Self::Upstart, Verb::Enable) => return Ok(None),
        };
        let ran = host.run(&Run::new(words))?;
        let refusal = Refusal { command: words.join(" "), status: ran.status, text: ran.text() };
        Ok((ran.status != 0).then_some(refusal))
    }

    /// The command that shows a unit's whole log.
    fn where_log(self, name: &str) -> String {
        match self {
            Self::Systemd => format!("journalctl -u {name}"),
            Self::Upstart => format!("less /var/log/upstart/{}.log", job(name)),
        }
    }

    /// What a unit said since `begun`, seconds since 1970.
    fn last_lines(self, host: &dyn Host, name: &str, begun: u64) -> String {
        let since = format!("--since=@{begun}");
        let journal = ["journalctl", "-q", "-u", name, &since, "--no-pager", "-o", "cat"];
        match self {
            Self::Systemd => host.ask(&Run::new(&journal)).map(|r| r.stdout).unwrap_or_default(),
            Self::Upstart => {
                let log = host.text(&format!("/var/log/upstart/{}.log", job(name)));
                log.ok().flatten().unwrap_or_default()
            }
        }
    }
}

/// Upstart's name of a unit.
fn job(name: &str) -> &str {
    name.strip_suffix(".service").unwrap_or(name)
}

/// Whether a target pulls a unit in at boot: a link in one of the directories `*.wants`. systemd itself remembers an
/// older answer until it reads all units again, which costs more than everything else here.
fn is_wanted(look: &dyn Look, name: &str) -> Result<bool, Fault> {
    const UNITS: &str = "/etc/systemd/system";
    for directory in look.list(UNITS)?.into_iter().filter(|d| d.ends_with(".wants")) {
        if look.stat(&format!("{UNITS}/{directory}/{name}"))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn systemd_state(properties: &[(String, String)], wanted: bool) -> UnitState {
    let is = |key: &str, value: &str| properties.iter().any(|(k, v)| k == key && v == value);
    UnitState {
        loaded: is("LoadState", "loaded"),
        running: is("ActiveState", "active") || is("ActiveState", "reloading"),
        // Units without [Install], and those made from old init scripts, cannot be enabled and need not be.
        enabled: wanted || is("UnitFileState", "static") || is("UnitFileState", "generated"),
        stale: is("NeedDaemonReload", "yes"),
    }
}

/// A job starts at boot by what its file says.
fn upstart_state(status: Status) -> UnitState {
    let loaded = status != Status::Unknown;
    UnitState { loaded, running: status == Status::Running, enabled: loaded, stale: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_of_upstart_that_has_no_process_does_not_run() {
        let dead = UnitState { loaded: true, running: false, enabled: true, stale: false };
        assert_eq!(upstart_state(Status::Dead), dead);
        assert_eq!(upstart_state(Status::Running), UnitState { running: true, ..dead });
        assert_eq!(upstart_state(Status::Unknown), UnitState::default());
    }

    #[test]
    fn systemd_says_in_properties_what_a_unit_is() {
        let properties: Vec<(String, String)> = [
            ("LoadState", "loaded"),
            ("ActiveState", "active"),
            ("UnitFileState", "enabled"),
            ("NeedDaemonReload", "no"),
        ]
        .map(|(k, v)| (k.to_string(), v.to_string()))
        .to_vec();
        let wanted = UnitState { loaded: true, running: true, enabled: true, stale: false };
        assert_eq!(systemd_state(&properties, true), wanted);
        assert_eq!(systemd_state(&[], false), UnitState::default());
    }
}
