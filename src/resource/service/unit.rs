//! The file of a service: a systemd unit or an Upstart job.

use serde::{Deserialize, Serialize};

use super::init::Init;
use crate::resource::converge::{Change, Verbs};
use crate::resource::fault::Fault;
use crate::resource::host::{Access, Host, Look};

/// A unit file; its [`crate::resource::service::Service`] makes the init system read it.
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

impl Verbs for Unit {
    /// The file's text.
    type State = Option<String>;

    fn observe(&self, look: &dyn Look) -> Result<Self::State, Fault> {
        look.text(&self.init.path(&self.name))
    }

    fn diff(&self, seen: &Self::State) -> Vec<Change> {
        Change::of("content", seen.as_deref().unwrap_or_default(), &self.content).into_iter().collect()
    }

    fn apply(&self, _: &Self::State, host: &dyn Host) -> Result<(), Fault> {
        let access = Access::root(0o644);
        host.write(&self.init.path(&self.name), self.content.as_bytes(), &access)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;

    #[test]
    fn a_unit_is_written_once_where_its_init_system_looks() {
        let host = FakeHost::default();
        for (init, path) in
            [(Init::Systemd, "/etc/systemd/system/a.service"), (Init::Upstart, "/etc/init/a.conf")]
        {
            let unit = Unit { name: "a.service".into(), content: "[Unit]\n".into(), init };
            assert!(matches!(unit.converge(&host), Outcome::Changed(_)));
            assert_eq!(host.writes().last(), Some(&format!("write {path}")));
            assert_eq!(unit.converge(&host), Outcome::Unchanged);
        }
    }
}
