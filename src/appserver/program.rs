//! Which binary the workers run: the one at the path we were called by, looked up anew for every generation, so
//! that a reload takes a new release even where only a symbolic link on the way (`current`) was switched.
//!
//! A generation keeps the binary it began with: it is opened once and executed through its descriptor. A worker that is replaced
//! later is of the same release as its siblings. If the path is gone, the binary we run ourselves is used.

use std::ffi::{CString, OsStr, OsString};
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{Mode, OFlags, open};

/// The binary we run ourselves, also after its file was replaced.
const OURSELVES: &str = "/proc/self/exe";

/// A path that leads to the binary, links unresolved.
#[derive(Debug, PartialEq, Eq)]
pub struct Program(PathBuf);

impl Program {
    /// The path as invoked: `invoked_as` made absolute, or found in `search` (the value of `PATH`). A name that
    /// leads to another program than the one running (`exec -a`) is not believed.
    pub fn of(invoked_as: &OsStr, search: Option<&OsStr>) -> Self {
        let name = Path::new(invoked_as);
        let found = if name.components().count() > 1 || name.is_absolute() {
            std::path::absolute(name).ok().filter(|path| is_us(path))
        } else {
            let folders = std::env::split_paths(search.unwrap_or_default());
            folders.map(|folder| folder.join(name)).find(|path| path.is_absolute() && is_us(path))
        };
        Self(found.or_else(|| std::env::current_exe().ok()).unwrap_or_else(|| OURSELVES.into()))
    }

    /// Opens what the path leads to now. Errors only where not even our own binary can be opened.
    pub fn pin(&self) -> io::Result<Pinned> {
        let is_program = |path: &Path| {
            fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        };
        let path = if is_program(&self.0) { self.0.as_path() } else { Path::new(OURSELVES) };
        Ok(Pinned(open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?))
    }
}

fn is_us(path: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino())).ok();
    identity(path).is_some_and(|found| Some(found) == identity(Path::new(OURSELVES)))
}

/// The same program once more, called the same way (`args`: its name first).
pub fn again(args: &[OsString]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap_or_else(|_| OURSELVES.into()));
    command.arg0(args.first().cloned().unwrap_or_else(|| "appserver".into())).args(args.iter().skip(1));
    command
}

/// Has this process called so by those that show the kernel's short names (`top`, `pgrep`); only the first 15 bytes count.
pub fn take_name(name: &str) {
    if let Ok(name) = CString::new(name) {
        // A process is served well by any name.
        let _ = rustix::thread::set_name(&name);
    }
}

/// A folder, whatever becomes of the path that led there.
#[derive(Debug)]
pub struct Folder(OwnedFd);

impl Folder {
    /// Opens what a path leads to now. Errors are those of the system.
    pub fn pin(path: &Path) -> io::Result<Self> {
        Ok(Self(open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?))
    }

    /// A path for a child of ours that is to work there.
    pub fn path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.0.as_raw_fd()).into()
    }
}

/// An opened binary.
#[derive(Debug)]
pub struct Pinned(OwnedFd);

impl Pinned {
    /// A path a child of ours can execute, whatever became of the file's name.
    pub fn path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.0.as_raw_fd()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn the_path_is_kept_as_invoked_and_a_switched_link_is_followed_at_the_next_generation() {
        let dir = tempfile::tempdir().unwrap();
        let (link, new) = (dir.path().join("current"), dir.path().join("new"));
        symlink(std::env::current_exe().unwrap(), &link).unwrap();
        let program = Program::of(link.as_os_str(), None);
        assert_eq!(program, Program(link.clone()));
        assert_eq!(Program::of(OsStr::new("current"), Some(dir.path().as_os_str())), program);

        let old = program.pin().unwrap();
        fs::copy("/bin/true", &new).unwrap();
        fs::remove_file(&link).unwrap();
        symlink(&new, &link).unwrap();
        let target = |pinned: &Pinned| fs::read_link(pinned.path()).unwrap();
        assert_eq!(target(&old), std::env::current_exe().unwrap());
        assert_eq!(target(&program.pin().unwrap()), new);
        fs::remove_file(&link).unwrap();
        assert_eq!(target(&program.pin().unwrap()), std::env::current_exe().unwrap());
    }

    #[test]
    fn a_name_that_leads_to_another_program_is_not_believed() {
        assert_eq!(Program::of(OsStr::new("/bin/true"), None), Program(std::env::current_exe().unwrap()));
    }
}
