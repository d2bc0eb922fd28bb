//! The three verbs and the one function that strings them together.

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::host::{Host, Look};

/// One difference between what is and what is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What differs: `content`, `mode`, `state`.
    pub what: String,
    /// As it is.
    pub from: String,
    /// As it is wanted.
    pub to: String,
}

impl Change {
    /// A difference in one named property.
    pub fn new(what: &str, from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { what: what.to_string(), from: from.into(), to: to.into() }
    }

    /// The difference of one property, or nothing when it is as wanted.
    pub fn of(what: &str, from: impl Into<String>, to: impl Into<String>) -> Option<Self> {
        let change = Self::new(what, from, to);
        (change.from != change.to).then_some(change)
    }

    /// Whose lines they are, where it is the difference of a text: `content`, or `content of NAME` where there are several.
    pub fn text_of(&self) -> Option<Option<&str>> {
        match self.what.strip_prefix("content")? {
            "" => Some(None),
            rest => rest.strip_prefix(" of ").map(Some),
        }
    }
}

/// A thing a host can have.
pub trait Verbs {
    /// What `observe` sees. Absent is a state, never an error: `plan` works on a fresh host.
    type State;
    /// Reads.
    fn observe(&self, look: &dyn Look) -> Result<Self::State, Fault>;
    /// Compares; pure.
    fn diff(&self, seen: &Self::State) -> Vec<Change>;
    /// Writes.
    fn apply(&self, seen: &Self::State, host: &dyn Host) -> Result<(), Fault>;
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was as wanted.
    Unchanged,
    /// It was changed into what is wanted, and a second look agreed.
    Changed(Vec<Change>),
    /// It failed, or still differs.
    Failed(Fault),
    /// It was changed, nobody confirmed it, and the host put back what was there before.
    Undone(Fault),
}

/// [`Verbs`] without their state's type.
pub trait Converge {
    /// What would change.
    fn changes(&self, look: &dyn Look) -> Result<Vec<Change>, Fault>;
    /// Makes it so and looks a second time.
    fn converge(&self, host: &dyn Host) -> Outcome;
}

impl<T: Verbs> Converge for T {
    fn changes(&self, look: &dyn Look) -> Result<Vec<Change>, Fault> {
        Ok(self.diff(&self.observe(look)?))
    }

    fn converge(&self, host: &dyn Host) -> Outcome {
        let result = self.observe(host).and_then(|seen| {
            let changes = self.diff(&seen);
            if changes.is_empty() {
                return Ok(Outcome::Unchanged);
            }
            self.apply(&seen, host)?;
            match self.changes(host)?.as_slice() {
                [] => Ok(Outcome::Changed(changes)),
                left => Err(still_differs(left)),
            }
        });
        result.unwrap_or_else(Outcome::Failed)
    }
}

/// The fault of a change that did not stick, whatever the commands returned.
fn still_differs(left: &[Change]) -> Fault {
    let list: Vec<String> = left
        .iter()
        .map(|c| match c.from.len() + c.to.len() {
            0..=120 => format!("{} is `{}`, wanted `{}`", c.what, c.from, c.to),
            _ => format!("{} is not what was written", c.what),
        })
        .collect();
    Fault::new(format!("still differs after it was applied: {}", list.join("; ")))
}
