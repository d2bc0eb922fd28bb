//! The machine's own programs, run one at a time, and what they said when they failed.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

/// Where administrators' programs lie; `su` without `-` leaves them out of PATH.
const ADMIN_PATHS: &str = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";
/// How many of a program's last lines are worth repeating.
const LAST_LINES: usize = 8;

fn search_path() -> String {
    match std::env::var("PATH") {
        Ok(path) => format!("{path}:{ADMIN_PATHS}"),
        Err(_) => ADMIN_PATHS.into(),
    }
}

/// Where `program` lies, if it is installed.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    search_path().split(':').map(|dir| PathBuf::from(dir).join(program)).find(|path| path.is_file())
}

/// A command that answers in English, asks nothing and finds administrators' programs.
pub(super) fn command(program: &str) -> Command {
    let mut command = Command::new(find(program).unwrap_or_else(|| program.into()));
    command
        .env("PATH", search_path())
        .env("LC_ALL", "C")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    command
}

/// Runs `program` and returns what it printed; its failure is an error with its last lines.
pub(super) fn run(program: &str, arguments: &[&str]) -> Result<String, Diagnostic> {
    let line = format!("{program} {}", arguments.join(" "));
    let output = command(program).args(arguments).output().map_err(|e| failed(&line, &e.to_string()))?;
    said(&line, &output)
}

/// Whether `program` succeeded; for questions, and for removing what may not be there.
pub(super) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    command(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Standard output of a finished program, or an error named after `line`.
fn said(line: &str, output: &Output) -> Result<String, Diagnostic> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    Err(failed(line, &last_lines(&String::from_utf8_lossy(&both))).note("status", output.status.to_string()))
}

/// The error of a step of ours that did not work.
pub(super) fn failed(what: &str, why: &str) -> Diagnostic {
    Diagnostic::error(format!("sandbox: `{what}` failed")).exit(Exit::Failed).note("last lines", why)
}

/// The end of a text, as much of it as helps.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

/// A step on files, with the error naming what was done and to which path.
pub(super) fn file<T>(done: std::io::Result<T>, what: &str, path: &std::path::Path) -> Result<T, Diagnostic> {
    done.map_err(|e| failed(&format!("{what} {}", path.display()), &e.to_string()))
}
