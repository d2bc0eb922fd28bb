//! What became of one host in a run.

use crate::agent::wire::Plan;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::resource::converge::{Change, Outcome};
use crate::resource::fault::Fault;
use crate::resource::probe::Miss;

use super::Mode;

/// Why a host that was ready is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Another host was not ready.
    Unready,
    /// A host of an earlier batch failed.
    Batch,
}

/// What became of one host.
#[derive(Debug, Default)]
pub struct Report {
    /// The host's name.
    pub host: String,
    /// Its plan; empty when it was not reached.
    pub plan: Plan,
    /// What differed before the run, step by step.
    pub checked: Vec<Result<Vec<Change>, Fault>>,
    /// What became of every step that ended.
    pub outcomes: Vec<Outcome>,
    /// The step that had begun last.
    pub begun: Option<usize>,
    /// The host was ready and is as it was, and why.
    pub held: Option<Held>,
    /// The balancers that send the host nothing since this run.
    pub drained: Vec<String>,
    /// The host's own probes: `None` is as expected. Empty when they were not asked.
    pub proved: Vec<Option<Miss>>,
    /// The probes asked from here, in the same order.
    pub proved_here: Vec<Option<Miss>>,
    /// Why the run on this host ended early.
    pub errors: Vec<Diagnostic>,
}

impl Report {
    /// How many steps differ (looking), or were changed.
    pub fn changed(&self, mode: Mode) -> usize {
        match mode {
            Mode::Look => {
                self.checked.iter().filter(|c| c.as_ref().is_ok_and(|list| !list.is_empty())).count()
            }
            Mode::Prove | Mode::Change => {
                self.outcomes.iter().filter(|o| matches!(o, Outcome::Changed(_))).count()
            }
        }
    }

    /// What failed, by the index of its step: what could not be looked at, as long as nothing was done.
    pub fn faults(&self) -> Vec<(usize, &Fault)> {
        let seen = self.checked.iter().enumerate().filter_map(|(i, c)| Some((i, c.as_ref().err()?)));
        let done = self.outcomes.iter().enumerate().filter_map(|(i, o)| match o {
            Outcome::Failed(fault) | Outcome::Undone(fault) => Some((i, fault)),
            _ => None,
        });
        if self.outcomes.is_empty() { seen.collect() } else { done.collect() }
    }

    /// How many steps failed.
    pub fn failed(&self) -> usize {
        self.faults().len()
    }

    /// Probes that failed, on the host or from here.
    pub fn missed(&self) -> usize {
        self.proved.iter().chain(&self.proved_here).filter(|p| p.is_some()).count()
    }

    /// The exit status of this host alone.
    pub fn exit(&self, mode: Mode) -> Exit {
        if let Some(worst) = Exit::worst(self.errors.iter().map(|e| e.exit)) {
            return worst;
        }
        if self.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Undone(_))) {
            Exit::RolledBack
        } else if self.failed() > 0 {
            Exit::Failed
        } else if self.missed() > 0 {
            Exit::Probe
        } else if mode == Mode::Look && self.changed(mode) > 0 {
            Exit::Differs
        } else {
            Exit::Wanted
        }
    }
}
