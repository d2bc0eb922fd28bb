//! Whole lines only, in as few writes as the load allows.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A pipe takes up to this many bytes without mixing them with another process's (PIPE_BUF).
const ATOMIC_BYTES: usize = 4096;

/// Lines that wait to be written, and where they go.
pub struct Lines(Mutex<Waiting>);

struct Waiting {
    file: File,
    bytes: Vec<u8>,
}

impl Lines {
    /// Lines for an open descriptor.
    pub fn new(descriptor: OwnedFd) -> Self {
        Self(Mutex::new(Waiting { file: File::from(descriptor), bytes: Vec::new() }))
    }

    /// Adds a line; says whether it is the first one that waits, so that the caller has to plan a flush.
    pub fn add(&self, line: &str) -> bool {
        let mut waiting = self.lock();
        if waiting.bytes.len() + line.len() > ATOMIC_BYTES {
            waiting.flush();
        }
        waiting.bytes.extend_from_slice(line.as_bytes());
        waiting.bytes.len() == line.len()
    }

    /// Writes what waits.
    pub fn flush(&self) {
        self.lock().flush();
    }

    /// Goes on in another file, after a rotation.
    pub fn replace(&self, descriptor: OwnedFd) {
        let mut waiting = self.lock();
        waiting.flush();
        waiting.file = File::from(descriptor);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// One write. A log that cannot be written is no reason to stop serving.
    fn flush(&mut self) {
        if !self.bytes.is_empty() {
            let _ = self.file.write_all(&self.bytes);
            self.bytes.clear();
        }
    }
}
