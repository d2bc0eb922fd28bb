//! The file with the master's process id.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, test_kill_process};

use crate::base::diagnostic::Diagnostic;

/// A pid file of ours; it goes away with us.
pub struct PidFile(PathBuf);

impl PidFile {
    /// Writes our process id to `path`, whole or not at all. A file that names another live process is an error;
    /// one that names a dead process, or us (a service script wrote it before it became us), is replaced.
    pub fn write(path: &Path) -> Result<Self, Diagnostic> {
        if let Some(pid) = read(path).filter(|pid| *pid != own()).filter(|pid| is_alive(*pid)) {
            return Err(Diagnostic::error(format!(
                "the pid file `{}` names process {pid}, which is running",
                path.display()
            ))
            .fix(format!("stop it (`kill {pid}`), or remove the file if that is another program")));
        }
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".new");
        fs::write(&fresh, format!("{}\n", own()))
            .and_then(|()| fs::rename(&fresh, path))
            .map_err(|error| cannot_write(path, &error))?;
        Ok(Self(path.to_owned()))
    }
}

impl PidFile {
    /// What is added to the path while an old master still has the file of that name.
    pub const SECOND: &str = ".2";

    /// Moves the file to `path`, where the master before us (`former`) may have left its own.
    pub fn rename(mut self, path: &Path, former: i32) -> Result<Self, Diagnostic> {
        if read(path).is_none_or(|pid| pid == former || !is_alive(pid)) {
            fs::rename(&self.0, path).map_err(|error| cannot_write(path, &error))?;
            self.0 = path.to_owned();
            return Ok(self);
        }
        Err(Diagnostic::error(format!("the pid file `{}` names another process", path.display())))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if read(&self.0) == Some(own()) {
            let _ = fs::remove_file(&self.0);
        }
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(format!("cannot write the pid file `{}`: {error}", path.display()))
        .fix("a path in a directory that exists and this user may write")
}

fn own() -> i32 {
    std::process::id().cast_signed()
}

fn read(path: &Path) -> Option<i32> {
    fs::read_to_string(path).ok()?.trim().parse().ok().filter(|pid| *pid > 0)
}

fn is_alive(pid: i32) -> bool {
    // A process of another user answers EPERM, and is alive.
    Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_file_of_a_live_process_is_respected_and_a_stale_one_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pid");
        fs::write(&path, "1\n").unwrap();
        let said = PidFile::write(&path).map(|_| ()).unwrap_err().to_string();
        assert_eq!(
            said,
            format!(
                "error: the pid file `{}` names process 1, which is running\n  = fix: stop it (`kill 1`), or remove the file if that is another program",
                path.display()
            )
        );
        fs::write(&path, "2147483647\n").unwrap();
        let held = PidFile::write(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
        drop(held);
        assert!(!path.exists());
    }
}
