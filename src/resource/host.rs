//! The one door to a machine: what can be seen ([`Look`]) and what can be done ([`Host`]).

use super::fault::Fault;

/// What kind of thing lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link and its target.
    Link(String),
    /// A device, socket or pipe.
    Other,
}

/// What `lstat` says of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// File, directory or link.
    pub kind: Kind,
    /// Permission bits, 0 to 0o7777.
    pub mode: u32,
    /// Owner's number.
    pub uid: u32,
    /// Group's number.
    pub gid: u32,
    /// Bytes of a file; of other things whatever the file system says.
    pub size: u64,
}

impl Stat {
    /// Who owns it and who may touch it.
    pub fn access(&self) -> Access {
        Access { uid: self.uid, gid: self.gid, mode: self.mode }
    }
}

/// A program to run: no shell in between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Variables added to a clean environment (PATH, LC_ALL=C).
    pub env: Vec<(String, String)>,
    /// The account to run as; root when none.
    pub user: Option<String>,
}

impl Run {
    /// A program with arguments, as root.
    pub fn new<S: AsRef<str>>(argv: &[S]) -> Self {
        Self { argv: argv.iter().map(|s| s.as_ref().to_string()).collect(), ..Self::default() }
    }
}

/// What a program left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Its exit status; 127 when it does not exist, 128 + N when signal N ended it.
    pub status: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Ran {
    /// Output and errors together, for people.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// What can be seen of a machine; all that `observe` gets.
pub trait Look {
    /// The bytes of a file, or `None` when there is none.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Fault>;
    /// The text of a file, or `None` when there is none; what is no UTF-8 in it becomes U+FFFD.
    fn text(&self, path: &str) -> Result<Option<String>, Fault> {
        Ok(self.read(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }
    /// What lies at a path, links not followed, or `None`.
    fn stat(&self, path: &str) -> Result<Option<Stat>, Fault>;
    /// Names in a directory, sorted; empty when there is none.
    fn list(&self, path: &str) -> Result<Vec<String>, Fault>;
    /// Runs a program that changes nothing.
    fn ask(&self, run: &Run) -> Result<Ran, Fault>;
    /// Properties of systemd units, one map of `systemctl show` a unit; the machine may answer many at once.
    fn unit(&self, name: &str) -> Result<Vec<(String, String)>, Fault>;
}

/// What can be done to a machine; all that `apply` gets.
pub trait Host: Look {
    /// Writes a file beside, syncs it and renames it over: old or new, never half. Owner and mode before content.
    fn write(&self, path: &str, content: &[u8], access: &Access) -> Result<(), Fault>;
    /// Makes a directory with its parents.
    fn make_directory(&self, path: &str, access: &Access) -> Result<(), Fault>;
    /// Makes a symbolic link or turns one, by an atomic rename.
    fn link(&self, path: &str, target: &str) -> Result<(), Fault>;
    /// Renames within a file system.
    fn rename(&self, from: &str, to: &str) -> Result<(), Fault>;
    /// Removes a file, a link or a whole directory; nothing there is fine.
    fn remove(&self, path: &str) -> Result<(), Fault>;
    /// Sets owner and mode of what exists.
    fn set_access(&self, path: &str, access: &Access) -> Result<(), Fault>;
    /// Runs a program.
    fn run(&self, run: &Run) -> Result<Ran, Fault>;
    /// Puts a copy of what the desk sent ahead under this digest at a path, as safely as [`Host::write`].
    fn place(&self, digest: &str, path: &str, access: &Access) -> Result<(), Fault>;
}

/// Who owns a thing and who may touch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Owner's number.
    pub uid: u32,
    /// Group's number.
    pub gid: u32,
    /// Permission bits.
    pub mode: u32,
}

impl Access {
    /// Root's.
    pub const fn root(mode: u32) -> Self {
        Self { uid: 0, gid: 0, mode }
    }
}

/// Runs a program that must succeed; its last lines are in the fault when it does not.
pub fn run_or_fault(host: &dyn Host, run: &Run) -> Result<Ran, Fault> {
    let ran = host.run(run)?;
    if ran.status == 0 {
        return Ok(ran);
    }
    Err(Fault::new(format!("`{}` failed (exit {})", run.argv.join(" "), ran.status)).output(&ran.text()))
}
