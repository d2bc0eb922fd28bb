//! Every way to exit, as documented in the README.

use std::process::ExitCode;

/// How a run ended; the number is the process's exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Everything is as wanted, or was changed into it.
    Wanted = 0,
    /// A bug of ours.
    Bug = 1,
    /// The user's input is wrong (arguments, YAML, template); nothing was contacted.
    Input = 2,
    /// A host could not be reached.
    Unreachable = 3,
    /// A step failed, or still differs after it was applied.
    Failed = 4,
    /// A probe failed.
    Probe = 5,
    /// `plan` found differences.
    Differs = 6,
    /// A step failed and the previous state was put back.
    RolledBack = 7,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}
