//! The directory for SSH's control sockets: one a run, gone with it; what a killed run left is swept by the next.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use tempfile::TempDir;

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

/// A short path, as the control sockets in it must fit into 108 bytes.
const PARENT: &str = "/tmp";
/// What its name begins with.
const PREFIX: &str = "deployer-";
/// Held while the run lives; the kernel lets go of it when the run ends, however it ends.
const LOCK: &str = "lock";

/// A directory that no other user sees into.
pub struct Control {
    directory: TempDir,
    _lock: File,
}

impl Control {
    /// Makes it, and removes those whose runs are dead.
    ///
    /// # Errors
    /// Nothing can be written in `/tmp`.
    pub fn make() -> Result<Self, Diagnostic> {
        let failed = |error: std::io::Error| {
            Diagnostic::error(format!("cannot make a directory in {PARENT}: {error}"))
                .exit(Exit::Failed)
                .fix(format!("free some space: df -h {PARENT}"))
        };
        sweep();
        let private = fs::Permissions::from_mode(0o700);
        let made = tempfile::Builder::new().prefix(PREFIX).permissions(private).tempdir_in(PARENT);
        let directory = made.map_err(failed)?;
        // Under its name only once it is held: a sweep takes what it can lock.
        let (new, known) = (directory.path().join("new"), directory.path().join(LOCK));
        let lock = File::create(&new).map_err(failed)?;
        lock.lock().and_then(|()| fs::rename(&new, &known)).map_err(failed)?;
        Ok(Self { directory, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Removes the directories of runs that were killed; those of others are theirs.
fn sweep() {
    for entry in fs::read_dir(PARENT).into_iter().flatten().flatten() {
        let mine = |meta: fs::Metadata| meta.is_dir() && meta.uid() == rustix::process::geteuid().as_raw();
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) || !entry.metadata().is_ok_and(mine) {
            continue;
        }
        if File::open(entry.path().join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok()) {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_runs_directory_stays_and_a_dead_ones_goes() {
        let living = Control::make().unwrap();
        let dead = tempfile::Builder::new().prefix(PREFIX).tempdir_in(PARENT).unwrap().keep();
        File::create(dead.join(LOCK)).unwrap();
        let next = Control::make().unwrap();
        assert!(living.path().exists() && next.path().exists() && !dead.exists());
    }
}
