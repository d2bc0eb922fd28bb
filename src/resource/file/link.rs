//! A symbolic link.

use serde::{Deserialize, Serialize};

use crate::resource::converge::{Change, Verbs};
use crate::resource::fault::Fault;
use crate::resource::host::{Host, Kind, Look};

/// A link that points at `target`.
///
/// ```yaml
/// link: { path: /opt/tool, target: /opt/tool-2.0 }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Where the link lies.
    pub path: String,
    /// What it points at, as written (relative stays relative).
    pub target: String,
}

impl Verbs for Link {
    type State = Option<Kind>;

    fn observe(&self, look: &dyn Look) -> Result<Self::State, Fault> {
        Ok(look.stat(&self.path)?.map(|s| s.kind))
    }

    fn diff(&self, seen: &Self::State) -> Vec<Change> {
        let from = match seen {
            None => "absent",
            Some(Kind::Link(target)) => target,
            Some(_) => "something else",
        };
        Change::of("link", from, &self.target).into_iter().collect()
    }

    fn apply(&self, seen: &Self::State, host: &dyn Host) -> Result<(), Fault> {
        match seen {
            None | Some(Kind::Link(_)) => host.link(&self.path, &self.target),
            Some(_) => Err(Fault::new(format!("`{}` exists and is not a link", self.path))
                .fix(format!("look at it and move it away: mv {0} {0}.old", self.path))),
        }
    }
}
