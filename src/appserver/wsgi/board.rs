//! What the threads of a Python worker are at, for the front to see: a file in memory that both have open.
//!
//! A place a thread: the number of the request in work, then the number of a request that nobody waits for any more (two
//! little-endian `u64`); after the last place the number up to which requests are refused (a `u64` as well), and one byte
//! that tells the worker to leave. Zero is no request.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;

use crate::appserver::descriptor;

/// Bytes of a place.
const PLACE: u64 = 16;
/// Bytes behind the places.
const END: u64 = 9;

/// The board of one worker.
pub struct Board {
    file: File,
    threads: u64,
}

impl Board {
    /// An empty board for so many threads. Errors are those of the system.
    pub fn make(threads: usize) -> io::Result<Self> {
        let file = descriptor::nameless()?;
        file.set_len(threads as u64 * PLACE + END)?;
        Ok(Self::of(file.into(), threads))
    }

    /// A board somebody else made.
    pub fn of(file: OwnedFd, threads: usize) -> Self {
        Self { file: file.into(), threads: threads as u64 }
    }

    /// The request a thread works on; none if it waits, or cannot be asked.
    pub fn in_work(&self, thread: usize) -> Option<u64> {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, thread as u64 * PLACE).ok()?;
        Some(u64::from_le_bytes(bytes)).filter(|number| *number != 0)
    }

    /// Tells a thread that nobody waits for this answer any more.
    pub fn abandon(&self, thread: usize, number: u64) {
        // A worker that does not learn it works in vain, and that is all.
        let _ = self.file.write_all_at(&number.to_le_bytes(), thread as u64 * PLACE + 8);
    }

    /// Tells the worker that requests up to this number, which it has not begun, are not to be answered by it any more.
    pub fn refuse(&self, number: u64) {
        let _ = self.file.write_all_at(&number.to_le_bytes(), self.threads * PLACE);
    }

    /// Tells the worker to take no further request.
    pub fn dismiss(&self) {
        let _ = self.file.write_all_at(&[1], self.threads * PLACE + END - 1);
    }
}

impl AsFd for Board {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
