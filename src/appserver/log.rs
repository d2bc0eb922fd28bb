//! The error log: one line an event, one write a line.

use std::fs::OpenOptions;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::sink::{Change, Sink};
use crate::base::diagnostic::Diagnostic;
use crate::base::say;

/// How important a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// For those who look for a fault of ours.
    Debug,
    /// What happened.
    Info,
    /// What someone may want to change.
    Warning,
    /// What went wrong.
    Error,
    /// What went wrong and was felt.
    Critical,
}

impl Level {
    /// Its name, as typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// One line: `[2026-11-20 10:06:41 +0000] [PID] [INFO] message`, in UTC.
pub fn line(now: Timestamp, pid: u32, level: Level, message: &str) -> String {
    let level = level.name().to_uppercase();
    format!("[{}] [{pid}] [{level}] {message}\n", now.strftime("%Y-%m-%d %H:%M:%S +0000"))
}

/// Takes the lines of logs somewhere else as well; never waits.
pub trait Echo: Send + Sync {
    /// One line of a process.
    fn line(&self, pid: u32, level: Level, message: &str);

    /// The line of a request, without its end; not everybody takes those.
    fn access(&self, _line: &str) {}
}

/// An open error log.
pub struct Log {
    sink: Mutex<Sink>,
    least: Level,
    pid: u32,
    echoes: Vec<Arc<dyn Echo>>,
}

impl Log {
    /// A log on an open descriptor; lines below `least` are dropped.
    pub fn new(descriptor: OwnedFd, least: Level) -> Self {
        let sink = Mutex::new(Sink::new(descriptor));
        Self { sink, least, pid: std::process::id(), echoes: Vec::new() }
    }

    /// The same log, with another place for its lines beside the file.
    pub fn echoing(mut self, echo: Option<Arc<impl Echo + 'static>>) -> Self {
        self.echoes.extend(echo.map(|echo| echo as Arc<dyn Echo>));
        self
    }

    /// Writes one line. A log that cannot be written is no reason to stop serving: it is told on standard error, and in
    /// the log when that is written again.
    pub fn write(&self, level: Level, message: &str) {
        self.write_of(self.pid, level, message);
    }

    /// Writes one line for another process.
    pub fn write_of(&self, pid: u32, level: Level, message: &str) {
        if level >= self.least {
            let text = line(Timestamp::now(), pid, level, message);
            let change = self.sink().write(text.as_bytes());
            match change {
                Some(Change::Full(error)) => {
                    let text = format!("Cannot write to the error log: {error}");
                    say::aside(line(Timestamp::now(), self.pid, Level::Critical, &text).trim_end());
                }
                Some(Change::Room(lost)) => {
                    let text = format!("The error log is written again; lines lost meanwhile: {lost}");
                    self.write(Level::Warning, &text);
                }
                None => {}
            }
            for echo in &self.echoes {
                echo.line(pid, level, message);
            }
        }
    }

    /// Goes on in another file, after a rotation.
    pub fn replace(&self, descriptor: OwnedFd) {
        self.sink().replace(descriptor);
    }

    fn sink(&self) -> MutexGuard<'_, Sink> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another descriptor of the same open file, to hand to a worker.
    pub fn descriptor(&self) -> std::io::Result<OwnedFd> {
        self.sink().as_fd().try_clone_to_owned()
    }
}

/// The standard stream that `-` means for a log.
#[derive(Clone, Copy, Debug)]
pub enum Stream {
    /// Standard output: the access log's.
    Out,
    /// Standard error: the error log's.
    Err,
}

/// Opens a log for appending; `-` is a standard stream. Errors name the path and what the system said.
pub fn open(path: &Path, stream: Stream) -> Result<OwnedFd, Diagnostic> {
    let opened = match (path == Path::new("-"), stream) {
        (true, Stream::Out) => std::io::stdout().as_fd().try_clone_to_owned(),
        (true, Stream::Err) => std::io::stderr().as_fd().try_clone_to_owned(),
        (false, _) => OpenOptions::new().create(true).append(true).open(path).map(OwnedFd::from),
    };
    opened.map_err(|error| {
        Diagnostic::error(format!("cannot open the log `{}`: {error}", path.display()))
            .fix("a path in a directory that exists and this user may write, or `-`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_form_that_gunicorn_gave_it() {
        let now = Timestamp::from_second(1_795_169_201).unwrap();
        assert_eq!(
            line(now, 7, Level::Info, "Booting worker with pid: 7"),
            "[2026-11-20 10:06:41 +0000] [7] [INFO] Booting worker with pid: 7\n"
        );
    }

    #[test]
    fn a_line_below_the_level_is_dropped() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let log = Log::new(open(file.path(), Stream::Err).unwrap(), Level::Warning);
        log.write(Level::Info, "no");
        log.write(Level::Warning, "yes");
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(text.ends_with("[WARNING] yes\n") && text.lines().count() == 1, "{text}");
    }
}
