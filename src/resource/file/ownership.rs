//! Who owns a file or a directory and who may touch it: wanted by name, seen by number.

use super::mode::Mode;
use crate::resource::account;
use crate::resource::converge::Change;
use crate::resource::fault::Fault;
use crate::resource::host::{Access, Look, Stat};

/// Who owns what nobody else was named for.
pub fn default_owner() -> String {
    "root".to_string()
}

/// Owner, group and mode as they are wanted.
pub struct Ownership<'a> {
    /// A user's name.
    pub owner: &'a str,
    /// A group's name.
    pub group: &'a str,
    /// Permission bits.
    pub mode: Mode,
}

/// The numbers that the wanted names have now; none for an account that does not exist yet.
pub struct Numbers {
    uid: Option<u32>,
    gid: Option<u32>,
}

impl Ownership<'_> {
    /// Looks the names up.
    pub fn observe(&self, look: &dyn Look) -> Result<Numbers, Fault> {
        Ok(Numbers { uid: account::user_id(look, self.owner)?, gid: account::group_id(look, self.group)? })
    }

    /// What differs; an account that does not exist yet differs.
    pub fn diff(&self, stat: &Stat, numbers: &Numbers) -> Vec<Change> {
        let mut changes = Vec::new();
        if numbers.uid != Some(stat.uid) {
            changes.push(Change::new("owner", stat.uid.to_string(), self.owner));
        }
        if numbers.gid != Some(stat.gid) {
            changes.push(Change::new("group", stat.gid.to_string(), self.group));
        }
        changes.extend(Change::of("mode", Mode(stat.mode).to_string(), self.mode.to_string()));
        changes
    }

    /// The same in numbers, to be written; a name that does not exist is a fault.
    pub fn access(&self, look: &dyn Look) -> Result<Access, Fault> {
        let missing =
            |what: &str, name: &str| Fault::new(format!("{what} `{name}` does not exist on this host"));
        let numbers = self.observe(look)?;
        let uid = numbers.uid.ok_or_else(|| missing("user", self.owner))?;
        let gid = numbers.gid.ok_or_else(|| missing("group", self.group))?;
        Ok(Access { uid, gid, mode: self.mode.0 })
    }
}
