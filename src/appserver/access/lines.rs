//! Whole lines only, in as few writes as the load allows.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::appserver::log::{Level, Log};
use crate::appserver::sink::{Change, Sink};

/// A pipe takes up to this many bytes without mixing them with another process's (PIPE_BUF).
const ATOMIC_BYTES: usize = 4096;

/// Lines that wait to be written, and where they go.
pub struct Lines(Mutex<Waiting>);

struct Waiting {
    sink: Sink,
    bytes: Vec<u8>,
    /// Where it is told that lines are lost.
    log: Arc<Log>,
}

impl Lines {
    /// Lines for an open descriptor; if it takes no more, `log` says so.
    pub fn new(descriptor: OwnedFd, log: &Arc<Log>) -> Self {
        let (sink, log) = (Sink::new(descriptor), Arc::clone(log));
        Self(Mutex::new(Waiting { sink, bytes: Vec::new(), log }))
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
        waiting.sink.replace(descriptor);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// One write. A log that cannot be written is no reason to stop serving.
    fn flush(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        match self.sink.write(&self.bytes) {
            Some(Change::Full(error)) => {
                self.log.write(Level::Error, &format!("Cannot write to the access log: {error}"));
            }
            Some(Change::Room(lost)) => {
                let text = format!("The access log is written again; lines lost meanwhile: {lost}");
                self.log.write(Level::Warning, &text);
            }
            None => {}
        }
        self.bytes.clear();
    }
}
