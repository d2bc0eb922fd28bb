//! A directory with owner and mode.

use serde::{Deserialize, Serialize};

use super::mode::Mode;
use super::ownership::{Numbers, Ownership, default_owner};
use crate::resource::converge::{Change, Verbs};
use crate::resource::fault::Fault;
use crate::resource::host::{Host, Kind, Look, Stat};

/// A directory; missing parents are made with the same owner and mode.
///
/// ```yaml
/// directory: { path: /var/lib/hbnb, owner: hbnb, group: hbnb, mode: "0750" }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Absolute path.
    pub path: String,
    /// Owner.
    #[serde(default = "default_owner")]
    pub owner: String,
    /// Group.
    #[serde(default = "default_owner")]
    pub group: String,
    /// Permission bits.
    #[serde(default = "default_mode")]
    pub mode: Mode,
}

fn default_mode() -> Mode {
    Mode(0o755)
}

/// What lies there, and the numbers that owner and group have now.
pub struct Seen {
    stat: Option<Stat>,
    numbers: Numbers,
}

impl Directory {
    fn ownership(&self) -> Ownership<'_> {
        Ownership { owner: &self.owner, group: &self.group, mode: self.mode }
    }
}

impl Verbs for Directory {
    type State = Seen;

    fn observe(&self, look: &dyn Look) -> Result<Seen, Fault> {
        Ok(Seen { stat: look.stat(&self.path)?, numbers: self.ownership().observe(look)? })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        match &seen.stat {
            None => vec![Change::new("directory", "absent", "present")],
            Some(stat) if stat.kind != Kind::Directory => {
                vec![Change::new("directory", "something else", "a directory")]
            }
            Some(stat) => self.ownership().diff(stat, &seen.numbers),
        }
    }

    fn apply(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        let access = self.ownership().access(host)?;
        match &seen.stat {
            None => host.make_directory(&self.path, &access),
            Some(stat) if stat.kind == Kind::Directory => host.set_access(&self.path, &access),
            Some(_) => Err(Fault::new(format!("`{}` exists and is not a directory", self.path))
                .fix(format!("look at it and move it away: mv {0} {0}.old", self.path))),
        }
    }
}
