//! A command: the escape hatch, with a way to tell that it is not needed.

use serde::{Deserialize, Serialize};

use super::converge::{Change, Verbs};
use super::fault::Fault;
use super::host::{Host, Look, Run, run_or_fault};

/// A command that runs when `unless` fails, or when `creates` does not exist.
///
/// ```yaml
/// command: { run: [hbnb, migrate], unless: [hbnb, migrate, --check], user: hbnb }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Program and arguments; no shell in between.
    pub run: Vec<String>,
    /// A command that changes nothing and succeeds when there is nothing to do.
    #[serde(default)]
    pub unless: Vec<String>,
    /// A path that exists when there is nothing to do.
    #[serde(default)]
    pub creates: Option<String>,
    /// The account it runs as; root when none.
    #[serde(default)]
    pub user: Option<String>,
}

impl Verbs for Command {
    /// Whether it is needed.
    type State = bool;

    fn observe(&self, look: &dyn Look) -> Result<bool, Fault> {
        if let Some(path) = &self.creates
            && look.stat(path)?.is_some()
        {
            return Ok(false);
        }
        if self.unless.is_empty() {
            return Ok(true);
        }
        let run = Run { user: self.user.clone(), ..Run::new(&self.unless) };
        Ok(look.ask(&run)?.status != 0)
    }

    fn diff(&self, needed: &bool) -> Vec<Change> {
        if *needed { vec![Change::new("command", "needed", self.run.join(" "))] } else { Vec::new() }
    }

    fn apply(&self, _: &bool, host: &dyn Host) -> Result<(), Fault> {
        run_or_fault(host, &Run { user: self.user.clone(), ..Run::new(&self.run) }).map(drop)
    }
}
