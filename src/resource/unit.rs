//! The file of a service: a systemd unit or an Upstart job.

use serde::{Deserialize, Serialize};

use super::converge::{Change, Verbs};
use super::fault::Fault;
use super::host::{Access, Host, Look};
use super::init::Init;

/// A unit file that the init system has read.
///
/// ```yaml
/// unit: { name: hbnb-web.service, template: systemd/app.service.tera }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// systemd's name, with its suffix; Upstart's job is the same without `.service`.
    pub name: String,
    /// The whole file.
    pub content: String,
    /// The host's init system.
    pub init: Init,
}

/// The file's text, and whether the init system has read an older one.
pub struct Seen {
    content: Option<String>,
    stale: bool,
}

impl Verbs for Unit {
    type State = Seen;

    fn observe(&self, look: &dyn Look) -> Result<Seen, Fault> {
        let content = look.read(&self.init.path(&self.name))?;
        let content = content.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let stale = content.is_some() && self.init.state(look, &self.name)?.stale;
        Ok(Seen { content, stale })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let content = Change::of("content", seen.content.as_deref().unwrap_or_default(), &self.content);
        let stale = seen.stale.then(|| Change::new("unit", "changed on disk", "read by the init system"));
        content.into_iter().chain(stale).collect()
    }

    fn apply(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        if seen.content.as_deref() != Some(&self.content) {
            let access = Access { uid: 0, gid: 0, mode: 0o644 };
            host.write(&self.init.path(&self.name), self.content.as_bytes(), &access)?;
        }
        self.init.read_again(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;

    #[test]
    fn a_unit_is_written_and_read_by_systemd() {
        let host = FakeHost::default();
        host.answer("systemctl daemon-reload", "", 0);
        let unit = Unit { name: "a.service".into(), content: "[Unit]\n".into(), init: Init::Systemd };
        assert!(matches!(unit.converge(&host), Outcome::Changed(_)));
        assert_eq!(host.writes(), ["write /etc/systemd/system/a.service", "run systemctl daemon-reload"]);
        assert_eq!(unit.converge(&host), Outcome::Unchanged);
    }

    #[test]
    fn a_unit_changed_behind_systemds_back_is_read_again() {
        let host = FakeHost::default();
        host.put("/etc/systemd/system/a.service", "[Unit]\n");
        host.set_unit("a.service", &[("NeedDaemonReload", "yes")]);
        let unit = Unit { name: "a.service".into(), content: "[Unit]\n".into(), init: Init::Systemd };
        let wanted = [Change::new("unit", "changed on disk", "read by the init system")];
        assert_eq!(unit.changes(&host).unwrap(), wanted);
    }
}
