//! A file with its whole content, owner and mode.

pub mod directory;
pub mod link;
pub mod mode;
pub mod ownership;

use serde::{Deserialize, Serialize};

use super::converge::{Change, Verbs};
use super::fault::Fault;
use super::host::{Host, Kind, Look, Stat};
use mode::Mode;
use ownership::{Numbers, Ownership, default_owner};

/// A file, byte for byte.
///
/// ```yaml
/// file: { path: /etc/motd, content: "hello\n", mode: "0644" }
/// template: { path: /etc/default/hbnb, template: env.tera, mode: "0600" }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Absolute path.
    pub path: String,
    /// The whole content.
    pub content: String,
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
    Mode(0o644)
}

/// What lies there, and the numbers that owner and group have now.
pub struct Seen {
    stat: Option<Stat>,
    content: Option<Vec<u8>>,
    numbers: Numbers,
}

impl Verbs for File {
    type State = Seen;

    fn observe(&self, look: &dyn Look) -> Result<Seen, Fault> {
        let stat = look.stat(&self.path)?;
        let is_file = stat.as_ref().is_some_and(|s| s.kind == Kind::File);
        Ok(Seen {
            stat,
            content: if is_file { look.read(&self.path)? } else { None },
            numbers: self.ownership().observe(look)?,
        })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let Some(stat) = &seen.stat else {
            return vec![self.content_change("", self.mode.0)];
        };
        if stat.kind != Kind::File {
            return vec![Change::new("file", "something else", "a regular file")];
        }
        let old = String::from_utf8_lossy(seen.content.as_deref().unwrap_or_default()).into_owned();
        let mut changes = Vec::new();
        if old != self.content {
            changes.push(self.content_change(&old, stat.mode & self.mode.0));
        }
        changes.extend(self.ownership().diff(stat, &seen.numbers));
        changes
    }

    fn apply(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        let access = self.ownership().access(host)?;
        if seen.stat.as_ref().is_some_and(|s| s.kind == Kind::Directory) {
            return Err(Fault::new(format!("`{}` is a directory, wanted a file", self.path))
                .fix(format!("look at it and move it away: mv {0} {0}.old", self.path)));
        }
        if seen.content.as_deref() == Some(self.content.as_bytes()) {
            return host.set_access(&self.path, &access);
        }
        host.write(&self.path, self.content.as_bytes(), &access)
    }
}

impl File {
    fn ownership(&self) -> Ownership<'_> {
        Ownership { owner: &self.owner, group: &self.group, mode: self.mode }
    }

    /// What others on the host may not read is not told to the desk either: it may hold secrets, old ones too.
    fn content_change(&self, old: &str, mode: u32) -> Change {
        match mode & 0o004 {
            0 => Change::new("private content", format!("{} bytes", old.len()), "rewritten"),
            _ => Change::new("content", old, &self.content),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;

    fn motd() -> File {
        File {
            path: "/etc/motd".into(),
            content: "hello\n".into(),
            owner: "root".into(),
            group: "root".into(),
            mode: Mode(0o644),
        }
    }

    #[test]
    fn a_missing_file_is_written_once() {
        let host = FakeHost::default();
        let changes = vec![Change::new("content", "", "hello\n")];
        assert_eq!(motd().converge(&host), Outcome::Changed(changes));
        assert_eq!(motd().converge(&host), Outcome::Unchanged);
    }

    #[test]
    fn a_matching_file_is_left_alone() {
        let host = FakeHost::default();
        host.put("/etc/motd", "hello\n");
        assert_eq!(motd().converge(&host), Outcome::Unchanged);
        assert_eq!(host.writes(), Vec::<String>::new());
    }

    #[test]
    fn only_the_mode_is_repaired_when_only_the_mode_differs() {
        let host = FakeHost::default();
        host.put("/etc/motd", "hello\n");
        let file = File { mode: Mode(0o600), ..motd() };
        assert_eq!(file.converge(&host), Outcome::Changed(vec![Change::new("mode", "0644", "0600")]));
        assert_eq!(host.writes(), ["access /etc/motd"]);
    }

    #[test]
    fn what_others_may_not_read_stays_on_the_host() {
        let host = FakeHost::default();
        let secret = File { mode: Mode(0o600), ..motd() };
        host.put("/etc/motd", "password=old\n");
        let wanted =
            [Change::new("private content", "13 bytes", "rewritten"), Change::new("mode", "0644", "0600")];
        assert_eq!(secret.changes(&host).unwrap(), wanted);
        assert!(matches!(secret.converge(&host), Outcome::Changed(_)));
        assert_eq!(secret.converge(&host), Outcome::Unchanged);
    }

    #[test]
    fn looking_moves_nothing() {
        let host = FakeHost::default();
        assert_eq!(motd().changes(&host).unwrap().len(), 1);
        assert_eq!(host.writes(), Vec::<String>::new());
    }

    #[test]
    fn a_host_that_ignores_writes_is_not_called_a_success() {
        let host = FakeHost::deaf();
        assert!(
            matches!(motd().converge(&host), Outcome::Failed(f) if f.message.starts_with("still differs"))
        );
    }
}
