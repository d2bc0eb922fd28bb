//! One `deployer` at a time works on a directory.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::tool;
use crate::base::diagnostic::Diagnostic;

/// An exclusive lock on a directory, until dropped; the kernel lets go of it when the process ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held, never read")] File);

impl Lock {
    /// Makes the directory if needed and waits until nobody else holds it.
    pub(super) fn take(directory: &Path) -> Result<Self, Diagnostic> {
        loop {
            tool::file(fs::create_dir_all(directory), "make", directory)?;
            let file = tool::file(File::open(directory), "open", directory)?;
            tool::file(file.lock(), "lock", directory)?;
            // Whoever held it may have removed the directory; then ours is a lock on nothing.
            let own = tool::file(file.metadata(), "look at", directory)?.ino();
            if fs::metadata(directory).is_ok_and(|now| now.ino() == own) {
                return Ok(Self(file));
            }
        }
    }
}
