//! A command: the escape hatch, with a way to tell that it is not needed.

use std::collections::BTreeMap;

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
    /// Variables added to its environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

impl Command {
    fn run(&self, argv: &[String]) -> Run {
        let env = self.env.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        Run { argv: argv.to_vec(), env, user: self.user.clone() }
    }
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
        Ok(look.ask(&self.run(&self.unless))?.status != 0)
    }

    fn diff(&self, needed: &bool) -> Vec<Change> {
        if *needed { vec![Change::new("command", "needed", self.run.join(" "))] } else { Vec::new() }
    }

    fn apply(&self, _: &bool, host: &dyn Host) -> Result<(), Fault> {
        run_or_fault(host, &self.run(&self.run)).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;

    fn migrate() -> Command {
        Command {
            run: vec!["migrate".into()],
            unless: vec!["check".into()],
            creates: None,
            user: None,
            env: BTreeMap::new(),
        }
    }

    #[test]
    fn a_command_runs_only_when_it_is_needed() {
        let host = FakeHost::default();
        host.answer("check", "", 0);
        assert_eq!(migrate().converge(&host), Outcome::Unchanged);
        host.answer("check", "", 1);
        host.answer("migrate", "", 0);
        assert!(matches!(migrate().converge(&host), Outcome::Failed(_)), "it is still needed afterwards");
        let creates = Command { creates: Some("/etc/passwd".into()), unless: Vec::new(), ..migrate() };
        assert_eq!(creates.converge(&host), Outcome::Unchanged);
    }

    #[test]
    fn a_program_that_is_not_there_yet_is_needed_not_a_failure() {
        assert_eq!(migrate().changes(&FakeHost::default()).unwrap().len(), 1);
    }
}
