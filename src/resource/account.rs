//! Names and numbers of users and groups, as `/etc/passwd` and `/etc/group` have them.

use super::fault::Fault;
use super::host::Look;

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

/// Field `index` of the line that begins with `name:`.
fn field(look: &dyn Look, path: &str, name: &str, index: usize) -> Result<Option<String>, Fault> {
    let text = look.text(path)?.unwrap_or_default();
    let line = text.lines().find(|l| l.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')));
    Ok(line.and_then(|l| l.split(':').nth(index)).map(str::to_string))
}
