//! What is mounted on this machine, and how it is taken away.

use std::fs;
use std::path::Path;

use super::tool;
use crate::base::diagnostic::Diagnostic;

/// Whether something is mounted at `path`.
pub(super) fn is_mounted(path: &Path) -> bool {
    mounts_below(path).iter().any(|mounted| Path::new(mounted) == path)
}

/// Mount points at or below `path`, the latest first.
pub(super) fn mounts_below(path: &Path) -> Vec<String> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points = table.lines().filter_map(|line| line.split(' ').nth(4));
    let mut found: Vec<String> =
        points.filter(|point| Path::new(point).starts_with(path)).map(String::from).collect();
    found.reverse();
    found
}

/// Unmounts everything at and below `path`.
pub(super) fn unmount(path: &Path) -> Result<(), Diagnostic> {
    for point in mounts_below(path) {
        tool::run("umount", &[&point])?;
    }
    Ok(())
}
