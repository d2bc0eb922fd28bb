//! A control group a host, where no systemd of this machine gives it one: two guests in one group would end each other's services.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::tool;
use crate::base::diagnostic::Diagnostic;

/// Hierarchies in which systemd keeps track of processes: version 2 alone, or beside version 1.
const HIERARCHIES: [&str; 3] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"];

fn groups(unit: &str) -> impl Iterator<Item = PathBuf> {
    let mounted = |top: &&str| Path::new(top).join("cgroup.procs").exists();
    HIERARCHIES.into_iter().filter(mounted).map(move |top| Path::new(top).join(unit))
}

/// Makes the group in every hierarchy and returns the files that a process enters it by.
pub(super) fn make(unit: &str) -> Result<Vec<PathBuf>, Diagnostic> {
    let made = groups(unit).map(|group| {
        tool::file(fs::create_dir_all(&group), "make", &group)?;
        Ok(group.join("cgroup.procs"))
    });
    made.collect()
}

/// Removes the group and all that the guest's systemd made in it. Fails while a process is still ending in it.
pub(super) fn remove(unit: &str) -> io::Result<()> {
    groups(unit).filter(|group| group.exists()).try_for_each(|group| remove_tree(&group))
}

fn remove_tree(group: &Path) -> io::Result<()> {
    for entry in fs::read_dir(group)?.flatten() {
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        }
    }
    fs::remove_dir(group)
}
