//! What a run tells people: while it goes on (bars or lines), and at its end (text or JSON). Pure functions of
//! results, masked on their way out.

mod complaint;
mod difference;
mod json;
mod live;
mod text;

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use crate::base::exit::Exit;
use crate::base::say;
use crate::base::secret::Mask;

use super::run::{Mode, Report, Watch};

pub use text::probes;

/// How a run is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Progress bars, for a terminal
    Tty,
    /// A line per finished step, with its time
    Plain,
    /// One JSON document on standard output, at the end
    Json,
}

/// The format that was asked for, or the one that suits where standard error goes.
pub fn chosen(format: Option<Format>) -> Format {
    let fitting = if std::io::stderr().is_terminal() { Format::Tty } else { Format::Plain };
    format.unwrap_or(fitting)
}

/// Who tells what happens, while it happens.
pub fn watcher(format: Option<Format>, mask: &Mask) -> Arc<dyn Watch> {
    match chosen(format) {
        Format::Tty => Arc::new(live::Bars::new(mask.clone())),
        Format::Plain => Arc::new(live::Lines::new(mask.clone())),
        Format::Json => Arc::new(live::Silence),
    }
}

/// How the end of a run is told.
pub struct Ending<'a> {
    /// How far the run went.
    pub mode: Mode,
    /// As asked for.
    pub format: Option<Format>,
    /// Hides secrets.
    pub mask: &'a Mask,
    /// The inventory's path, for commands to type next.
    pub inventory: &'a Path,
    /// The pattern of the chosen hosts; all when none.
    pub limit: Option<&'a str>,
}

/// Prints the end of a run: data on standard output, complaints on standard error.
pub fn print(reports: &[Report], ending: &Ending) {
    let mask = ending.mask;
    if chosen(ending.format) == Format::Json {
        say::line(json::hidden(json::document(reports, ending.mode), mask));
        return;
    }
    for error in complaint::all(reports, ending) {
        say::aside(format_args!("{}\n", mask.hide(&error.to_string())));
    }
    say::text(mask.hide(&text::summary(reports, ending.mode)));
}

/// `1 host`, `2 hosts`.
pub fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The exit status of a run: the worst of its hosts.
pub fn exit(reports: &[Report], mode: Mode) -> Exit {
    Exit::worst(reports.iter().map(|r| r.exit(mode))).unwrap_or(Exit::Wanted)
}
