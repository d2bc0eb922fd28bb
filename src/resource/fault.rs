//! Why a step failed on a host, as facts that travel to the desk.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// A failure of one verb.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What happened, naming the subject.
    pub message: String,
    /// The last lines a program printed; empty when no program was involved.
    pub output: String,
    /// What to do about it, when that is known.
    pub fix: Option<String>,
}

/// How many lines of a failed program are kept: enough for a stack of apt or nginx messages.
const KEPT_LINES: usize = 16;
/// How many lines of a service's log are kept: a start with its reason.
const KEPT_LOG_LINES: usize = 50;

impl Fault {
    /// A fault in plain words.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), output: String::new(), fix: None }
    }

    /// A file system error, with the two that have a known cure.
    pub fn io(action: &str, path: &str, error: &std::io::Error) -> Self {
        let fault = Self::new(format!("cannot {action} `{path}`: {}", plain(error)));
        match error.raw_os_error() {
            Some(28 | 122) => fault.fix(format!(
                "free some space (on the host: `df -h {}`), then run the same command again",
                standing(path)
            )),
            Some(30) => fault.fix(format!(
                "on the host, see why (`dmesg | tail`), then mount -o remount,rw \"$(findmnt -no TARGET -T {})\" and run the same command again",
                standing(path)
            )),
            _ => fault,
        }
    }

    /// The same fault with what a program printed.
    pub fn output(mut self, text: &str) -> Self {
        self.output = last(text, KEPT_LINES);
        self
    }

    /// The same fault with a service's log after what the program printed.
    pub fn log(mut self, text: &str) -> Self {
        let log = last(text, KEPT_LOG_LINES);
        let parts = [self.output.as_str(), log.as_str()].into_iter().filter(|part| !part.is_empty());
        self.output = parts.collect::<Vec<_>>().join("\n");
        self
    }

    /// The same fault with what to do.
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

/// The last lines of a text that are not empty.
fn last(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// The nearest directory above that exists and stays: `df` and `findmnt` take no other.
fn standing(path: &str) -> String {
    let hidden = |p: &Path| p.components().any(|c| c.as_os_str().to_string_lossy().starts_with('.'));
    let found = Path::new(path).ancestors().skip(1).find(|p| !hidden(p) && p.is_dir());
    found.unwrap_or(Path::new("/")).display().to_string()
}

/// The system's words without Rust's `(os error 28)`.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text[..1].to_lowercase() + &text[1..]
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_says_how_to_look_at_it() {
        let fault = Fault::io("write", "/etc/.none.new/x", &std::io::Error::from_raw_os_error(28));
        assert_eq!(fault.message, "cannot write `/etc/.none.new/x`: no space left on device");
        assert!(fault.fix.is_some_and(|f| f.contains("`df -h /etc`")));
    }
}
