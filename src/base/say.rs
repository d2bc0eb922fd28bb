//! What is printed: data on standard output, everything else on standard error. A reader that went away misses a
//! line; the run goes on and its exit status stays true.

use std::fmt::Display;
use std::io::{Write, stderr, stdout};

/// A line of data.
pub fn line(text: impl Display) {
    drop(writeln!(stdout(), "{text}"));
}

/// Data that has its line ends.
pub fn text(text: impl Display) {
    drop(write!(stdout(), "{text}").and_then(|()| stdout().flush()));
}

/// A line for people.
pub fn aside(text: impl Display) {
    drop(writeln!(stderr(), "{text}"));
}
