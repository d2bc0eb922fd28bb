//! Names and numbers of users and groups, as `/etc/passwd` and `/etc/group` have them.

use super::fault::Fault;
use super::host::{Access, Look};
use super::mode::Mode;

/// The number of a user, or `None` when there is no such account.
pub fn user_id(look: &dyn Look, name: &str) -> Result<Option<u32>, Fault> {
    Ok(field(look, "/etc/passwd", name, 2)?.and_then(|f| f.parse().ok()))
}

/// The number of a group, or `None` when there is no such group.
pub fn group_id(look: &dyn Look, name: &str) -> Result<Option<u32>, Fault> {
    Ok(field(look, "/etc/group", name, 2)?.and_then(|f| f.parse().ok()))
}

/// The home and the login shell of a user.
pub fn home_and_shell(look: &dyn Look, name: &str) -> Result<Option<(String, String)>, Fault> {
    let home = field(look, "/etc/passwd", name, 5)?;
    Ok(home.zip(field(look, "/etc/passwd", name, 6)?))
}

/// Owner, group and mode with names turned into numbers; a missing name is a fault.
pub fn access(look: &dyn Look, owner: &str, group: &str, mode: Mode) -> Result<Access, Fault> {
    let missing = |what: &str, name: &str| Fault::new(format!("{what} `{name}` does not exist on this host"));
    let uid = user_id(look, owner)?.ok_or_else(|| missing("user", owner))?;
    let gid = group_id(look, group)?.ok_or_else(|| missing("group", group))?;
    Ok(Access { uid, gid, mode: mode.0 })
}

/// Field `index` of the line that begins with `name:`.
fn field(look: &dyn Look, path: &str, name: &str, index: usize) -> Result<Option<String>, Fault> {
    let text = look.read(path)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().find(|l| l.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')));
    Ok(line.and_then(|l| l.split(':').nth(index)).map(str::to_string))
}
